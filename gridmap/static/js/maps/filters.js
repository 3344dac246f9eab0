// The bar above the map: period, classes, states, risk, lateness. Writes the state; draws itself from the state.
import { h } from "../dom.js";
import { DEFAULTS, periodDays } from "./state.js";

const PERIODS = [["7d", "近 7 天"], ["30d", "近 30 天"], ["1y", "近一年"], ["custom", "自定义"]];

function options(choices) {
  const groups = [{ value: "open", name: "全部未办结" }, { value: "ended", name: "全部已办结" }];
  return {
    family: { name: "类别", items: choices.families },
    status: { name: "状态", items: [...groups, ...choices.statuses] },
    risk: { name: "风险", items: choices.risks },
    lateness: { name: "期限", items: choices.lateness },
  };
}

/** Fill the bar's parts { period, days, menus, reset } and keep them in step with `store`. Returns { nextDay() }. */
export function makeFilters(parts, choices, store) {
  const lists = options(choices);

  function period() {
    parts.period.replaceChildren(...PERIODS.map(([value, name]) =>
      h("button", { type: "button", "aria-pressed": String(store.state.period === value), onclick: () => choosePeriod(value) }, name)));
    const custom = store.state.period === "custom";
    parts.days.hidden = !custom;
    if (!custom) return;
    const day = (name, label) => h("input", { class: "input", type: "date", "aria-label": label, value: store.state[name], max: choices.today, onchange: (event) => store.set({ [name]: event.target.value, at: store.state.at }) });
    parts.days.replaceChildren(day("from", "开始日期"), h("span", { class: "muted" }, "至"), day("to", "结束日期"));
  }

  function choosePeriod(value) {
    if (value === store.state.period) return;
    const [from] = periodDays(store.state, choices.today);
    store.set(value === "custom" ? { period: value, from, to: choices.today } : { period: value, from: "", to: "" });
  }

  function toggle(name, value) {
    const chosen = new Set(store.state[name]);
    if (chosen.has(value)) chosen.delete(value);
    else chosen.add(value);
    store.set({ [name]: [...chosen].sort() });
  }

  function menu(name) {
    const { name: title, items } = lists[name];
    const chosen = store.state[name];
    const open = parts.menus.querySelector(`details[data-name="${name}"]`)?.open ?? false;
    const names = items.filter((item) => chosen.includes(item.value)).map((item) => item.name);
    const shown = names.length ? (names.length > 1 ? `${title}：${names[0]} 等 ${names.length} 项` : `${title}：${names[0]}`) : title;
    const boxes = items.map((item) => h("label", { class: "check" },
      h("input", { type: "checkbox", checked: chosen.includes(item.value), onchange: () => toggle(name, item.value) }), item.name));
    const clear = h("button", { type: "button", class: "button button-quiet button-small", onclick: () => store.set({ [name]: [] }) }, "清除");
    return h("details", { class: "menu filter-menu", dataset: { name }, open },
      h("summary", { class: `button ${names.length ? "button-on" : ""}` }, shown, h("span", { class: "caret", "aria-hidden": "true" })),
      h("div", { class: "menu-panel", role: "group", "aria-label": title }, boxes, names.length ? clear : null));
  }

  function draw() {
    period();
    const focused = document.activeElement?.closest("details[data-name]")?.dataset.name;
    const index = focused ? [...parts.menus.querySelectorAll(`details[data-name="${focused}"] input`)].indexOf(document.activeElement) : -1;
    parts.menus.replaceChildren(...Object.keys(lists).map(menu));
    if (focused) parts.menus.querySelectorAll(`details[data-name="${focused}"] input`)[index]?.focus();
    const active = Object.keys(lists).some((name) => store.state[name].length) || store.state.period !== DEFAULTS.period;
    parts.reset.hidden = !active;
    parts.toggle.classList.toggle("button-on", active);
  }

  parts.reset.addEventListener("click", () => store.set({ family: [], status: [], risk: [], lateness: [], period: DEFAULTS.period, from: "", to: "" }));
  parts.toggle.addEventListener("click", () => {
    const open = parts.bar.classList.toggle("open");
    parts.toggle.setAttribute("aria-expanded", String(open));
  });
  store.listen((_state, changed) => {
    if (["family", "status", "risk", "lateness", "period", "from", "to"].some((name) => changed.has(name))) draw();
  });
  draw();
  return {
    nextDay() {
      for (const input of parts.days.querySelectorAll("input")) input.max = choices.today;
    },
  };
}

/** Say the filter in words, for the print: 近一年（2025-11-23 起）· 类别：平安建设. */
export function filterWords(state, choices) {
  const [from, to] = periodDays(state, choices.today);
  const span = from || to ? `${from || "最早"} 至 ${to || choices.today}` : "全部时间";
  const words = Object.entries(options(choices))
    .filter(([name]) => state[name].length)
    .map(([name, { name: title, items }]) => `${title}：${items.filter((item) => state[name].includes(item.value)).map((item) => item.name).join("、")}`);
  return [span, ...words].join(" · ");
}

