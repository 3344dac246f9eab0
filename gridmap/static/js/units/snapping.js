// Where a dragged vertex sticks: corners first, then edges, of outlines that are not the edited one's own.
// Coordinates are WGS-84 degrees, longitude before latitude; distances are pixels on the screen.
export const REACH_PX = 12;

function ringsOf(geometry) {
  return geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat();
}

const key = ([lon, lat]) => `${lon.toFixed(9)},${lat.toFixed(9)}`;

/**
 * Return the edges to stick to: those of `others` without the stretches they share with `own`, so that a shared corner can be
 * moved by less than the reach without jumping back.
 */
export function targetsOf(own, others) {
  const mine = new Set(own.flatMap(ringsOf).flatMap((ring) => ring.map(key)));
  const edges = [];
  for (const ring of others.flatMap(ringsOf)) {
    for (let place = 1; place < ring.length; place += 1) {
      const [start, end] = [ring[place - 1], ring[place]];
      if (mine.has(key(start)) && mine.has(key(end))) continue;
      edges.push({ start, end, corners: [start, end].filter((corner) => !mine.has(key(corner))) });
    }
  }
  return edges;
}

/** Return the coordinate to stick to near (x, y) pixels, or undefined. `project(lon, lat)` gives pixels, `unproject(x, y)` degrees. */
export function stick({ x, y }, edges, bounds, project, unproject) {
  let corner = null;
  let edge = null;
  for (const { start, end, corners } of edges) {
    if (!near(start, end, bounds)) continue;
    for (const one of corners) {
      const at = project(one[0], one[1]);
      const gap = Math.hypot(at.x - x, at.y - y);
      if (gap <= REACH_PX && (!corner || gap < corner.gap)) corner = { gap, point: one };
    }
    const [a, b] = [project(start[0], start[1]), project(end[0], end[1])];
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const along = Math.max(0, Math.min(1, ((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy || 1)));
    const foot = { x: a.x + along * dx, y: a.y + along * dy };
    const gap = Math.hypot(foot.x - x, foot.y - y);
    if (gap <= REACH_PX && (!edge || gap < edge.gap)) edge = { gap, foot };
  }
  if (corner) return corner.point;
  if (!edge) return undefined;
  const { lng, lat } = unproject(edge.foot.x, edge.foot.y);
  return [lng, lat];
}

function near([x1, y1], [x2, y2], [west, south, east, north]) {
  return Math.max(x1, x2) >= west && Math.min(x1, x2) <= east && Math.max(y1, y2) >= south && Math.min(y1, y2) <= north;
}
