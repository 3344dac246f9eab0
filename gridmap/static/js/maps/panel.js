// The side panel about the current unit: path, numbers (each opens its rows), and the units below as a table that drills.
import { h, icon, LEVEL_NAMES, number } from "../dom.js";
import { keeping, settle } from "./keep.js";
import { filterQuery, openStatus } from "./state.js";

const COLUMNS = [
  { key: "name", name: "名称" },
  { key: "total", name: "事件" },
  { key: "open", name: "未办结" },
  { key: "late", name: "超期" },
  { key: "high", name: "高风险" },
];
const BOX_NOTES = {
  children: "该区划没有边界数据，按下级区划的范围显示。",
  cases: "该区划没有边界数据，按已定位事件的范围显示。",
  ancestor: "该区划没有边界数据，按上级区划的范围显示。",
  none: "该区划及上级都没有边界数据，请联系系统管理员导入边界。",
};

/**
 * Take over the panel's parts. `parts`: { path, heading, numbers, notes, units }; `acts`: { open(code), choose(code), touch(code) }.
 * Returns { unit(facts), counts(own, below), waiting(), chosen(code) }.
 */
export function makePanel(parts, choices, acts, store) {
  let facts = null;
  let sort = { key: "total", down: true };
  let rows = [];
  let chosenCode = "";

  function path() {
    const crumbs = facts.ancestors.map((one) => h("li", {}, h("button", { type: "button", class: "link", onclick: () => acts.open(one.code) }, one.name)));
    parts.path.hidden = !crumbs.length; // at the top of one's own area the heading says it already
    parts.path.replaceChildren(h("ol", { class: "crumbs" }, crumbs, h("li", { "aria-current": "location" }, facts.name)));
  }

  function heading() {
    const tags = [h("span", { class: "tag" }, LEVEL_NAMES[facts.level])];
    if (facts.is_demo) tags.push(h("span", { class: "tag tag-warn", title: "由真实县区边界分割生成，仅供演示" }, "示例边界"));
    if (facts.residents) tags.push(h("span", { class: "muted" }, `常住 ${number(facts.residents)} 人`));
    const above = facts.ancestors.at(-1);
    const up = above && h("button", { type: "button", class: "icon-button icon-small", "aria-label": `返回上级：${above.name}`, title: `返回上级：${above.name}`, onclick: () => acts.open(above.code) }, icon("back"));
    parts.heading.replaceChildren(...[up, h("h2", {}, facts.name), ...tags].filter(Boolean));
  }

  const rowsAddress = (more) => `/cases?${filterQuery(store.state, choices.today, { unit: facts.code, ...more })}`;

  function figure(name, value, more, tone = "") {
    const inner = [h("span", { class: "figure-name" }, name), h("span", { class: `figure-value num ${value ? tone : ""}` }, number(value))];
    if (more === null || !choices.may_read_cases) return h("div", { class: "figure" }, inner);
    return h("a", { class: "figure", href: rowsAddress(more), title: `打开这 ${number(value)} 件的列表` }, inner);
  }

  function numbers(own) {
    const open = openStatus(store.state.status);
    const narrowed = (name, value) => (store.state[name].length && !store.state[name].includes(value) ? null : { [name]: value });
    parts.numbers.replaceChildren(
      figure("事件总数", own.total, {}),
      figure("未办结", own.open, open && { status: open }),
      figure("已超期", own.late, narrowed("lateness", "late"), "text-late"),
      figure("高风险", own.high, narrowed("risk", "high"), "text-high"),
    );
  }

  function notes(own) {
    const said = [];
    if (!facts.has_outline && facts.bbox_from !== "outline" && !(Number(facts.code) === 0 && facts.bbox)) said.push(h("p", { class: "note" }, icon("warning"), BOX_NOTES[facts.bbox_from]));
    if (own?.unlocated) {
      const link = h("a", { href: rowsAddress({ located: "no" }) }, `${number(own.unlocated)} 件未定位`);
      said.push(h("p", { class: "note" }, icon("pin"), h("span", {}, "其中 ", link, "，不在图上。")));
    }
    parts.notes.replaceChildren(...said);
  }

  function sorted() {
    const [key, sign] = [sort.key, sort.down ? -1 : 1];
    return [...rows].sort((a, b) => {
      const order = key === "name" ? a.unit_code.localeCompare(b.unit_code) * -1 : a[key] - b[key];
      return order * sign || a.unit_code.localeCompare(b.unit_code);
    });
  }

  function head() {
    return COLUMNS.map(({ key, name }) => {
      const on = sort.key === key;
      const press = () => { sort = { key, down: on ? !sort.down : true }; keeping(parts.units, table); };
      return h("th", { scope: "col", class: key === "name" ? "" : "right", "aria-sort": on ? (sort.down ? "descending" : "ascending") : "none" },
        h("button", { type: "button", class: "sort", onclick: press }, name, on ? h("span", { "aria-hidden": "true" }, sort.down ? " ▾" : " ▴") : ""));
    });
  }

  function row(item, most) {
    const cells = [
      h("th", { scope: "row" },
        h("button", { type: "button", class: "link", title: item.has_outline ? `下钻到${item.name}` : `${item.name}（无边界）`, onclick: () => acts.open(item.unit_code) }, item.name),
        item.has_outline ? null : h("span", { class: "tag tag-small" }, "无边界")),
      h("td", { class: "right bar-cell num", vars: { share: `${most ? (100 * item.total) / most : 0}%` } }, h("span", { class: "bar", "aria-hidden": "true" }), number(item.total)),
      h("td", { class: "right num" }, number(item.open)),
      h("td", { class: `right num ${item.late ? "text-late" : "faint"}` }, number(item.late)),
      h("td", { class: `right num ${item.high ? "text-high" : "faint"}` }, number(item.high)),
    ];
    const here = item.unit_code === chosenCode;
    return h("tr", {
      class: here ? "chosen" : "", dataset: { code: item.unit_code }, onmouseenter: () => acts.touch(item.unit_code), onmouseleave: () => acts.touch(""),
      onclick: (event) => event.target.closest("button") || acts.choose(item.unit_code), ondblclick: () => acts.open(item.unit_code),
    }, cells);
  }

  function table() {
    if (!rows.length) {
      const text = facts?.level === 15 ? "网格是最小单元，没有下级。" : "没有下级区划。";
      return parts.units.replaceChildren(h("div", { class: "empty empty-small" }, icon("layers"), h("span", {}, text)));
    }
    const most = Math.max(...rows.map((one) => one.total));
    const caption = h("caption", { class: "visually-hidden" }, `${facts.name}的下级区划，点名称下钻`);
    const titles = h("thead", {}, h("tr", {}, head()));
    const shown = parts.units.querySelector("table");
    if (!shown) return parts.units.replaceChildren(h("table", { class: "table units-table" }, caption, titles, h("tbody", {}, sorted().map((one) => row(one, most)))));
    shown.caption.replaceWith(caption);
    shown.tHead.replaceWith(titles);
    return settle(shown.tBodies[0], sorted().map((one) => row(one, most)));
  }

  function rest(own) {
    const lacking = own.total - rows.reduce((sum, item) => sum + item.total, 0);
    parts.units.querySelector(":scope > .note")?.remove();
    if (lacking > 0 && rows.length) parts.units.append(h("p", { class: "note" }, `另有 ${number(lacking)} 件不在上列区划内：没有定到下级，或属于已经撤销的下级。`));
  }

  return {
    unit(next) {
      facts = next;
      path();
      heading();
      notes(null);
      document.title = `${facts.name} · 防控地图`;
    },
    counts(own, below) {
      rows = below.map((item) => ({ ...item }));
      keeping(parts.numbers, () => numbers(own));
      keeping(parts.notes, () => notes(own));
      keeping(parts.units, () => { table(); rest(own); });
    },
    failed() {
      parts.numbers.replaceChildren();
      parts.units.replaceChildren(h("div", { class: "empty empty-small" }, icon("warning"), h("strong", {}, "没有取到数据"), h("span", {}, "请点地图上方的“重试”。")));
    },
    waiting() {
      parts.numbers.replaceChildren(...Array.from({ length: 4 }, () => h("div", { class: "figure skeleton" })));
      parts.units.replaceChildren(...Array.from({ length: 6 }, () => h("div", { class: "skeleton skeleton-row" })));
    },
    chosen(code) {
      chosenCode = code;
      for (const tr of parts.units.querySelectorAll("tr[data-code]")) tr.classList.toggle("chosen", tr.dataset.code === code);
    },
  };
}
