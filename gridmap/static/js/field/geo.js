// Where a point is among the grids that the phone carries. Pure. Points are [lon, lat] in WGS-84 degrees, outlines GeoJSON.

const RAD = Math.PI / 180;
const LAT_M = 111_195; // metres of a degree of latitude on the mean sphere; within 0.6 % anywhere

/** Metres east and north of `from` to `to`, on the plane that touches at `from`: right to a per cent within some kilometres. */
export function offset(from, to) {
  return [(to[0] - from[0]) * LAT_M * Math.cos(from[1] * RAD), (to[1] - from[1]) * LAT_M];
}

export const metres = (a, b) => Math.hypot(...offset(a, b));

const ringsOf = (geometry) => (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates).flat();

/** Whether a polygon or multipolygon holds a point (even–odd over all its rings). */
export function holds(geometry, [x, y]) {
  let inside = false;
  for (const ring of ringsOf(geometry)) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [[xi, yi], [xj, yj]] = [ring[i], ring[j]];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
  }
  return inside;
}

/** Metres from a point to the nearest border of an outline. */
export function toBorder(geometry, point) {
  let nearest = Infinity;
  for (const ring of ringsOf(geometry)) {
    for (let i = 1; i < ring.length; i += 1) {
      const [ax, ay] = offset(point, ring[i - 1]);
      const [bx, by] = offset(point, ring[i]);
      const length2 = (bx - ax) ** 2 + (by - ay) ** 2;
      const t = length2 ? Math.max(0, Math.min(1, -(ax * (bx - ax) + ay * (by - ay)) / length2)) : 0;
      nearest = Math.min(nearest, Math.hypot(ax + t * (bx - ax), ay + t * (by - ay)));
    }
  }
  return nearest;
}

/**
 * Which grid a point is in, and which others it may be in within its accuracy: { inside, near }, grids as they were given.
 * Nothing is near when the point cannot be on the other side.
 */
export function placeIn(grids, point, accuracyM) {
  const inside = grids.find((grid) => holds(grid.geom, point)) ?? null;
  const reach = accuracyM ?? 0;
  const near = grids.filter((grid) => grid !== inside && toBorder(grid.geom, point) <= reach);
  return { inside, near };
}

const FRESH_S = 60;
const WALK_M_S = 1.4;
const OLD_S = 900;

/**
 * A fix ({ accuracy, at: milliseconds, … }) as it holds `now`: who walked on since may be that much farther off. `late_s` says how old
 * it is when it is not fresh; null when it is too old to say anything.
 */
export function aged(fix, now) {
  if (!fix) return null;
  const age = Math.round((now - fix.at) / 1000);
  if (age <= FRESH_S) return fix;
  return age > OLD_S ? null : { ...fix, accuracy: Math.round(fix.accuracy + WALK_M_S * age), late_s: age };
}

/** West, south, east, north of outlines; null for none. */
export function boundsOf(geometries) {
  const points = geometries.flatMap((geometry) => ringsOf(geometry).flat());
  if (!points.length) return null;
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return [xs, ys].map((all) => all.reduce((a, b) => Math.min(a, b))).concat([xs, ys].map((all) => all.reduce((a, b) => Math.max(a, b))));
}

/** A length for people: 35 米, 1.2 公里. */
export const lengthText = (m) => (m < 1000 ? `${Math.round(m)} 米` : `${(m / 1000).toFixed(1)} 公里`);
