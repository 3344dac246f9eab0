// The layer switch: what is drawn and what its colours mean. Writes the state; draws itself from it.
import { h } from "../dom.js";
import { COLOR_NAMES } from "./palette.js";
import { LAYERS } from "./state.js";

/** Fill the layer switch's panel and keep it in step with `store`. */
export function makeLayerSwitch(panel, choices, basemap, store) {
  const layer = (name, title) => h("label", { class: "check" },
    h("input", { type: "checkbox", name, checked: store.state.layers.includes(name), onchange: (event) => {
      const chosen = new Set(store.state.layers);
      if (event.target.checked) chosen.add(name);
      else chosen.delete(name);
      store.set({ layers: LAYERS.filter((one) => chosen.has(one)) });
    } }), title);

  const choice = (name, title, items) => h("fieldset", {}, h("legend", {}, title),
    items.map(([value, text]) => h("label", { class: "check" },
      h("input", { type: "radio", name, value, checked: store.state[name] === value, onchange: () => store.set({ [name]: value }) }), text)));

  function days() {
    const shown = h("output", { class: "num" }, store.state.days);
    const slider = h("input", { type: "range", name: "days", "aria-label": "最近几天的巡查", min: 1, max: 90, value: store.state.days, oninput: () => { shown.textContent = slider.value; }, onchange: () => store.set({ days: slider.value }) });
    return h("div", { class: "layer-days" }, "最近 ", shown, " 天", slider);
  }

  function draw() {
    const focused = panel.contains(document.activeElement) ? [document.activeElement.name, document.activeElement.value] : null;
    const bases = basemap?.choices ?? [];
    const parts = [h("fieldset", {}, h("legend", {}, "图层"), layer("borders", "边界与名称"), choices.may_read_cases ? [layer("cases", "事件点与聚合"), layer("heat", "热力")] : null,
      choices.may_read_patrols ? [layer("cover", "巡查覆盖"), layer("points", "巡查点位"), ["cover", "points"].some((name) => store.state.layers.includes(name)) ? days() : null] : null,
      choices.may_read_duty ? layer("duty", "在岗人员") : null)];
    if (choices.may_read_cases) {
      parts.push(choice("shade", "分级设色", [["count", "事件数"], ["risk", "高风险事件数"], ["none", "不设色"]]));
      parts.push(choice("color", "点位颜色", Object.entries(COLOR_NAMES).map(([value, name]) => [value, `按${name}`])));
    }
    if (bases.length) parts.push(choice("base", "底图", [["", bases[0].name], ...bases.slice(1).map((one) => [one.id, one.name]), ["none", "无底图"]]));
    panel.replaceChildren(...parts);
    if (focused) panel.querySelector(`input[name="${focused[0]}"][value="${focused[1]}"], input[name="${focused[0]}"]:is([type=checkbox], [type=range])`)?.focus();
  }

  store.listen((_state, changed) => ["layers", "shade", "color", "base"].some((name) => changed.has(name)) && draw());
  draw();
}
