// 随手报: class, place, photos, words; saved on the phone first, sent by the queue. What is being written survives a reload.
import { h } from "../../dom.js";
import { asks, followPlace } from "./report/place.js";
import { photoStrip } from "./report/photos.js";
import { classPicker } from "./report/classes.js";
import { similarStrip } from "./report/similar.js";

const EMPTY = { category: "", title: "", description: "", titled: false, place: null, border: "", replaces: null };

/** Draw the form; a draft goes on where it was left. `#report/<id>` mends an item that the server refused. */
export function showReport(root, app, go) {
  const state = { ...EMPTY };
  const ended = new AbortController();
  let closing = () => {};
  begin(root, app, go, state, ended.signal).then((close) => {
    closing = close;
    if (ended.signal.aborted) close();
  });
  return () => {
    ended.abort();
    closing();
  };
}

async function begin(root, app, go, state, signal) {
  const mended = app.items.find(({ id }) => id === location.hash.split("/")[1]);
  Object.assign(state, mended ? stateOf(mended) : await app.store.get("draft"));
  const say = h("p", { class: "field-words", role: "alert" });
  const keep = draftKeeper(root, app, state);
  const parts = { title: titleField(state, keep), description: descriptionField(state, keep) };
  const similar = similarStrip(app, state, () => placed.fix());
  const photos = await photoStrip(app, mended?.id ?? "draft", { say, signal });
  const classes = classPicker(app, state, () => {
    parts.title.follow(app);
    keep();
    similar.look();
  });
  const placed = followPlace(app, state, { border: mended?.extra?.choices, changed: () => { keep(); similar.look(); } });
  const save = h("button", { type: "button", class: "wide primary", onclick: () => submit() }, "保存并上报");

  let busy = false;
  async function submit() {
    if (busy) return; // a double tap is one report
    busy = true;
    try {
      const fault = faultIn(app, state, placed.fix());
      if (fault) return tell(fault);
      const taken = await photos.taken();
      const done = await app.guarded(() => queue(app, state, placed.fix(), taken, { [photos.key]: null }, mended));
      if (done) go("queue");
    } finally {
      busy = false;
    }
  }

  function tell({ words, at }) {
    say.textContent = words;
    (at === "category" ? classes.element : at === "place" ? placed.element : parts.title.element).scrollIntoView({ block: "center" });
  }

  root.replaceChildren(
    h("h2", { class: mended ? "" : "visually-hidden" }, mended ? "修改后重新上报" : "上报"),
    mended ? h("p", { class: "note tone-bad" }, mended.words) : "",
    classes.element, placed.element, photos.element, parts.title.element, parts.description.element, similar.element,
    h("div", { class: "sticky" }, say, save),
  );
  similar.look();
  return () => {
    if (root.dataset.draft === "changed" && !state.saved) keep.now();
    placed.close();
    similar.close();
  };
}

/** Keep the draft a moment after each change; `root.dataset.draft` says whether the last change is kept. */
function draftKeeper(root, app, state) {
  let timer = 0;
  const keep = () => {
    root.dataset.draft = "changed";
    clearTimeout(timer);
    timer = setTimeout(keep.now, 400);
  };
  keep.now = async () => {
    clearTimeout(timer);
    if (state.saved) return;
    root.dataset.draft = "writing";
    await app.store.set("draft", { ...state });
    if (root.dataset.draft === "writing") root.dataset.draft = "kept";
  };
  return keep;
}

function stateOf({ id, body }) {
  const place = body.lon === null ? null : { lon: body.lon, lat: body.lat, accuracy: body.accuracy_m, method: body.method };
  return { category: body.category, title: body.title, description: body.description, titled: true, place, border: body.border_unit ?? "", replaces: id };
}

function titleField(state, keep) {
  const input = h("input", { type: "text", id: "title", maxlength: 100, autocomplete: "off", value: state.title, oninput: () => {
    Object.assign(state, { title: input.value, titled: input.value !== "" });
    keep();
  } });
  return {
    element: h("div", { class: "field" }, h("label", { for: "title" }, "标题"), input),
    follow(app) { // until the person writes a title, it says the class
      if (state.titled) return;
      state.title = app.package.categories.find(({ code }) => code === state.category)?.name ?? "";
      input.value = state.title;
    },
  };
}

function descriptionField(state, keep) {
  const input = h("textarea", { id: "description", rows: 3, maxlength: 5000, placeholder: "可用键盘上的话筒说话输入", oninput: () => {
    state.description = input.value;
    keep();
  } }, state.description);
  return { element: h("div", { class: "field" }, h("label", { for: "description" }, "情况（可不填）"), input) };
}

/** What keeps a report from being saved; null when nothing does. */
function faultIn(app, state, fix) {
  if (!state.category) return { words: "请先选择类别。", at: "category" };
  if (!state.title.trim()) return { words: "请填写标题。", at: "title" };
  if (fix && asks(app, fix) && !state.border) return { words: "位置靠近边界，请选择属于哪一个网格。", at: "place" };
  return null;
}

async function queue(app, state, fix, photos, also, mended) {
  const id = crypto.randomUUID();
  const body = {
    title: state.title.trim(), description: state.description.trim(), category: state.category, address_text: "",
    lon: fix?.lon ?? null, lat: fix?.lat ?? null, accuracy_m: fix?.accuracy ?? null, method: fix ? fix.method : "none",
    occurred_at: null, unit: fix ? null : app.session.units[0].code, border_unit: state.border || null,
  };
  state.saved = true; // nothing writes the draft again
  try {
    await app.add({ id, kind: "report", object: id, body, replaces: mended?.id ?? null }, { photos, also: { draft: null, ...also }, instead: mended });
  } catch (error) {
    state.saved = false;
    throw error;
  }
}

