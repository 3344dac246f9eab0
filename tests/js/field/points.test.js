import assert from "node:assert/strict";
import { test } from "node:test";
import { beenToday, inOrder, planNow, refusal } from "../../../gridmap/static/js/field/points.js";

const NOON = Date.parse("2026-11-23T04:00:00Z"); // in China
const METRE = 1 / 80_400;
const point = (id, east, more = {}) => ({ id, name: `点位${id}`, lon: 125.3 + east * METRE, lat: 43.8, radius_m: 50, last_at: null, ...more });
const fix = (east, accuracy = 10) => ({ lon: 125.3 + east * METRE, lat: 43.8, accuracy });

test("today is a day in China: what the server knows, and what is in the queue but not refused", () => {
  const points = [point(1, 0, { last_at: "2026-11-22T16:30:00+00:00" }), point(2, 0, { last_at: "2026-11-22T15:30:00+00:00" }), point(3, 0), point(4, 0), point(5, 0)];
  const items = [
    { kind: "check_in", state: "waiting", made_at: NOON, body: { point: 3 } },
    { kind: "check_in", state: "attention", made_at: NOON, body: { point: 4 } },
    { kind: "check_in", state: "sent", made_at: NOON, body: { point: null, code: "X" }, result: { point: 5 } },
  ];
  assert.deepEqual([...beenToday(points, items, NOON)].sort(), [1, 3, 5]);
});

test("what is left to pass comes first, the nearest before the others", () => {
  const order = inOrder([point(1, 10), point(2, 300), point(3, 100)], new Set([1]), fix(0));
  assert.deepEqual(order.map(({ point: { id } }) => id), [3, 2, 1]);
  assert.deepEqual(order.map(({ distance }) => Math.round(distance / 10)), [10, 30, 1]);
  assert.equal(inOrder([point(1, 0)], new Set(), null)[0].distance, null);
});

test("a phone is at a point when its circle of error reaches the point's own", () => {
  assert.equal(refusal(point(1, 55), fix(0, 10), 100), "");
  assert.match(refusal(point(1, 400), fix(0, 10), 100), /约 \d+ 米/);
  assert.match(refusal(point(1, 0), fix(0, 150), 100), /误差约 150 米/);
  assert.match(refusal(point(1, 0), null, 100), /还没有定位/);
});

test("a plan counts what waits in the queue, within its period, and says when the period is over", () => {
  const plan = { aim: "points", from_on: "2026-11-23", to_on: "2026-11-24", points: [1, 2, 3], left: [2, 3], done: 1, needed: 3 };
  const items = [
    { kind: "check_in", state: "waiting", made_at: NOON, body: { point: 2 } },
    { kind: "check_in", state: "attention", made_at: NOON, body: { point: 3 } },
    { kind: "check_in", state: "waiting", made_at: NOON - 86_400_000, body: { point: 3 } },
  ];
  assert.deepEqual(planNow(plan, items, NOON), { done: 2, needed: 3, left: 1, missing: [3], over: false });
  assert.equal(planNow(plan, [], NOON + 2 * 86_400_000).over, true);
  const area = { aim: "area", from_on: "2026-11-23", to_on: "2026-11-29", done: 43, needed: 80 };
  assert.deepEqual(planNow(area, items, NOON), { done: 43, needed: 80, left: 37, missing: [], over: false });
});
