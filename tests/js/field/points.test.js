import assert from "node:assert/strict";
import { test } from "node:test";
import { beenToday, inOrder, refusal } from "../../../gridmap/static/js/field/points.js";

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
