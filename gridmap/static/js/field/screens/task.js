// One task of a case: what there is to know, and the form of what the worker may do; saved on the phone first.
import { h } from "../../dom.js";
import { photoStrip } from "./report/photos.js";

/** Draw the task of the address with the form of its action: #task/<case code>, or #task/<case code>/<id> to mend what was refused. */
export function showTask(root, app, go) {
  const ended = new AbortController();
  const [, code, id] = location.hash.split("/");
  const task = app.package?.tasks.find((one) => one.case_code === code);
  if (!task) {
    root.replaceChildren(h("p", { class: "empty" }, "这个任务已经不在您的清单里。"), h("a", { class: "wide", href: "#today" }, "回到今日"));
    return () => {};
  }
  draw(root, app, go, task, app.items.find((item) => item.id === id), ended.signal);
  return () => ended.abort();
}

async function draw(root, app, go, task, mended, signal) {
  const say = h("p", { class: "field-words", role: "alert" });
  const draft = `task-${task.case_code}`; // what is being written survives a reload
  const written = mended ? { [mended.body.action]: mended.body.values } : ((await app.store.get(draft)) ?? {});
  const photos = await photoStrip(app, mended?.id ?? draft, { say, signal });
  const keep = (action, values) => {
    written[action] = values;
    if (!mended) app.guarded(() => app.store.set(draft, written));
  };
  const submit = (act) => async (values) => {
    const body = { case_code: task.case_code, action: act.action, title: task.title, values };
    const item = { id: crypto.randomUUID(), kind: "step", object: task.case_code, base: task.version, body, replaces: mended?.id ?? null };
    const taken = await photos.taken();
    if (await app.guarded(() => app.add(item, { photos: taken, also: { [draft]: null, [photos.key]: null }, instead: mended }))) go("queue");
  };
  const forms = task.actions.map((act, place) => actForm(act, { first: place === 0, values: written[act.action] ?? {}, keep, submit: submit(act) }));
  root.replaceChildren(h("h2", {}, task.title), h("p", { class: "hint" }, [task.kind_name, task.case_code, task.address_text].filter(Boolean).join(" · ")),
    mended ? h("p", { class: "note tone-bad" }, mended.words) : "",
    task.description ? h("p", { class: "plain" }, task.description) : "", photos.element, say, ...forms);
}

function actForm(act, { first, values, keep, submit }) {
  const fields = act.inputs.map((input) => ({ input, element: control(input, values[input.name]) }));
  const now = () => Object.fromEntries(fields.map(({ input, element }) => [input.name, element.value]));
  let busy = false;
  return h("form", { class: "act", oninput: () => keep(act.action, now()), onsubmit: async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    await submit(now());
    busy = false;
  } },
  fields.map(({ input, element }) => h("div", { class: "field" }, h("label", { for: element.id }, input.label, input.required ? "" : "（可不填）"), element)),
  h("button", { type: "submit", class: first ? "wide primary" : "wide" }, act.name));
}

function control(input, value = "") {
  const common = { id: `in-${input.name}-${crypto.randomUUID().slice(0, 8)}`, required: input.required };
  if (input.choices) return h("select", common, h("option", { value: "" }, "请选择"), input.choices.map(([one, name]) => h("option", { value: one, selected: one === value }, name)));
  if (input.kind === "text") return h("textarea", { ...common, rows: 3 }, value);
  return h("input", { ...common, type: input.kind === "number" ? "number" : input.kind === "date" ? "date" : "text", autocomplete: "off", value });
}
