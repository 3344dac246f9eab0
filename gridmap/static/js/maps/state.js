// The state of the map page as a value, and its one written form: the query string. Pure: no page, no clock, no network.

export const DEFAULTS = Object.freeze({
  unit: "", // 15 digits; empty: the person's own area
  period: "1y", // 7d, 30d, 1y, custom (then from/to, either may be empty)
  from: "",
  to: "",
  family: [],
  status: [],
  risk: [],
  lateness: [],
  layers: ["borders", "cases"], // and heat, cover, points, duty
  days: "7", // of coverage and points: the last so many, 1 to 90
  shade: "count", // count, risk, none
  color: "family", // family, status, risk, lateness
  base: "", // id of a base map, "none", or empty: the first configured
  list: "unit", // cases listed: the whole unit, or what is in view
  tab: "units", // side panel: units below, or cases
  sel: "", // case:<code> or unit:<code>
  at: null, // [lon, lat, zoom]; null: the whole unit
});

const CHOICES = {
  period: ["7d", "30d", "1y", "custom"],
  shade: ["count", "risk", "none"],
  color: ["family", "status", "risk", "lateness"],
  list: ["unit", "view"],
  tab: ["units", "cases"],
};
const LISTS = ["family", "status", "risk", "lateness"];
export const LAYERS = ["borders", "cases", "heat", "cover", "points", "duty"];
const WORD = /^[a-z0-9_]{1,24}$/i;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const SELECTED = /^(case:\d{6}-\d{4}-\d{7}|unit:\d{15})$/;

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function parsePlace(text) {
  const numbers = (text ?? "").split(",").map(Number);
  if (!text || numbers.length !== 3 || numbers.some((n) => !Number.isFinite(n))) return null;
  const [lon, lat, zoom] = numbers;
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 85 && zoom >= 0 && zoom <= 24 ? numbers : null;
}

/** Return the state that a query string says; what it does not say, or says wrongly, is as in DEFAULTS. */
export function parseState(search) {
  const given = new URLSearchParams(search);
  const state = structuredClone(DEFAULTS);
  for (const [name, allowed] of Object.entries(CHOICES)) {
    if (allowed.includes(given.get(name))) state[name] = given.get(name);
  }
  for (const name of LISTS) {
    state[name] = [...new Set((given.get(name) ?? "").split(","))].filter((word) => WORD.test(word)).sort();
  }
  if (given.has("layers")) state.layers = LAYERS.filter((name) => given.get("layers").split(",").includes(name));
  if (/^([1-9]|[1-8]\d|90)$/.test(given.get("days") ?? "")) state.days = given.get("days");
  if (/^\d{15}$/.test(given.get("unit") ?? "")) state.unit = given.get("unit");
  if (SELECTED.test(given.get("sel") ?? "")) state.sel = given.get("sel");
  if (WORD.test(given.get("base") ?? "")) state.base = given.get("base");
  for (const name of ["from", "to"]) if (DAY.test(given.get(name) ?? "")) state[name] = given.get(name);
  if ((state.from || state.to) && !given.has("period")) state.period = "custom";
  if (state.period !== "custom") state.from = state.to = "";
  state.at = parsePlace(given.get("at"));
  return state;
}

/** Return the query string of a state (no question mark); only what differs from DEFAULTS is said. */
export function writeState(state) {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    if (!(name in DEFAULTS) || same(value, DEFAULTS[name])) continue;
    if (name === "at") said.set(name, `${value[0].toFixed(5)},${value[1].toFixed(5)},${value[2].toFixed(2)}`);
    else said.set(name, Array.isArray(value) ? value.join(",") : value);
  }
  return said.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}

const CHINA_MS = 8 * 3_600_000; // Asia/Shanghai is 8 h ahead of UTC all year

/** Return the civil day (ISO) in Asia/Shanghai at an instant in ms since 1970. */
export const chinaDay = (at_ms) => new Date(at_ms + CHINA_MS).toISOString().slice(0, 10);

