// What colours mean on the map: one table for points, clusters, legend, lists and print.
import { ENDED_STATUSES } from "./state.js";
import { token } from "./style.js";

// States in four stages, in the order of a case's course; eleven colours could not be told apart.
export const STAGES = [
  { key: "new", name: "待派单", statuses: ["received", "registered", "assessed"], token: "family-3" },
  { key: "doing", name: "办理中", statuses: ["dispatched", "accepted", "handling"], token: "on-time" },
  { key: "check", name: "待回访结案", statuses: ["reported", "verified", "revisited"], token: "family-2" },
  { key: "ended", name: "已办结", statuses: ENDED_STATUSES, token: "ended" },
];

const LATENESS = { late: "late", due_soon: "due-soon", on_time: "on-time", no_limit: "family-4", ended: "ended" };
const RISK = { high: "risk-high", medium: "risk-medium", low: "risk-low", none: "risk-none" };
export const COLOR_NAMES = { family: "类别", status: "状态", risk: "风险", lateness: "期限" };

/**
 * Return the classes of a way of colouring: [{ key, name, color, values }], in legend order. `values` are the values of the
 * point's property that fall into the class.
 */
export function classes(way, choices) {
  if (way === "family") {
    return choices.families.map(({ value, name }) => ({ key: value, name, color: token(`family-${value}`), values: [value] }));
  }
  if (way === "status") return STAGES.map((s) => ({ key: s.key, name: s.name, color: token(s.token), values: s.statuses }));
  const [listed, tokens] = way === "risk" ? [choices.risks, RISK] : [choices.lateness, LATENESS];
  const order = Object.keys(tokens);
  return [...listed]
    .sort((a, b) => order.indexOf(a.value) - order.indexOf(b.value))
    .map(({ value, name }) => ({ key: value, name: way === "risk" && value !== "none" ? `${name}风险` : name, color: token(tokens[value]), values: [value] }));
}

/** Return the class of one case (an item of a list, the properties of a point). */
export function classOfCase(way, choices, item) {
  const value = String(item[way] ?? "none");
  return classes(way, choices).find((one) => one.values.includes(value));
}
