// One task of a case: what there is to know, and the form of what the worker may do; saved on the phone first.
import { h } from "../../dom.js";
import { photoStrip } from "./report/photos.js";

/** Draw the task of the address (#task/<case code>) with the form of its action. */
export function showTask(root, app, go) {
  const ended = new AbortController();
  const code = location.hash.split("/")[1];
  const task = app.package?.tasks.find((one) => one.case_code === code);
  if (!task) {
    root.replaceChildren(h("p", { class: "empty" }, "这个任务已经不在您的清单里。"), h("a", { class: "wide", href: "#today" }, "回到今日"));
    return () => {};
  }
  draw(root, app, go, task, ended.signal);
  return () => ended.abort();
}

async function draw(root, app, go, task, signal) {
  const say = h("p", { class: "field-words", role: "alert" });
  const photos = await photoStrip(app, `task-${task.case_code}`, { say, signal });
  const forms = task.actions.map((act, place) => actForm(act, place === 0, async (values) => {
    const taken = await photos.taken();
    await app.add({ id: crypto.randomUUID(), kind: "step", object: task.case_code, base: task.version, body: { case_code: task.case_code, action: act.action, title: task.title, values } }, taken);
    await photos.clear();
    go("queue");
  }));
  root.replaceChildren(h("h2", {}, task.title), h("p", { class: "hint" }, [task.kind_name, task.case_code, task.address_text].filter(Boolean).join(" · ")),
    task.description ? h("p", { class: "plain" }, task.description) : "", photos.element, say, ...forms);
}

function actForm(act, first, submit) {
  const fields = act.inputs.map((input) => ({ input, element: control(input) }));
  let busy = false;
  return h("form", { class: "act", onsubmit: async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    await submit(Object.fromEntries(fields.map(({ input, element }) => [input.name, element.value])));
  } },
  fields.map(({ input, element }) => h("div", { class: "field" }, h("label", { for: element.id }, input.label, input.required ? "" : "（可不填）"), element)),
  h("button", { type: "submit", class: first ? "wide primary" : "wide" }, act.name));
}

function control(input) {
  const common = { id: `in-${input.name}-${crypto.randomUUID().slice(0, 8)}`, required: input.required };
  if (input.choices) return h("select", common, h("option", { value: "" }, "请选择"), input.choices.map(([value, name]) => h("option", { value }, name)));
  if (input.kind === "text") return h("textarea", { ...common, rows: 3 });
  return h("input", { ...common, type: input.kind === "number" ? "number" : input.kind === "date" ? "date" : "text", autocomplete: "off" });
}
