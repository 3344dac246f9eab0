// 点位: which are near, where the person has been today, and whether the phone may say that it is there. Pure.
import { metres } from "./geo.js";

const DAY = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai" });
const dayOf = (time) => DAY.format(new Date(time));

/** Numbers of the points where the person was today: what the server knows, and what is in the queue. */
export function beenToday(points, items, now) {
  const today = dayOf(now);
  const queued = items.filter(({ kind, state, made_at: at }) => kind === "check_in" && state !== "attention" && dayOf(at) === today);
  return new Set([
    ...points.filter(({ last_at: at }) => at && dayOf(at) === today).map(({ id }) => id),
    ...queued.map(({ body, result }) => result?.point ?? body.point).filter(Boolean),
  ]);
}

/**
 * How far a plan has come with what waits in the queue: { done, needed, left, missing }: points still to pass (with their
 * numbers) or hundredths of the ground still to walk; `over` when its period has ended and the phone has not heard of the next one.
 */
export function planNow(plan, items, now) {
  const over = dayOf(now) > plan.to_on;
  if (plan.aim === "area") return { done: plan.done, needed: plan.needed, left: Math.max(0, plan.needed - plan.done), missing: [], over };
  const queued = new Set(items.filter(({ kind, state, made_at: at }) => kind === "check_in" && state !== "attention" && dayOf(at) >= plan.from_on && dayOf(at) <= plan.to_on).map(({ body, result }) => result?.point ?? body.point));
  const missing = plan.left.filter((id) => !queued.has(id));
  return { done: plan.points.length - missing.length, needed: plan.points.length, left: missing.length, missing, over };
}

/** Points with their distance in metres (null without a position), nearest first; those still to pass come first. */
export function inOrder(points, been, fix) {
  const told = points.map((point) => ({ point, been: been.has(point.id), distance: fix ? metres([fix.lon, fix.lat], [point.lon, point.lat]) : null }));
  return told.sort((a, b) => a.been - b.been || (a.distance ?? 0) - (b.distance ?? 0) || a.point.id - b.point.id);
}

/** Why the phone cannot say that it is at a point, in words; "" when it can. `most`: metres of error that a fix may have. */
export function refusal(point, fix, most) {
  if (!fix) return "还没有定位，请稍候或扫码打卡。";
  if (fix.accuracy > most) return `定位误差约 ${Math.round(fix.accuracy)} 米，请到开阔处再试，或扫码打卡。`;
  const distance = metres([fix.lon, fix.lat], [point.lon, point.lat]);
  return distance - fix.accuracy > point.radius_m ? `距“${point.name}”约 ${Math.round(distance)} 米，请走近后再打卡。` : "";
}
