// A small picture of the grids and a position with its accuracy: SVG, no map library, drawn at once.
import { boundsOf, offset } from "./geo.js";

const SVG = "http://www.w3.org/2000/svg";
const SIDE = 320;
const HIGH = 150;

function svg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Where the picture looks and how far: around the position, or all of `points`, or one's own grids. */
function frameOf(grids, fix, points) {
  if (fix && !points.length) return { middle: [fix.lon, fix.lat], reach: Math.max(120, (fix.accuracy ?? 0) * 2.2) };
  const own = grids.filter((grid) => grid.own);
  const box = points.length ? boundsOf([{ type: "Polygon", coordinates: [points] }]) : boundsOf((own.length ? own : grids).map(({ geom }) => geom)) ?? [0, 0, 0, 0];
  const [wide, tall] = offset([box[0], box[1]], [box[2], box[3]]);
  return { middle: [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], reach: Math.max(wide / (SIDE / HIGH), tall, 150) / 1.6 };
}

/**
 * Draw grids ([{ name, geom, own }]) around `fix` ({ lon, lat, accuracy }); without one, all of one's own. `stops`: places
 * ([[lon, lat], …]) joined in their order and numbered, which the picture then holds with the position.
 */
export function sketch(grids, fix, stops = []) {
  const here = fix ? [[fix.lon, fix.lat]] : [];
  const { middle, reach } = frameOf(grids, fix, stops.length ? [...here, ...stops] : []);
  const scale = HIGH / 2 / reach;
  const at = (point) => {
    const [east, north] = offset(middle, point);
    return [(SIDE / 2 + east * scale).toFixed(1), (HIGH / 2 - north * scale).toFixed(1)];
  };
  const label = stops.length ? "任务的走访顺序" : fix ? "当前位置和网格边界" : "网格边界";
  const picture = svg("svg", { viewBox: `0 0 ${SIDE} ${HIGH}`, class: "sketch", role: "img", "aria-label": label });
  for (const { geom, own: mine } of [...grids].sort((a, b) => Number(a.own ?? 0) - Number(b.own ?? 0))) {
    const rings = (geom.type === "Polygon" ? [geom.coordinates] : geom.coordinates).flat();
    picture.append(svg("path", { d: rings.map((ring) => `M${ring.map((point) => at(point).join(" ")).join("L")}Z`).join(""), class: mine ? "own" : "other" }));
  }
  if (stops.length) picture.append(svg("path", { d: `M${[...here, ...stops].map((point) => at(point).join(" ")).join("L")}`, class: "walk" }));
  if (fix) {
    const [x, y] = at(here[0]);
    picture.append(svg("circle", { cx: x, cy: y, r: Math.max(4, (fix.accuracy ?? 0) * scale), class: "accuracy" }), svg("circle", { cx: x, cy: y, r: 6, class: "here" }));
  }
  stops.forEach((point, i) => {
    const [x, y] = at(point);
    const number = svg("text", { x, y: Number(y) + 4, class: "stop-number" });
    number.textContent = String(i + 1);
    picture.append(svg("circle", { cx: x, cy: y, r: 10, class: "stop-dot" }), number);
  });
  return picture;
}
