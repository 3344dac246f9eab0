// Expected values: PROJ's geodesics on the WGS-84 ellipsoid (pyproj.Geod), which use Karney's algorithm.
import assert from "node:assert/strict";
import { test } from "node:test";
import { area, areaText, distance, length, lengthText } from "../../../gridmap/static/js/maps/geodesy.js";

const near = (value, expected, share) => assert.ok(Math.abs(value - expected) <= expected * share, `${value} is not ${expected}`);

test("lengths are those of the ellipsoid, to a millimetre", () => {
  const known = [
    [[125.3, 43.8], [125.32, 43.82], 2743.661187],
    [[100.2, 38.7], [116.4, 39.9], 1401794.841462],
    [[125.3, 0], [125.3, 1], 110574.388558],
    [[0, 0], [1, 0], 111319.490793],
  ];
  for (const [a, b, metres] of known) assert.ok(Math.abs(distance(a, b) - metres) < 1e-3, `${distance(a, b)} ${metres}`);
  assert.equal(distance([125.3, 43.8], [125.3, 43.8]), 0);
});

test("a line is as long as its parts; order does not matter", () => {
  const line = [[125.3, 43.8], [125.32, 43.82], [125.3, 43.8]];
  near(length(line), 2 * 2743.661187, 1e-8);
  assert.equal(length([[1, 1]]), 0);
});

test("areas are those of the ellipsoid, whichever way round the ring goes", () => {
  const grid = [[125.3, 43.8], [125.32, 43.8], [125.32, 43.82], [125.3, 43.82]];
  near(area(grid), 3575992.731, 1e-6);
  near(area(grid), area([...grid].reverse()), 1e-9);
  near(area([[100, 38], [101, 38.2], [100.6, 39]]), 4279823386.19, 1e-5);
  assert.equal(area(grid.slice(0, 2)), 0);
});

test("people read metres, kilometres, hectares", () => {
  assert.deepEqual([3.26, 320.4, 1240, 123456].map(lengthText), ["3.3 米", "320 米", "1.24 千米", "123 千米"]);
  assert.deepEqual([850, 32000, 12_500_000].map(areaText), ["850 平方米", "3.20 公顷", "12.50 平方千米"]);
});
