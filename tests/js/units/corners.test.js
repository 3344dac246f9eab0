import assert from "node:assert/strict";
import { test } from "node:test";
import { distance } from "../../../gridmap/static/js/maps/geodesy.js";
import { inserted, moved, numbered, removed, sharedLine, stepped } from "../../../gridmap/static/js/units/corners.js";

const RING = { closed: true, corners: [[0, 0], [2, 0], [2, 2], [0, 2]] };
const LINE = { closed: false, corners: [[0, 0], [1, 0], [3, 0]] };

test("a corner moves by the metres that were stated", () => {
  for (const corner of [[125.3, 43.8], [109.1, 23.7], [111.6, 0]]) {
    for (const [east, north] of [[1, 0], [0, 1], [-20, 0], [0, -100], [0.1, 0]]) {
      const far = distance(corner, moved(corner, east, north));
      assert.ok(Math.abs(far - Math.hypot(east, north)) < 2e-4 + Math.hypot(east, north) * 1e-5, `${far}`);
    }
  }
  assert.ok(moved([125, 43], 1, 0)[0] > 125 && moved([125, 43], 0, 1)[1] > 43);
});

test("corners are walked round and from one path to the next", () => {
  const paths = [RING, { closed: true, corners: [[5, 5], [6, 5], [6, 6]] }];
  assert.deepEqual(stepped(paths, { path: 0, at: 3 }, 1), { path: 1, at: 0 });
  assert.deepEqual(stepped(paths, { path: 1, at: 2 }, 1), { path: 0, at: 0 });
  assert.deepEqual(stepped(paths, { path: 0, at: 0 }, -1), { path: 1, at: 2 });
  assert.deepEqual(numbered(paths, { path: 1, at: 0 }), { number: 5, total: 7 });
});

test("a corner is added halfway and removed while enough are left", () => {
  assert.deepEqual(inserted(RING, 3), { at: 4, corners: [...RING.corners, [0, 1]] });
  assert.deepEqual(inserted(LINE, 2), { at: 2, corners: [[0, 0], [1, 0], [2, 0], [3, 0]] });
  assert.deepEqual(removed(RING, 1), [[0, 0], [2, 2], [0, 2]]);
  assert.equal(removed({ closed: true, corners: [[0, 0], [1, 0], [1, 1]] }, 0), null);
  assert.equal(removed({ closed: false, corners: [[0, 0], [1, 0]] }, 0), null);
});

test("the border that two outlines share is found whole, wherever their rings begin", () => {
  const square = (west, ...extra) => ({ type: "Polygon", coordinates: [[...extra]] });
  const left = [[0, 0], [2, 0], [2, 1], [2, 2], [0, 2]];
  const right = square(2, [4, 0], [4, 2], [2, 2], [2, 1], [2, 0], [4, 0]);
  for (let turn = 0; turn < left.length; turn += 1) {
    const ring = [...left.slice(turn), ...left.slice(0, turn)];
    const line = sharedLine({ type: "Polygon", coordinates: [[...ring, ring[0]]] }, right);
    assert.deepEqual(line, [[2, 0], [2, 1], [2, 2]]);
  }
  assert.equal(sharedLine(right, square(9, [9, 0], [9, 1], [8, 1], [9, 0])), null);
});