const PERIOD_DAYS = { "7d": 7, "30d": 30, "1y": 365 };

/** Return [first day, last day] (ISO, inclusive, either may be empty) of a state's period, seen from `today`. */
export function periodDays(state, today) {
  if (state.period === "custom") return [state.from, state.to];
  const first = new Date(`${today}T00:00:00Z`);
  first.setUTCDate(first.getUTCDate() - PERIOD_DAYS[state.period] + 1);
  return [first.toISOString().slice(0, 10), ""];
}

/**
 * Return the query parameters of the state's case filter, as the list, the tiles and the counts all take them.
 * `unit` "000000000000000" (all of one's areas) is said by leaving it out.
 */
export function filterQuery(state, today, { unit = state.unit, ...more } = {}) {
  const said = new URLSearchParams();
  if (unit && Number(unit)) said.set("unit", unit);
  for (const name of LISTS) if (state[name].length) said.set(name, state[name].join(","));
  const [from, to] = periodDays(state, today);
  if (from) said.set("from", from);
  if (to) said.set("to", to);
  for (const [name, value] of Object.entries(more)) {
    if (value !== "" && value !== null && value !== undefined) said.set(name, value);
    else said.delete(name);
  }
  said.sort();
  return said.toString().replaceAll("%2C", ",");
}

export const OPEN_STATUSES = ["received", "registered", "assessed", "dispatched", "accepted", "handling", "reported", "verified", "revisited"];
export const ENDED_STATUSES = ["closed", "archived", "declined", "joined"];

/** Return the status parameter of "of these, the open ones"; `null` when the filter leaves none. */
export function openStatus(chosen) {
  const wide = chosen.flatMap((one) => (one === "open" ? OPEN_STATUSES : one === "ended" ? ENDED_STATUSES : [one]));
  if (!wide.length) return "open";
  const open = OPEN_STATUSES.filter((one) => wide.includes(one));
  return open.length ? (open.length === OPEN_STATUSES.length ? "open" : open.join(",")) : null;
}

const LEVELS = [2, 4, 6, 9, 12, 15];

/** Return the deepest level (digits) that tiles hold at `zoom`; `levels` is the server's table [{ level, minzoom }]. */
export function drawnAt(zoom, levels) {
  return Math.max(...levels.filter(({ minzoom }) => zoom >= minzoom).map(({ level }) => level));
}

/**
 * Return the level (digits) whose units are shaded and clicked at `zoom` within a unit of `unitLevel` (0: everything): the
 * deepest that tiles hold there, but always one below the unit, however far away it is looked at; a grid shades itself.
 */
export function levelFor(zoom, unitLevel, levels) {
  const next = LEVELS.find((level) => level > unitLevel) ?? 15;
  return Math.max(drawnAt(zoom, levels), next);
}

/**
 * Return up to `steps` ascending lower bounds that part positive counts into classes; class 0 is zero. Few different values
 * are a class each, many are parted into classes of about equal size. All bounds are values that occur.
 */
export function breaks(values, steps = 5) {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  const different = [...new Set(sorted)];
  if (different.length <= steps) return different;
  return [...new Set(Array.from({ length: steps }, (_, i) => sorted[Math.floor((i * sorted.length) / steps)]))];
}

/** Return the class of a value: 0 for zero, else 1… by the bounds of `breaks`. */
export function classOf(value, bounds) {
  return value > 0 ? bounds.filter((bound) => value >= bound).length : 0;
}

/** Return the step of a ramp of five (0 for zero) for class `one` of `count` classes: few classes spread over the whole ramp. */
export function rampStep(one, count) {
  if (one === 0) return 0;
  return count <= 1 ? 3 : 1 + Math.round(((one - 1) * 4) / (count - 1));
}

/** Return how long ago, as people say it: 刚刚, 3 分钟前, 2 小时前. */
export function ageWords(seconds) {
  if (seconds < 60) return "刚刚";
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} 分钟前` : `${Math.floor(minutes / 60)} 小时前`;
}
