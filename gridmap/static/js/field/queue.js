// Which items go next, in which order, and what an answer does to them. Pure: no storage, no network, no clock.
// An item: { seq, id, kind, object, state, tries, next_at, … }; times in milliseconds.

export const STATES = { waiting: "待发送", sending: "正在发送", sent: "已送达", attention: "需要处理" };
export const FAULTS = {
  offline: "没有网络，恢复后自动发送",
  server: "服务器暂时出错，稍后自动重试",
  signin: "登录已过期，请重新登录后继续发送",
  other: "现在登录的是另一个账号，请换回本机的账号",
  refused: "服务器没有接受这次发送，请联系管理员",
};
const FIRST_MS = 5_000;
const MOST_MS = 300_000;

const LOOSE = ["points", "note", "check_in"];

/** What holds up nothing behind it: a stretch of track, a note, a check-in that was refused. */
const isPassed = ({ state, kind }) => state === "sent" || (state === "attention" && LOOSE.includes(kind));

/**
 * Items that may be sent now, oldest first and in the order of their object: nothing overtakes what waits before it.
 * `tried`: numbers (seq) of those that had their turn.
 */
export function ready(items, now, most, tried = new Set()) {
  const stopped = new Set();
  const chosen = [];
  for (const item of [...items].sort((a, b) => a.seq - b.seq)) {
    if (isPassed(item)) continue;
    const due = item.state === "waiting" && item.next_at <= now && !tried.has(item.seq);
    if (due && !stopped.has(item.object) && chosen.length < most) chosen.push(item);
    else stopped.add(item.object);
  }
  return chosen;
}

/** When something can be sent next without the person doing anything; null when nothing waits. What waits behind another does not count. */
export function nextAt(items) {
  const first = new Map();
  for (const item of [...items].sort((a, b) => a.seq - b.seq)) {
    if (!isPassed(item) && !first.has(item.object)) first.set(item.object, item);
  }
  const times = [...first.values()].filter(({ state }) => state === "waiting").map((item) => item.next_at);
  return times.length ? Math.min(...times) : null;
}

/** How long to wait after `tries` attempts in a row that failed; `chance` (0 to 1) spreads phones apart by a fifth. */
export function delay(tries, chance) {
  return Math.round(Math.min(MOST_MS, FIRST_MS * 2 ** Math.max(0, tries - 1)) * (0.8 + 0.4 * chance));
}

/** What of an item changes by the server's verdict on it. A held item is sent again later: the same number, so never twice. */
export function byVerdict(item, verdict, now, chance) {
  const words = verdict.words ?? "";
  if (verdict.verdict === "accepted") return { state: "sent", sent_at: now, tries: 0, words, result: verdict.result ?? {} };
  if (verdict.verdict === "held") return { state: "waiting", tries: item.tries + 1, next_at: now + delay(item.tries + 1, chance), words };
  if (verdict.verdict === "conflict") return { state: "attention", words, conflict: verdict };
  return { state: "attention", words: words || FAULTS.refused, field: verdict.field ?? null, extra: verdict.extra ?? null };
}

/** What of an item changes when no verdict came. */
export function byFault(item, now, chance) {
  return { state: "waiting", tries: item.tries + 1, next_at: now + delay(item.tries + 1, chance) };
}

/** Whether the worker has done on the phone what a task of the package asks: the same task due again, later, is not done. */
export const isFilledIn = ({ case_code: code, version }, items) =>
  items.some(({ kind, state, base, body }) => kind === "step" && state !== "attention" && body.case_code === code && base === version);

/** What the person is told of: a track goes by itself, unless it needs them. */
export const isShown = ({ kind, state }) => kind !== "points" || state === "attention";

/** How many items that the person is told of are in each state; `unsent` is all that is not on the server. */
export function tally(items) {
  const counts = { waiting: 0, sending: 0, sent: 0, attention: 0 };
  for (const item of items.filter(isShown)) counts[item.state] += 1;
  return { ...counts, unsent: counts.waiting + counts.sending + counts.attention };
}

/**
 * What goes with an item that the person gives up: without a 上岗 there is nothing to hang its track on, so all of that duty.
 * Returns { gone, moved }: items to remove, and [item, changes] of those that waited for it and now wait for what came before.
 */
export function givenUp(items, item) {
  const gone = item.kind === "duty_on" ? items.filter(({ object, state }) => object === item.id && state !== "sent") : [item];
  const moved = items.filter((one) => one.after === item.id && one.state !== "sent" && !gone.includes(one));
  return { gone, moved: moved.map((one) => [one, { after: item.after ?? null }]) };
}

/** Which fault an answer (or no answer: null) is: offline, server, signin or refused; "" for a fine one. */
export function faultOf(status, type = "") {
  if (status === null) return "offline";
  if (status === 401) return "signin";
  if (type === "csrf" || status === 408 || status === 425 || status === 429 || status >= 500) return "server";
  return status >= 400 ? "refused" : "";
}
