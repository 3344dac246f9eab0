// Small hands for building the page: elements without markup in strings.

const ICONS = document.querySelector(".icon use")?.getAttribute("href").split("#")[0] ?? "";
const SVG = "http://www.w3.org/2000/svg";

/** Make an element: `h("button", { class: "x", onclick: fn, dataset: {…} }, "文字", child)`. Null children are left out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "vars") for (const [key, text] of Object.entries(value)) element.style.setProperty(`--${key}`, text);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Make one of the product's icons. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${ICONS}#${name}`);
  svg.append(use);
  return svg;
}

const COUNT = new Intl.NumberFormat("zh-CN"); // making one costs more than a thousand uses

/** A count as people read it: 12,345. */
export const number = (value) => COUNT.format(value ?? 0);

const INSTANT = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false,
});

/** An instant (ISO) on China's clock: 11-22 17:30, with the year when it is not this one. */
export function when(text) {
  if (!text) return "—";
  const parts = INSTANT.formatToParts(new Date(text));
  const of = (type) => parts.find((part) => part.type === type).value;
  const year = of("year") === String(new Date().getFullYear()) ? "" : `${of("year")}-`;
  return `${year}${of("month")}-${of("day")} ${of("hour")}:${of("minute")}`;
}

export const LEVEL_NAMES = { 0: "全部", 2: "省级", 4: "地市级", 6: "县区级", 9: "乡镇街道", 12: "村社区", 15: "网格" };
