// What the colours on the map mean, for exactly what is shown now.
import { h } from "../dom.js";
import { classes, COLOR_NAMES } from "./palette.js";
import { POINTS, RESTS } from "./patrols.js";
import { token } from "./style.js";

const swatch = (color, kind) => h("span", { class: `swatch swatch-${kind}`, vars: { tone: color } });

function block(title, items) {
  return h("div", { class: "legend-block" }, h("div", { class: "legend-title" }, title), items);
}

function ramp({ title, steps, top }) {
  const items = steps.map((step) => h("li", {}, swatch(step.color, "area"), h("span", { class: "num" }, step.low)));
  return block(title, h("ul", { class: "legend-ramp" }, items, h("li", { class: "legend-end num" }, top > 0 ? `至 ${top}` : "")));
}

/** Return the legend's blocks for a state. `shading` is the legend of the shading (or null). */
export function legendBlocks(state, choices, shading) {
  const blocks = [];
  if (state.layers.includes("cases") && choices.may_read_cases) {
    const items = classes(state.color, choices).map((part) => h("li", {}, swatch(part.color, "point"), part.name));
    blocks.push(block(`事件点 · 按${COLOR_NAMES[state.color]}`, h("ul", { class: "legend-points" }, items)));
  }
  if (state.layers.includes("heat") && choices.may_read_cases) {
    const bar = h("div", { class: "legend-heat", vars: { scale: [1, 2, 3, 4, 5].map((i) => token(`heat-${i}`)).join(",") } });
    blocks.push(block("热力", [bar, h("div", { class: "legend-ends" }, h("span", {}, "少"), h("span", {}, "多"))]));
  }
  if (state.layers.includes("points") && choices.may_read_patrols) {
    const items = POINTS.map((kind) => h("li", {}, swatch(token(kind.token), "ring"), kind.name));
    blocks.push(block(`巡查点位 · 最近 ${state.days} 天`, h("ul", { class: "legend-points" }, items)));
  }
  if (state.layers.includes("cover") && choices.may_read_patrols) {
    const items = RESTS.map((rest) => h("li", {}, swatch(token(rest.token), "point"), rest.name));
    blocks.push(block(`巡查覆盖 · 最近 ${state.days} 天`, h("ul", { class: "legend-points" }, items)));
    return blocks;
  }
  if (shading) blocks.push(ramp(shading));
  return blocks;
}
