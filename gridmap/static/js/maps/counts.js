// Numbers by unit from /counts.json: the unit itself, the units below it, and the units that are shaded.
import { getJson } from "./api.js";
import { filterQuery } from "./state.js";

const NEXT = { 0: 2, 2: 4, 4: 6, 6: 9, 9: 12, 12: 15 };
const SUMMED = ["total", "open", "late", "high", "medium", "low"];
const code15 = (code) => String(code).padStart(15, "0");

function sums(items) {
  return Object.fromEntries(SUMMED.map((name) => [name, items.reduce((sum, item) => sum + item[name], 0)]));
}

/**
 * Make `ask(unit, shadeLevel, quiet)`: resolves to { own, below, shaded } — items have unit_code (15-digit text), name, total,
 * open, late, high, medium, low, has_outline; `own` has `unlocated` too — or to null when a newer question came.
 */
export function makeCounts(choices, store) {
  // Somebody with posts in several places: each place is asked for, and the answers are put together.
  async function ofUnion(unit, level, slot, quiet) {
    const answers = await Promise.all(unit.children.map((child, i) => items(child, Math.max(level, child.level), `${slot}-${i}`, quiet)));
    if (answers.includes(null)) return null;
    const add = (name) => answers.reduce((sum, answer) => sum + answer[name], 0);
    return { items: answers.flatMap((answer) => answer.items), total: add("total"), unlocated: add("unlocated") };
  }

  async function items(unit, level, slot, quiet) {
    if (unit.is_union) return ofUnion(unit, level, slot, quiet);
    const address = `/counts.json?${filterQuery(store.state, choices.today, { unit: unit.code, level })}`;
    const answer = await getJson(address, { slot, quiet });
    return answer && { ...answer, items: answer.items.map((item) => ({ ...item, unit_code: code15(item.unit_code) })) };
  }

  return async function ask(unit, shadeLevel, quiet = false) {
    const nextLevel = unit.is_union ? 0 : unit.children[0]?.level ?? NEXT[unit.level] ?? 15;
    const levels = [...new Set([unit.level || nextLevel, nextLevel, shadeLevel])];
    const answers = await Promise.all(levels.map((level) => items(unit, level, `counts-${levels.indexOf(level)}`, quiet)));
    if (answers.includes(null)) return null;
    const at = (level) => answers[levels.indexOf(level)];
    const children = new Set(unit.children.map((child) => child.code));
    const first = at(unit.level || nextLevel);
    const own = { ...sums(first.items), total: first.total, unlocated: first.unlocated };
    const below = unit.level === 15 ? [] : at(nextLevel).items.filter((item) => children.has(item.unit_code));
    return { own, below, shaded: at(shadeLevel).items };
  };
}
