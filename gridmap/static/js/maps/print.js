// The print view: title, filter in words, the map as it stands, legend, numbers, and who printed it when, also as a watermark.
import { h } from "../dom.js";
import { filterWords } from "./filters.js";

const MARKS = 24;

function stamp() {
  return new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", dateStyle: "long", timeStyle: "short" }).format(new Date());
}

function picture(map) {
  return new Promise((resolve) => {
    map.once("render", () => resolve(map.getCanvas().toDataURL("image/png")));
    map.triggerRepaint();
  });
}

/** Make `open()` for the print sheet in `sheet`. `facts()` gives { name, legend, numbers } of what is shown. */
export function makePrint(map, sheet, choices, store, facts) {
  let cameFrom = null;

  function close() {
    sheet.hidden = true;
    document.body.classList.remove("printing");
    cameFrom?.focus();
  }

  async function open() {
    cameFrom = document.activeElement;
    const shown = facts();
    const at = stamp();
    const image = await picture(map);
    const mark = `${choices.person} ${at}`;
    sheet.replaceChildren(
      h("div", { class: "print-tools no-print" },
        h("button", { type: "button", class: "button button-primary", onclick: () => window.print() }, "打印"),
        h("button", { type: "button", class: "button", onclick: close }, "返回地图")),
      h("div", { class: "print-page" },
        h("div", { class: "print-marks", "aria-hidden": "true" }, Array.from({ length: MARKS }, () => h("span", {}, mark))),
        h("h2", {}, `${shown.name}防控地图`),
        h("p", { class: "print-filter" }, filterWords(store.state, choices)),
        h("img", { class: "print-map", src: image, alt: `${shown.name}防控地图` }),
        h("div", { class: "print-below" }, h("div", { class: "print-legend" }, shown.legend), h("div", { class: "print-numbers" }, shown.numbers)),
        h("p", { class: "print-foot" }, `打印人：${choices.person}　打印时间：${at}　数据截至打印时刻，仅限工作使用。`)));
    sheet.hidden = false;
    document.body.classList.add("printing");
    sheet.querySelector("button").focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || sheet.hidden) return;
    event.preventDefault(); // nothing behind the sheet closes with it
    close();
  });
  return { open, close };
}
