// What was entered on this phone and where it is on its way; what needs the person comes first.
import { h } from "../../dom.js";
import { givenUp, isShown, STATES } from "../queue.js";
import { linkWords } from "../frame.js";
import { sideBySide } from "./queue/conflict.js";

const KINDS = { report: "上报", step: "任务", duty_on: "上岗", duty_off: "下岗", note: "轨迹说明", check_in: "点位打卡", points: "巡查轨迹" };
const TIME = new Intl.DateTimeFormat("zh-CN", { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false });
const ORDER = ["attention", "sending", "waiting", "sent"];

const titleOf = ({ kind, body }) => (kind === "points" ? `第 ${body.number} 段` : body.title || body.words || body.case_code || "");
/** What the person wrote into a task, to be read again when it was not taken. */
const writtenIn = ({ kind, body }) => (kind === "step" ? Object.values(body.values ?? {}).filter(Boolean).join("；") : "");

/** Draw the queue, anew with every change. */
export function showQueue(root, app, go) {
  const ended = new AbortController();
  const send = h("button", { type: "button", class: "small", onclick: () => app.sync({ force: true, take: true }) }, "立即发送");
  const state = h("p", { class: "hint", role: "status" });
  const list = h("div", {});
  const drawn = new Map(); // a row that did not change stays, with the focus in it
  const draw = () => {
    const track = app.items.filter((item) => !isShown(item));
    const items = app.items.filter(isShown).sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || b.seq - a.seq);
    const left = track.filter(({ state }) => state !== "sent").length;
    send.disabled = app.link.state === "busy";
    const words = `${linkWords(app).words}${left ? `；轨迹 ${left} 段待发送` : ""}`;
    if (state.textContent !== words) state.textContent = words;
    const rows = items.map((item) => {
      const key = `${item.id} ${item.state} ${item.words ?? ""}`;
      if (!drawn.has(key)) drawn.set(key, row(item, app, go));
      return drawn.get(key);
    });
    const shown = list.firstChild?.children ?? [];
    if (rows.length === shown.length && rows.every((one, i) => one === shown[i]) && list.firstChild) return;
    list.replaceChildren(rows.length ? h("ul", { class: "items" }, rows) : h("p", { class: "empty" }, "还没有上报过。上报的内容先存在手机里，有网络时自动发送。"));
  };
  root.replaceChildren(h("div", { class: "row spread" }, h("h2", {}, "发送"), send), state, list);
  app.events.addEventListener("change", draw, { signal: ended.signal });
  draw();
  return () => ended.abort();
}

function row(item, app, go) {
  const title = titleOf(item);
  const code = item.result?.case_code;
  return h("li", { class: `item state-${item.state}` },
    h("div", { class: "row spread" }, h("strong", {}, KINDS[item.kind] ?? item.kind, title ? `：${title}` : ""), h("span", { class: "state" }, STATES[item.state])),
    h("div", { class: "hint" }, TIME.format(item.made_at), code ? ` · 编号 ${code}` : "", item.photos?.length ? ` · 照片 ${item.photos.length} 张` : ""),
    item.words && item.state !== "sent" ? h("p", { class: "item-words" }, item.words) : null,
    item.state === "attention" && !item.conflict && writtenIn(item) ? h("p", { class: "hint" }, `您填写的：${writtenIn(item)}`) : null,
    item.conflict ? sideBySide(item, app) : null,
    item.state === "attention" && !item.conflict ? acts(item, app, go) : null);
}

function acts(item, app, go) {
  const give = () => {
    const more = givenUp(app.items, item).gone.length - 1;
    if (window.confirm(`放弃这一条？${more ? `这次上岗的另外 ${more} 条（轨迹、打卡、下岗）也一并放弃。` : ""}放弃后本机不再保留，无法恢复。`)) app.giveUp(item);
  };
  const { words, act } = remedy(item, app, go);
  return h("div", { class: "row" }, words ? h("button", { type: "button", class: "small primary", onclick: act }, words) : null,
    h("button", { type: "button", class: "small", onclick: give }, "放弃"));
}

/** What the person can do to have it taken: mend it where it can be written anew, send the same again where something else may have changed. */
function remedy(item, app, go) {
  const { kind, id, body } = item;
  if (kind === "report") return { words: "修改后重新上报", act: () => go(`report/${id}`) };
  const open = kind === "step" && app.package?.tasks.some(({ case_code: code }) => code === body.case_code);
  if (open) return { words: "修改后重新提交", act: () => go(`task/${body.case_code}/${id}`) };
  if (kind === "check_in" || kind === "duty_on") return {}; // it was then, or not at all
  return { words: "再发一次", act: () => app.sendAgain(item) };
}
