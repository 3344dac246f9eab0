// The editor of one outline: choose an operation, draw, preview what the server makes of it, save as a draft version.
// The server does the geometry, so neighbours stay gap-free; here is only drawing, and what was answered.
import { token } from "../maps/style.js";
import { createCornerPanel } from "./corner-panel.js";
import { sharedLine } from "./corners.js";
import { createBoard } from "./drawing.js";
import { ask, boundsOf, fit, labelPoints, names, overlay, send, startMap, tell, NOTHING } from "./shapes.js";
import { targetsOf } from "./snapping.js";

const root = document.querySelector("[data-editor]");
const element = root.querySelector("[data-edit-map]");
const part = (name) => root.querySelector(`[data-${name}]`);
const [hint, error, result, form, merge, mergeList, border, borderList] = ["hint", "error", "result", "parts", "merge", "merge-list", "border", "border-list"].map(part);
const [undo, cancel, previewButton, saveButton, crossKeys] = ["undo", "cancel", "preview-button", "save-button", "cross-keys"].map(part);
const HINTS = {
  "": "请选择一种操作。相邻区划的公共边界会一起修改，不会留下缝隙。",
  reshape: "拖动边界上的圆点来移动边界，拖动两点之间的小点可加点，右击圆点可删点。靠近相邻边界时自动吸附，按住 Alt 暂不吸附。也可以用下面的键盘操作。",
  border: "请选择一个相邻区划，两者的公共边界会变成可以移动的线。",
  line: "拖动线上的圆点来移动公共边界，两侧区划一增一减，不留缝隙。线的两端留在外边界上，靠近时自动吸附，按住 Alt 暂不吸附。",
  split: "在地图上逐点画一条线，从边界外画到另一侧的边界外，双击或按回车结束。",
  drawn: "分割线已画好，请点“预览”。",
  merge: "勾选要合并进来的相邻区划，也可以在地图上点选。合并后保留当前区划的代码和名称。",
};
const is = (...roles) => ["in", ["get", "role"], ["literal", roles]];
const state = { tool: "", data: null, board: null, map: null, corners: null, previewed: null, busy: false };

function layers() {
  const tone = ["match", ["get", "role"], "self", token("brand"), "picked", token("warn"), token("ink-3")];
  return [
    { id: "edit-fill", type: "fill", filter: is("self", "neighbour", "picked"), paint: { "fill-color": tone, "fill-opacity": ["match", ["get", "role"], "self", 0.16, "picked", 0.22, 0.03] } },
    { id: "edit-line", type: "line", filter: is("self", "neighbour", "picked"), paint: { "line-color": tone, "line-width": ["match", ["get", "role"], "self", 2.4, "picked", 2.4, 1.2] } },
    { id: "edit-parent", type: "line", filter: is("parent"), paint: { "line-color": token("ink-2"), "line-width": 3.5, "line-dasharray": [2, 1.4] } },
  ];
}

function resultLayers() {
  const families = [1, 3, 2, 5, 4].map((number) => token(`family-${number}`));
  const tone = ["case", ["has", "part"], ["match", ["%", ["get", "part"], 5], 1, families[0], 2, families[1], 3, families[2], 4, families[3], families[4]], token("good")];
  const shown = ["!=", ["get", "outcome"], "before"];
  return [
    { id: "result-fill", type: "fill", filter: shown, paint: { "fill-color": tone, "fill-opacity": 0.28 } },
    { id: "result-line", type: "line", filter: shown, paint: { "line-color": tone, "line-width": 2.6 } },
  ];
}

function area(m2) {
  return m2 >= 1e6 ? `${(m2 / 1e6).toFixed(2)} km²` : m2 >= 1e4 ? `${(m2 / 1e6).toFixed(4)} km²` : `${Math.round(m2)} m²`;
}

