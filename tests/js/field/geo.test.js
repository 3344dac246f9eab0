import assert from "node:assert/strict";
import { test } from "node:test";
import { distance } from "../../../gridmap/static/js/maps/geodesy.js";
import { aged, boundsOf, holds, lengthText, metres, placeIn, toBorder } from "../../../gridmap/static/js/field/geo.js";
import { walkingOrder } from "../../../gridmap/static/js/field/walk.js";

const square = (west, south, side = 0.01) => ({
  type: "MultiPolygon",
  coordinates: [[[[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]]],
});
const A = { code: "a", name: "甲", geom: square(125, 43) };
const B = { code: "b", name: "乙", geom: square(125.01, 43) };
const HOLE = { type: "Polygon", coordinates: [square(125, 43).coordinates[0][0], square(125.004, 43.004, 0.002).coordinates[0][0]] };

test("a length on the plane is within a per cent of the ellipsoid's", () => {
  for (const [from, to] of [[[125.32, 43.88], [125.33, 43.89]], [[110, 18.2], [110.02, 18.21]], [[122, 53], [122.01, 53.02]]]) {
    assert.ok(Math.abs(metres(from, to) / distance(from, to) - 1) < 0.01);
  }
});

test("a hole is outside", () => {
  assert.equal(holds(HOLE, [125.001, 43.001]), true);
  assert.equal(holds(HOLE, [125.005, 43.005]), false);
  assert.equal(holds(HOLE, [124.999, 43.005]), false);
});

test("the way to a border is that to its nearest edge, inside and outside", () => {
  const expected = distance([125.0095, 43.005], [125.01, 43.005]);
  assert.ok(Math.abs(toBorder(A.geom, [125.0095, 43.005]) - expected) < 0.5);
  assert.ok(Math.abs(toBorder(B.geom, [125.0095, 43.005]) - expected) < 0.5);
});

test("near a border, the other side is told only within the accuracy", () => {
  const point = [125.0095, 43.005]; // some 41 m from the border
  assert.deepEqual(placeIn([A, B], point, 100), { inside: A, near: [B] });
  assert.deepEqual(placeIn([A, B], point, 20), { inside: A, near: [] });
  assert.deepEqual(placeIn([A, B], [126, 43], 20), { inside: null, near: [] });
  assert.deepEqual(placeIn([A, B], point, null), { inside: A, near: [] });
});

test("bounds hold all outlines", () => {
  assert.deepEqual(boundsOf([A.geom, B.geom]).map((x) => Number(x.toFixed(6))), [125, 43, 125.02, 43.01]);
  assert.equal(boundsOf([]), null);
});

test("lengths as people read them", () => {
  assert.deepEqual([3.4, 999, 1240].map(lengthText), ["3 米", "999 米", "1.2 公里"]);
});

test("the walk goes to the nearest first and does not cross itself", () => {
  const at = (x, y, name) => ({ name, at: [125 + x / 1000, 43 + y / 1000] });
  const places = [at(3, 0, "d"), at(1, 0, "b"), at(2, 0, "c"), at(0, 0, "a")];
  assert.deepEqual(walkingOrder(places, [124.999, 43]).map(({ name }) => name), ["a", "b", "c", "d"]);
  const crossed = [at(0, 0, "1"), at(10, 10, "2"), at(10, 0, "3"), at(0, 10, "4")];
  const route = walkingOrder(crossed, [125, 43]).map(({ at: place }) => place);
  const walked = route.slice(1).reduce((sum, place, i) => sum + metres(route[i], place), 0);
  const straight = metres(crossed[0].at, crossed[2].at) * 2 + metres(crossed[0].at, crossed[3].at);
  assert.ok(walked <= straight + 1);
});

test("places without a position come last, in their order, and none is lost", () => {
  const places = [{ name: "x", at: null }, { name: "y", at: [125, 43] }, { name: "z", at: null }];
  assert.deepEqual(walkingOrder(places, null).map(({ name }) => name), ["y", "x", "z"]);
  assert.deepEqual(walkingOrder([{ name: "x", at: null }], [125, 43]).map(({ name }) => name), ["x"]);
});

test("a fix of a while ago is less exact, and in time says nothing", () => {
  const fix = { accuracy: 10, at: 0 };
  assert.equal(aged(null, 0), null);
  assert.deepEqual(aged(fix, 60_000), fix);
  assert.deepEqual(aged(fix, 180_000), { ...fix, accuracy: 262, late_s: 180 });
  assert.equal(aged(fix, 901_000), null);
});
