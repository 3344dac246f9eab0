// Corners of outlines and lines as plain values: moving one by metres, adding, removing, and the border two outlines share.
// A path is { corners, closed }: corners are [lon, lat] in degrees (WGS-84), a closed path has its first corner once.
export const DIRECTIONS = {
  ArrowUp: { name: "北", east: 0, north: 1 },
  ArrowDown: { name: "南", east: 0, north: -1 },
  ArrowLeft: { name: "西", east: -1, north: 0 },
  ArrowRight: { name: "东", east: 1, north: 0 },
};
const DECIMALS = 9;
const round = (value) => Number(value.toFixed(DECIMALS));

/** Return the lengths in metres of a degree of longitude and latitude at a latitude, on the ellipsoid of WGS-84. */
function degreeM(lat) {
  const phi = (lat * Math.PI) / 180;
  const squared = 0.0066943799901413165;
  const curve = Math.sqrt(1 - squared * Math.sin(phi) ** 2);
  const radius = 6378137;
  return { lon: ((radius / curve) * Math.cos(phi) * Math.PI) / 180, lat: (((radius * (1 - squared)) / curve ** 3) * Math.PI) / 180 };
}

/** Return a corner moved east and north by metres. */
export function moved([lon, lat], eastM, northM) {
  const degree = degreeM(lat);
  return [round(lon + eastM / degree.lon), round(lat + northM / degree.lat)];
}

/** Return where the corner lies that comes `by` places after (path, at), going on to the next path at an end. */
export function stepped(paths, { path, at }, by) {
  const flat = paths.flatMap(({ corners }, place) => corners.map((_, index) => ({ path: place, at: index })));
  const here = flat.findIndex((one) => one.path === path && one.at === at);
  return flat[(Math.max(here, 0) + by + flat.length) % flat.length];
}

/** Return the number of a corner among all, from 1, and how many there are. */
export function numbered(paths, { path, at }) {
  const before = paths.slice(0, path).reduce((sum, one) => sum + one.corners.length, 0);
  return { number: before + at + 1, total: paths.reduce((sum, one) => sum + one.corners.length, 0) };
}

/** Return a path's corners with one more, halfway to the next (at the end of a line: to the one before), and its place. */
export function inserted({ corners, closed }, at) {
  const last = !closed && at === corners.length - 1;
  const [one, two] = last ? [corners[at - 1], corners[at]] : [corners[at], corners[(at + 1) % corners.length]];
  const middle = [round((one[0] + two[0]) / 2), round((one[1] + two[1]) / 2)];
  const place = last ? at : at + 1;
  return { corners: corners.toSpliced(place, 0, middle), at: place };
}

/** Return a path's corners without one, or null where too few would be left (three of a ring, two of a line). */
export function removed({ corners, closed }, at) {
  return corners.length <= (closed ? 3 : 2) ? null : corners.toSpliced(at, 1);
}

const key = ([lon, lat]) => `${lon.toFixed(DECIMALS)},${lat.toFixed(DECIMALS)}`;
const ringsOf = (geometry) => (geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat());

function sides(geometry) {
  return ringsOf(geometry).flatMap((ring) => ring.slice(1).map((end, place) => [ring[place], end]));
}

/** Return the longest line of corners along which two outlines (GeoJSON geometry) run together, or null. */
export function sharedLine(own, other) {
  const theirs = new Set(sides(other).flatMap(([a, b]) => [`${key(a)} ${key(b)}`, `${key(b)} ${key(a)}`]));
  const lines = [];
  for (const ring of ringsOf(own)) {
    const shared = ring.slice(1).map((end, place) => theirs.has(`${key(ring[place])} ${key(end)}`));
    const first = shared.indexOf(false); // a ring is entered where the two part, so that no line is cut in half
    if (first < 0) continue;
    let line = [];
    for (let step = 1; step <= shared.length; step += 1) {
      const place = (first + step) % shared.length;
      if (shared[place]) line.push(...(line.length ? [] : [ring[place]]), ring[place + 1]);
      else if (line.length) {
        lines.push(line);
        line = [];
      }
    }
    if (line.length) lines.push(line);
  }
  const lengthOf = (line) => line.slice(1).reduce((sum, [lon, lat], place) => sum + Math.hypot(lon - line[place][0], lat - line[place][1]), 0);
  return lines.reduce((best, line) => (!best || lengthOf(line) > lengthOf(best) ? line : best), null);
}
