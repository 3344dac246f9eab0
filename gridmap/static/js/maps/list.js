// The list of cases beside the map: the same filter and the same place as the map, with the total of that filter.
import { getJson, isAsked } from "./api.js";
import { h, icon, number, when } from "../dom.js";
import { keeping, settle } from "./keep.js";
import { classOfCase } from "./palette.js";
import { filterQuery } from "./state.js";

const STATUS_TONES = { received: "tag-warn", registered: "tag-warn", assessed: "tag-warn", closed: "", archived: "", declined: "", joined: "", revisited: "tag-good", verified: "tag-good" };

/** Take over the list's parts { count, items, more }. Returns { load(unit, bbox), refresh(unit, bbox), chosen(code), total() }. */
export function makeList(parts, choices, acts, store) {
  let total = 0;
  let chosenCode = "";
  let following = null;
  let turn = 0; // of what the person asked for: what a refresh asked before is out of date then

  function item(one) {
    const part = classOfCase(store.state.color, choices, one);
    const late = one.lateness === "late" ? h("span", { class: "tag tag-bad" }, "超期") : one.lateness === "due_soon" ? h("span", { class: "tag tag-warn" }, "即将到期") : null;
    const high = one.risk === "high" ? h("span", { class: "tag tag-high" }, "高风险") : null;
    const here = one.located === false || one.lon === null ? h("span", { class: "tag" }, "未定位") : null;
    return h("li", {},
      h("button", { type: "button", class: `case-row ${one.case_code === chosenCode ? "chosen" : ""}`, dataset: { code: one.case_code }, onclick: () => acts.choose(one.case_code) },
        h("span", { class: "dot", title: part?.name, vars: { tone: part?.color ?? "var(--risk-none)" } }),
        h("span", { class: "case-title" }, one.title),
        h("span", { class: "case-meta muted" }, `${one.unit_name ?? ""} · ${one.category_name ?? one.category ?? ""} · ${when(one.received_at)}`),
        h("span", { class: "case-tags" }, h("span", { class: `tag ${STATUS_TONES[one.status] ?? "tag-brand"}` }, one.status_name ?? one.status), late, high, here)));
  }

  function say(answer) {
    total = answer.total;
    following = answer.next;
    const words = `${answer.more_than ? "超过" : "共"} ${number(total)} 件`;
    if (parts.count.textContent !== words) parts.count.textContent = words; // a reader would say it again
    parts.count.dataset.total = total;
    parts.more.hidden = !following;
  }

  function show(answer, append) {
    say(answer);
    const items = answer.items.map(item);
    if (append) parts.items.append(...items);
    else parts.items.replaceChildren(...items);
    empty();
  }

  function empty() {
    if (!total) {
      parts.items.replaceChildren(h("li", { class: "empty empty-small" }, icon("list"), h("strong", {}, "没有符合条件的事件"), h("span", {}, "可放宽时间、类别等条件，或切换到“全区划”。")));
    }
  }

  function ask(unit, bbox) {
    const query = filterQuery(store.state, choices.today, { unit, bbox, located: bbox ? "yes" : "" });
    parts.all.href = `/cases?${query}`;
    return `/cases?${query}`;
  }

  /** Read as many rows as are shown now, page after page; null when the person asked for something meanwhile. */
  async function readAgain(address) {
    const mine = turn;
    const shown = parts.items.querySelectorAll(".case-row").length;
    const found = new Map();
    let answer = { next: address };
    do {
      answer = await getJson(answer.next, { slot: "list", quiet: true });
      if (!answer || mine !== turn) return null;
      for (const one of answer.items) found.set(one.case_code, one);
    } while (answer.next && found.size < shown);
    return { ...answer, items: [...found.values()] };
  }

  parts.more.addEventListener("click", async () => {
    turn += 1;
    const answer = await acts.tried("list", () => getJson(following, { slot: "list" }));
    if (answer) show(answer, true);
  });

  return {
    total: () => total,
    async load(unit, bbox, { quiet = false } = {}) {
      if (!choices.may_read_cases) return;
      if (!quiet && !parts.items.children.length) parts.items.replaceChildren(...Array.from({ length: 5 }, () => h("li", { class: "skeleton skeleton-row" })));
      turn += 1;
      const answer = await acts.tried("list", () => getJson(ask(unit, bbox), { slot: "list", quiet }));
      if (answer) show(answer, false);
    },
    async refresh(unit, bbox) {
      if (!choices.may_read_cases || isAsked("list")) return;
      const answer = await acts.tried("list", () => readAgain(ask(unit, bbox)));
      if (!answer) return;
      say(answer);
      keeping(parts.items, () => settle(parts.items, answer.items.map(item)));
      empty();
    },
    chosen(code) {
      chosenCode = code;
      for (const row of parts.items.querySelectorAll(".case-row")) row.classList.toggle("chosen", row.dataset.code === code);
    },
  };
}
