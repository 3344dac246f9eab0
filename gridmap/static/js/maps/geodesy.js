// Lengths and areas on the WGS-84 ellipsoid. Pure. Points are [lon, lat] in degrees.

const A = 6378137;
const F = 1 / 298.257223563;
const B = A * (1 - F);
const E2 = F * (2 - F);
const E = Math.sqrt(E2);
const rad = (degrees) => (degrees * Math.PI) / 180;

/** Length in metres of the geodesic between two points. Vincenty 1975, inverse; good to a millimetre short of antipodes. */
export function distance([lon1, lat1], [lon2, lat2]) {
  const L = rad(lon2 - lon1);
  const [u1, u2] = [Math.atan((1 - F) * Math.tan(rad(lat1))), Math.atan((1 - F) * Math.tan(rad(lat2)))];
  const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  let lambda = L;
  for (let round = 0; round < 100; round += 1) {
    const [sl, cl] = [Math.sin(lambda), Math.cos(lambda)];
    const sinSigma = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl);
    if (sinSigma === 0) return 0;
    const cosSigma = s1 * s2 + c1 * c2 * cl;
    const sigma = Math.atan2(sinSigma, cosSigma);
    const sinAlpha = (c1 * c2 * sl) / sinSigma;
    const cos2Alpha = 1 - sinAlpha ** 2;
    const cosM = cos2Alpha ? cosSigma - (2 * s1 * s2) / cos2Alpha : 0;
    const C = (F / 16) * cos2Alpha * (4 + F * (4 - 3 * cos2Alpha));
    const before = lambda;
    lambda = L + (1 - C) * F * sinAlpha * (sigma + C * sinSigma * (cosM + C * cosSigma * (2 * cosM ** 2 - 1)));
    if (Math.abs(lambda - before) > 1e-12) continue;
    const k2 = (cos2Alpha * (A ** 2 - B ** 2)) / B ** 2;
    const big = 1 + (k2 / 16384) * (4096 + k2 * (-768 + k2 * (320 - 175 * k2)));
    const small = (k2 / 1024) * (256 + k2 * (-128 + k2 * (74 - 47 * k2)));
    const inner = cosSigma * (2 * cosM ** 2 - 1) - (small / 6) * cosM * (4 * sinSigma ** 2 - 3) * (4 * cosM ** 2 - 3);
    return B * big * (sigma - small * sinSigma * (cosM + (small / 4) * inner));
  }
  return NaN;
}

/** Length in metres of a line through points. */
export function length(points) {
  return points.slice(1).reduce((sum, point, i) => sum + distance(points[i], point), 0);
}

const q = (sin) => (1 - E2) * (sin / (1 - E2 * sin * sin) - (1 / (2 * E)) * Math.log((1 - E * sin) / (1 + E * sin)));

const vector = ([lon, lat]) => [Math.cos(rad(lat)) * Math.cos(rad(lon)), Math.cos(rad(lat)) * Math.sin(rad(lon)), Math.sin(rad(lat))];
const degrees = (angle) => (angle * 180) / Math.PI;
const STEP_M = 2000;

/** Points along the great circle from `a` (included) to `b` (not), at most 2 km apart; it keeps within centimetres of the geodesic. */
function along(a, b) {
  const parts = Math.max(1, Math.ceil(distance(a, b) / STEP_M));
  const [from, to] = [vector(a), vector(b)];
  return Array.from({ length: parts }, (_, i) => {
    if (i === 0) return a;
    const [x, y, z] = from.map((value, axis) => value + ((to[axis] - value) * i) / parts);
    return [degrees(Math.atan2(y, x)), degrees(Math.atan2(z, Math.hypot(x, y)))];
  });
}

/**
 * Area in m² of a simple ring, closed by itself, with geodesic edges. Authalic latitudes (Snyder 1987, 3-11 to 3-13) keep the
 * ellipsoid's area exactly; edges are cut into pieces so short that their bend does not show.
 */
export function area(points) {
  if (points.length < 3) return 0;
  const qp = q(1);
  const ring = points.flatMap((point, i) => along(point, points[(i + 1) % points.length]));
  const sinBeta = ring.map(([, lat]) => q(Math.sin(rad(lat))) / qp);
  let sum = 0;
  ring.forEach(([lon], i) => {
    const next = (i + 1) % ring.length;
    sum += rad(ring[next][0] - lon) * (sinBeta[i] + sinBeta[next]);
  });
  return Math.abs((sum * A * A * qp) / 4);
}

/** A length for people: 320 米, 1.24 千米. */
export const lengthText = (m) => (m < 1000 ? `${m.toFixed(m < 10 ? 1 : 0)} 米` : `${(m / 1000).toFixed(m < 1e5 ? 2 : 0)} 千米`);

/** An area for people: 850 平方米, 3.2 公顷, 12.5 平方千米. */
export function areaText(m2) {
  if (m2 < 10_000) return `${m2.toFixed(0)} 平方米`;
  return m2 < 1e6 ? `${(m2 / 1e4).toFixed(2)} 公顷` : `${(m2 / 1e6).toFixed(2)} 平方千米`;
}
