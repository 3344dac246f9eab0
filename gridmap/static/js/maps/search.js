// The search box: units by name or code, cases by code or words; a listbox worked with the arrow keys.
import { getJson } from "./api.js";
import { h, icon, LEVEL_NAMES } from "../dom.js";

const PAUSE_MS = 220;

/** Take over { input, results }. `acts`: { unit(found), case(found), tried }. */
export function makeSearch({ input, results }, acts) {
  let timer = 0;
  let at = -1;
  let shown = ""; // the words whose results are listed

  const entries = () => [...results.querySelectorAll("[role=option]")];

  function close() {
    results.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    at = -1;
  }

  function move(step) {
    const all = entries();
    if (!all.length) return;
    at = (at + step + all.length) % all.length;
    all.forEach((one, i) => one.setAttribute("aria-selected", String(i === at)));
    input.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  }

  function option(id, title, note, pick) {
    const choose = () => { close(); input.value = ""; pick(); };
    const element = h("li", { id, role: "option", "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); choose(); } },
      h("span", { class: "found-title" }, title), h("span", { class: "muted" }, note));
    element.choose = choose;
    return element;
  }

  function show(answer) {
    const units = answer.units.map((one, i) => option(`found-unit-${i}`, one.name, `${LEVEL_NAMES[one.level]}${one.within ? ` · ${one.within}` : ""}`, () => acts.unit(one)));
    const cases = answer.cases.map((one, i) => option(`found-case-${i}`, one.title, `${one.case_code} · ${one.address || one.unit}${one.lon === null ? " · 未定位" : ""}`, () => acts.case(one)));
    const group = (name, items) => (items.length ? [h("li", { role: "presentation", class: "found-group" }, name), ...items] : []);
    const all = [...group("区划与网格", units), ...group("事件", cases)];
    results.replaceChildren(...(all.length ? all : [h("li", { role: "presentation", class: "found-none" }, icon("search"), `没有找到“${answer.q}”。可试区划名称、地址或事件编号。`)]));
    results.hidden = false;
    input.setAttribute("aria-expanded", "true");
    at = -1;
    shown = answer.asked;
    if (all.length) move(1);
  }

  async function look() {
    const text = input.value.trim();
    if (!text) return close();
    const answer = await acts.tried("search", () => getJson(`/map/search.json?q=${encodeURIComponent(text)}`, { slot: "search" }));
    if (answer && input.value.trim() === text) show({ ...answer, asked: text });
    return undefined;
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  });
  input.addEventListener("blur", () => setTimeout(close, 120));
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (results.hidden) look();
      else move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!results.hidden && at >= 0 && shown === input.value.trim()) entries()[at].choose();
      else look(); // what is listed answers other words
    } else if (event.key === "Escape" && !results.hidden) {
      event.stopPropagation();
      close();
    }
  });
}