function make(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  made.append(text);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

const self = () => state.data.features.find((one) => one.properties.role === "self");
const siblings = () => state.data.features.filter((one) => one.properties.sibling && one.properties.mine);
const picked = () => [...(state.tool === "border" ? borderList : mergeList).querySelectorAll("input:checked")].map((box) => box.value);
const coordinates = ({ geometry }) => (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates);

function complain(problem) {
  error.hidden = !problem;
  error.textContent = problem?.message ?? "";
  if (problem?.problem?.version_id) error.append(" ", make("a", "打开该版本", { href: `/units/versions/${problem.problem.version_id}` }));
  if (problem) error.scrollIntoView({ block: "nearest" });
}

function paint() {
  const chosen = new Set(picked());
  const features = state.data.features.map((one) => (chosen.has(one.properties.code) ? { ...one, properties: { ...one.properties, role: "picked" } } : one));
  const hidden = state.tool === "reshape";
  const shown = features.filter((one) => !(hidden && one.properties.role === "self"));
  overlay(state.map, "edit", { type: "FeatureCollection", features: shown }, layers());
  const parted = Boolean(state.previewed?.parts);
  const labelled = features.filter((one) => one.properties.role !== "parent" && !(parted && one.properties.role === "self"));
  overlay(state.map, "edit-labels", labelPoints(labelled), [names("edit-names", ["has", "name"], 13)]);
}

function forget() {
  state.previewed = null;
  result.hidden = true;
  form.hidden = true;
  form.replaceChildren();
  for (const source of ["result", "result-labels"]) state.map?.getSource(source)?.setData(NOTHING);
}

function ready() {
  if (state.tool === "split") return Boolean(state.board.line());
  if (state.tool === "reshape" || state.tool === "border") return state.board.isReshaped();
  return state.tool === "merge" && picked().length > 0;
}

function refresh() {
  if (!state.board) return;
  undo.disabled = !state.board.canUndo() || state.busy;
  cancel.disabled = !state.tool || state.busy;
  previewButton.disabled = !ready() || state.busy;
  saveButton.disabled = !state.previewed || state.busy;
  const line = state.board.line();
  hint.textContent = HINTS[state.tool === "split" && line ? "drawn" : state.tool === "border" && line ? "line" : state.tool];
  state.corners.refresh();
  crossKeys.hidden = state.tool !== "split" || Boolean(line);
}

function changed() {
  complain(null);
  if (state.previewed) {
    forget();
    paint();
  }
  refresh();
}

function choose(tool) {
  forget();
  complain(null);
  state.tool = tool;
  for (const button of root.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
  state.board.clear();
  merge.hidden = tool !== "merge";
  border.hidden = tool !== "border";
  for (const box of root.querySelectorAll(".editor-merge input")) box.checked = false;
  try {
    if (tool === "split") state.board.drawLine();
    if (tool === "reshape") {
      const others = state.data.features.filter((one) => one.properties.role !== "self").map((one) => one.geometry);
      state.board.reshape(coordinates(self()), targetsOf([self().geometry], others));
      state.corners.start();
    }
  } catch (problem) {
    state.tool = "";
    complain(new Error(`这个边界不能逐点移动（${problem.message}），请先修正边界线。`));
  }
  paint();
  refresh();
}

function chooseBorder() {
  forget();
  complain(null);
  const [code] = picked();
  const other = state.data.features.find((one) => one.properties.code === code);
  const line = sharedLine(self().geometry, other.geometry);
  state.board.clear();
  if (line) {
    const around = state.data.features.filter((one) => one.properties.role !== "parent").map((one) => one.geometry);
    state.board.moveLine(line, targetsOf([{ type: "Polygon", coordinates: [line] }], around));
    state.corners.start();
  } else complain(new Error("两者的公共边界没有逐点对齐，不能这样移动：请改用“移动角点”，或先在版本页面“与相邻区划对齐”。"));
  paint();
  refresh();
}

function cut(direction) {
  const [west, south, east, north] = boundsOf([self()]);
  const [x, y] = [(west + east) / 2, (south + north) / 2];
  const [dx, dy] = [(east - west) * 0.05, (north - south) * 0.05];
  state.board.setLine(direction === "vertical" ? [[x, south - dy], [x, north + dy]] : [[west - dx, y], [east + dx, y]]);
  refresh();
}

function body() {
  const codes = state.tool === "merge" || state.tool === "border" ? [root.dataset.code, ...picked()] : state.tool === "reshape" ? [root.dataset.code, ...siblings().map((one) => one.properties.code)] : [root.dataset.code];
  const base = Object.fromEntries(state.data.features.filter((one) => codes.includes(one.properties.code)).map((one) => [one.properties.code, one.properties.base]));
  const common = { operation: state.tool, base, version_id: state.data.version_id, row_version: state.data.row_version };
  if (state.tool === "split") return { ...common, line: state.board.line(), parts: parts() };
  if (state.tool === "reshape") return { ...common, outline: state.board.outline() };
  if (state.tool === "border") return { ...common, others: picked(), line: state.board.line() };
  return { ...common, others: picked() };
}

function parts() {
  return [...form.querySelectorAll(".part")].map((box) => ({ code: box.querySelector("[data-code]").value.trim(), name: box.querySelector("[data-name]").value.trim() }));
}

function askNames(pieces) {
  form.replaceChildren(make("span", `分成 ${pieces.length} 块，请核对每一块的代码和名称：`, { class: "label" }));
  pieces.forEach((piece, place) => {
    const number = place + 1;
    const box = make("div", "", { class: `part part-${((number - 1) % 5) + 1}` });
    const head = make("div", "", { class: "part-head" });
    head.append(make("strong", `第 ${number} 块`), make("span", area(piece.properties.area_m2), { class: "num muted" }));
    box.append(head);
    const code = place === 0 ? shortCode(root.dataset.code) : state.data.free_codes[place - 1] ?? "";
    const name = place === 0 ? root.dataset.name : `${root.dataset.name}（${number}）`;
    for (const [kind, words, value] of [["code", "代码", code], ["name", "名称", name]]) {
      const field = make("div", "", { class: "field" });
      const id = `part-${number}-${kind}`;
      field.append(make("label", words, { for: id }), make("input", "", { id, [`data-${kind}`]: "", value, maxlength: kind === "code" ? 15 : 200, autocomplete: "off" }));
      box.append(field);
    }
    form.append(box);
  });
  form.hidden = false;
}

function shortCode(code) {
  const digits = code.replace(/0+$/, "").length;
  return code.slice(0, [2, 4, 6, 9, 12, 15].find((width) => width >= digits));
}

function report(answer) {
  const list = make("ul");
  for (const one of answer.features.filter((feature) => feature.properties.outcome !== "before")) {
    const item = make("li", one.properties.name);
    item.append(make("span", area(one.properties.area_m2), { class: "num" }));
    list.append(item);
  }
  for (const code of answer.ended) {
    const gone = state.data.features.find((one) => one.properties.code === code);
    const item = make("li", gone?.properties.name ?? code);
    item.append(make("span", "发布后撤销", { class: "tag tag-bad" }));
    list.append(item);
  }
  result.replaceChildren(make("h2", "修改后"), list);
  if (answer.faults.length) {
    const faults = make("ul");
    for (const fault of answer.faults.slice(0, 20)) {
      const item = make("li");
      item.append(make("span", "", { class: `fault-dot fault-${fault.severity}` }), `${fault.kind}：${fault.message}`);
      faults.append(item);
    }
    result.append(make("h2", `检查发现 ${answer.faults.length} 个问题`), faults);
  } else result.append(make("p", "检查通过，没有缝隙和重叠。", { class: "flash flash-good" }));
  result.hidden = false;
}

async function work(step) {
  if (state.busy) return;
  state.busy = true;
  root.setAttribute("aria-busy", "true");
  complain(null);
  refresh();
  try {
    await step();
  } catch (problem) {
    complain(problem);
  } finally {
    state.busy = false;
    root.removeAttribute("aria-busy");
    refresh();
  }
}

async function preview() {
  const sent = body();
  const answer = await send(root.dataset.preview, state.tool === "split" ? { ...sent, parts: [] } : sent);
  const features = answer.parts ?? answer.features;
  overlay(state.map, "result", { type: "FeatureCollection", features }, resultLayers());
  if (answer.parts) {
    askNames(answer.parts);
    form.querySelector("input")?.focus({ preventScroll: true });
    overlay(state.map, "result-labels", labelPoints(features), [names("result-names", ["has", "name"], 13)]);
  } else report(answer);
  state.previewed = answer;
  paint();
}

async function save() {
  const answer = await send(root.dataset.save, body());
  state.tool = "";
  location.assign(answer.url);
}

function listNeighbours(list, features, kind, none) {
  list.replaceChildren(...features.map(({ properties }) => {
    const label = make("label");
    label.append(make("input", "", { type: kind, name: kind, value: properties.code }), properties.name, make("span", area(properties.area_m2), { class: "num" }));
    return label;
  }));
  if (!features.length) list.append(make("p", none, { class: "muted" }));
}

async function load() {
  state.data = await ask(root.dataset.outlines);
  tell(element, "");
  if (!self()) {
    hint.textContent = "这个区划还没有边界，请先导入边界。";
    return;
  }
  const beside = siblings().filter((one) => sharedLine(self().geometry, one.geometry)); // a border of the parent is moved at the parent
  listNeighbours(mergeList, siblings(), "checkbox", "没有可以合并的相邻区划（须属于同一上级）。");
  listNeighbours(borderList, beside, "radio", "没有边界对齐的相邻区划（须属于同一上级）。");
  paint();
  fit(state.map, boundsOf([self()]), { duration: 0, padding: 90 });
  for (const button of root.querySelectorAll("[data-tool]")) button.disabled = false;
  root.dataset.ready = "1";
}

function keyed(event) {
  if (event.target.closest("input, textarea, select") && event.key !== "Escape") return;
  const tool = { m: "reshape", b: "border", s: "split", g: "merge" }[event.key.toLowerCase()];
  if (event.key === "Escape") {
    if (state.tool) choose("");
  } else if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) {
    if (state.board.canUndo()) state.board.undo();
  } else if (tool && !event.ctrlKey && !event.metaKey && !event.altKey && self()) {
    choose(tool);
    (tool === "border" ? borderList.querySelector("input") : tool === "reshape" && part("corner-pad"))?.focus?.();
  } else return;
  event.preventDefault();
}

function pick({ features }) {
  const list = { merge: mergeList, border: borderList }[state.tool];
  const box = list?.querySelector(`input[value="${features[0].properties.code}"]`);
  if (!box || (state.tool === "border" && state.board.line())) return;
  box.click();
}

for (const button of root.querySelectorAll("[data-tool]")) {
  button.disabled = true;
  button.addEventListener("click", () => choose(button.dataset.tool));
}
for (const button of root.querySelectorAll("[data-cross]")) button.addEventListener("click", () => cut(button.dataset.cross));
undo.addEventListener("click", () => state.board.undo());
cancel.addEventListener("click", () => choose(""));
previewButton.addEventListener("click", () => work(preview));
saveButton.addEventListener("click", () => work(save));
form.addEventListener("submit", (event) => event.preventDefault());
mergeList.addEventListener("change", () => { paint(); changed(); });
borderList.addEventListener("change", chooseBorder);
window.addEventListener("beforeunload", (event) => { if (state.tool && ready()) event.preventDefault(); });

startMap(element, { units: false, doubleClickZoom: false })
  .then((map) => {
    state.map = map;
    state.board = createBoard(map, changed);
    state.corners = createCornerPanel(root, map, state.board, () => previewButton.click());
    map.on("click", "edit-fill", pick);
    document.addEventListener("keydown", keyed);
    const start = () => load().catch((problem) => tell(element, problem.message, start));
    return start();
  })
  .catch(() => {});
