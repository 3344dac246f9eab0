// The card of the clicked thing: a unit with its numbers, or a case with the way to its page.
import { h, icon, LEVEL_NAMES, number, when } from "../dom.js";
import { classOfCase } from "./palette.js";
import { filterQuery } from "./state.js";
import { closer } from "./notices.js";

/** Take over the card's element. Returns { unit(facts, counts), case(facts), none(text), hide() }. */
export function makeCard(element, choices, acts, store) {
  let cameFrom = null;

  function show(label, ...content) {
    if (element.hidden) cameFrom = document.activeElement;
    element.setAttribute("aria-label", label);
    element.replaceChildren(closer(acts.close, "关闭卡片"), ...content.filter(Boolean));
    element.hidden = false;
  }

  const fact = (name, value) => (value ? [h("dt", {}, name), h("dd", {}, value)] : []);

  function figures(item) {
    const one = (name, value, tone = "") => h("div", {}, h("span", { class: "muted" }, name), h("strong", { class: `num ${value ? tone : ""}` }, number(value)));
    return h("div", { class: "card-figures" }, one("事件", item.total), one("未办结", item.open), one("超期", item.late, "text-late"), one("高风险", item.high, "text-high"));
  }

  return {
    unit(facts, counts) {
      const drill = facts.level < 15 || facts.code !== store.state.unit;
      const rows = () => `/cases?${filterQuery(store.state, choices.today, { unit: facts.code })}`;
      show(`${facts.name}，${LEVEL_NAMES[facts.level]}`,
        h("div", { class: "card-kind muted" }, LEVEL_NAMES[facts.level], facts.kind === "dedicated" ? " · 专属网格" : "", facts.is_demo ? " · 示例边界" : ""),
        h("h3", {}, facts.name),
        counts ? figures(counts) : null,
        h("dl", { class: "facts" }, fact("常住人口", facts.residents && `${number(facts.residents)} 人`), fact("户数", facts.households && `${number(facts.households)} 户`), fact("代码", facts.code)),
        h("div", { class: "card-actions" },
          drill ? h("button", { type: "button", class: "button button-primary button-small", onclick: () => acts.open(facts.code) }, "下钻", icon("next")) : null,
          choices.may_read_cases ? h("a", { class: "button button-small", href: rows(), onclick: (event) => (event.currentTarget.href = rows()) }, "事件列表") : null));
    },
    case(facts) {
      const risk = choices.risks.find((one) => one.value === (facts.risk ?? "none"));
      const late = choices.lateness.find((one) => one.value === facts.lateness);
      const part = classOfCase("risk", choices, facts);
      show(`事件：${facts.title}`,
        h("div", { class: "card-kind muted num" }, facts.case_code),
        h("h3", {}, facts.title),
        h("div", { class: "card-tags" },
          h("span", { class: "tag tag-brand" }, facts.status_name),
          h("span", { class: `tag ${facts.lateness === "late" ? "tag-bad" : ""}` }, late?.name ?? ""),
          h("span", { class: "tag" }, h("span", { class: "dot", vars: { tone: part?.color } }), facts.risk ? `${risk.name}风险` : "风险未评估")),
        h("dl", { class: "facts" }, fact("区划", facts.unit_name), fact("地点", facts.address_text), fact("类别", `${facts.family_name} · ${facts.category_name}`), fact("上报时间", when(facts.received_at)), fact("办理期限", facts.due_at && when(facts.due_at))),
        facts.lon === null ? h("p", { class: "note" }, icon("pin"), "未定位：登记时没有位置，不在图上显示。") : null,
        h("div", { class: "card-actions" }, h("a", { class: "button button-primary button-small", href: `/cases/${facts.case_code}` }, "打开事件")));
    },
    none: (text) => show("没有找到", h("div", { class: "empty empty-small" }, icon("search"), h("span", {}, text))),
    hide() {
      if (element.hidden) return;
      const inside = element.contains(document.activeElement);
      element.hidden = true;
      if (inside && cameFrom?.isConnected) cameFrom.focus();
    },
  };
}
