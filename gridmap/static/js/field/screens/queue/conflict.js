// Somebody else changed the same thing meanwhile: both sides beside each other, and the person chooses.
import { h } from "../../../dom.js";
import { Fault, post } from "../../link.js";

const asText = (value) => (value === null || value === undefined || value === "" ? "—" : String(value));

/** Draw what the phone has and what the server has, with the choice. */
export function sideBySide(item, app) {
  const { conflict, yours = {}, theirs = {}, texts = {} } = item.conflict;
  const names = [...new Set([...Object.keys(yours), ...Object.keys(theirs)])];
  const said = h("p", { class: "item-words", role: "alert" });

  async function choose(choice, values) {
    try {
      const verdict = await post(`/field/conflicts/${conflict}`, { choice, values }, app.session.csrf);
      const done = verdict.verdict === "accepted";
      await app.changeItem(item, done ? { state: "sent", sent_at: Date.now(), words: verdict.words ?? "", result: verdict.result ?? {}, conflict: null } : { words: verdict.words });
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      said.textContent = fault.kind === "offline" ? "没有网络，有网络时再选。" : fault.words || "服务器没有接受，请稍后再试。";
    }
  }

  return h("div", { class: "conflict" },
    h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, ""), h("th", {}, "本机填写"), h("th", {}, "服务器上"))),
      h("tbody", {}, names.map((name) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, asText(yours[name])), h("td", {}, asText(theirs[name])))))),
    said,
    h("div", { class: "row" },
      h("button", { type: "button", class: "small primary", onclick: () => choose("mine") }, "用本机的"),
      h("button", { type: "button", class: "small", onclick: () => choose("theirs") }, "用服务器上的")),
    Object.keys(texts).length ? mergeForm(item, texts, (values) => choose("merge", values)) : null);
}

/** The texts of the phone to be rewritten with what the server has before one's eyes. */
function mergeForm(item, texts, submit) {
  const boxes = Object.entries(texts).map(([name, label]) => ({ name, label, box: h("textarea", { id: `merge-${item.seq}-${name}`, rows: 3 }, item.body.values?.[name] ?? "") }));
  const send = (event) => {
    event.preventDefault();
    submit(Object.fromEntries(boxes.map(({ name, box }) => [name, box.value])));
  };
  return h("details", {}, h("summary", {}, "合并两边的内容"), h("form", { class: "act", onsubmit: send },
    boxes.map(({ label, box }) => h("div", { class: "field" }, h("label", { for: box.id }, `合并后的${label}`), box)),
    h("button", { type: "submit", class: "small" }, "提交合并的内容")));
}
