// The class in at most two taps: the worker's own most used at once, all others by family.
import { h } from "../../../dom.js";

const SHOWN = 6;

/** Draw the choice of a class; `chosen()` is told. */
export function classPicker(app, state, chosen) {
  const element = h("section", { class: "classes", "aria-label": "类别" });
  const { categories, used } = app.package;
  const of = (code) => categories.find((one) => one.code === code);
  const families = [...new Map(categories.map((one) => [one.family, one.family_name]))];
  let family = null;
  let open = false;

  function pick(code) {
    state.category = code;
    open = false;
    draw();
    chosen();
  }

  const chip = (one) => h("button", { type: "button", class: "chip", "aria-pressed": String(state.category === one.code), onclick: () => pick(one.code) }, one.name);

  function draw() {
    const first = [...new Set([...used, ...categories.map(({ code }) => code)])].slice(0, SHOWN);
    if (state.category && !first.includes(state.category)) first.unshift(state.category);
    const more = h("button", { type: "button", class: "chip chip-more", "aria-expanded": String(open), onclick: () => { open = !open; draw(); } }, open ? "收起" : "全部类别");
    const parts = [h("h3", {}, "是什么事"), h("div", { class: "chips" }, first.map(of).filter(Boolean).map(chip), more)];
    if (open) {
      parts.push(h("div", { class: "chips families", role: "group", "aria-label": "大类" }, families.map(([number, name]) => h("button", { type: "button", class: "chip chip-family", "aria-pressed": String(family === number), onclick: () => { family = number; draw(); } }, name))));
      if (family !== null) parts.push(h("div", { class: "chips" }, categories.filter((one) => one.family === family).map(chip)));
    }
    element.replaceChildren(...parts);
  }

  draw();
  return { element };
}
