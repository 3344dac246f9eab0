// What the maps of units share: a layer of outlines over the base map, its bounds, and the states of loading and error.
import { createMap } from "../maps/base.js";
import { token } from "../maps/style.js";
import { write } from "./retry.js";

export const NOTHING = { type: "FeatureCollection", features: [] };

/** Return [west, south, east, north] of GeoJSON features, or null when they hold no coordinates. */
export function boundsOf(features) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (part) => {
    if (typeof part[0] === "number") {
      box[0] = Math.min(box[0], part[0]);
      box[1] = Math.min(box[1], part[1]);
      box[2] = Math.max(box[2], part[0]);
      box[3] = Math.max(box[3], part[1]);
    } else part.forEach(walk);
  };
  for (const feature of features) if (feature.geometry) walk(feature.geometry.coordinates ?? []);
  return Number.isFinite(box[0]) ? box : null;
}

/** Ask for JSON. Throws an Error whose message is the server's own Chinese words; `status` and `problem` are on it. */
export async function ask(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, { ...options, headers: { Accept: "application/json", ...options.headers } });
  } catch {
    throw new Error("网络不通，请检查连接后重试。");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const error = new Error(body.detail || "系统出错，请稍后再试。");
    error.status = answer.status;
    error.problem = body;
    throw error;
  }
  return body;
}

/** Send JSON with the page's CSRF token and return the JSON answer; throws as `ask` does. */
export function send(address, body) {
  return ask(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content },
    body: JSON.stringify(body),
  });
}

/** Make the map of an element that holds a `.map-wait` line; resolves when the style is there. */
export function startMap(element, options = {}) {
  const wait = element.querySelector(".map-wait");
  let map;
  try {
    map = createMap(element, options);
  } catch {
    tell(element, "这台电脑的浏览器不能显示地图（缺少 WebGL），其他功能不受影响。");
    return Promise.reject(new Error("no WebGL"));
  }
  return new Promise((resolve) => {
    map.once("load", () => {
      wait?.remove();
      element.dataset.ready = "1";
      resolve(map);
    });
  });
}

/** Say over a map that outlines are on their way, until they are drawn. */
export function waitForDrawing(element, map) {
  element.querySelector(".map-error")?.remove();
  const line = document.createElement("p");
  line.className = "map-wait";
  line.setAttribute("role", "status");
  line.textContent = "正在加载边界…";
  element.append(line);
  const done = () => line.remove();
  return { drawn: () => map.once("idle", done), failed: done };
}

/** Write a line over a map: an error with an offer to try again, or nothing. */
export function tell(element, text, retry) {
  element.querySelector(".map-wait, .map-error")?.remove();
  if (!text) return;
  const line = document.createElement("p");
  line.className = "map-error";
  line.setAttribute("role", "alert");
  write(line, text, retry);
  element.append(line);
}

/** Add a GeoJSON source and layers over everything else; `layers` get their source. */
export function overlay(map, source, data, layers) {
  if (map.getSource(source)) map.getSource(source).setData(data);
  else {
    map.addSource(source, { type: "geojson", data, promoteId: "id" });
    for (const layer of layers) map.addLayer({ ...layer, source });
  }
}

/** Return one point for each named outline (its label point, else the middle of its largest part), so that a name is drawn once. */
export function labelPoints(features) {
  const points = features.filter((one) => one.geometry && one.properties.name).map((one) => {
    const parts = one.geometry.type === "MultiPolygon" ? one.geometry.coordinates : [one.geometry.coordinates];
    const boxes = parts.map((rings) => boundsOf([{ geometry: { coordinates: rings } }]));
    const size = (box) => (box[2] - box[0]) * (box[3] - box[1]);
    const [west, south, east, north] = boxes.reduce((best, box) => (size(box) > size(best) ? box : best));
    const coordinates = one.properties.label ?? [(west + east) / 2, (south + north) / 2];
    return { type: "Feature", properties: one.properties, geometry: { type: "Point", coordinates } };
  });
  return { type: "FeatureCollection", features: points };
}

/** Names over outlines, in the colours of the theme. */
export function names(id, filter, size = 12) {
  return {
    id, type: "symbol", filter,
    layout: { "text-field": ["get", "name"], "text-size": size, "text-max-width": 8, "text-padding": 3 },
    paint: { "text-color": token("ink"), "text-halo-color": token("surface"), "text-halo-width": 1.6 },
  };
}

/** Move to bounds without a long flight for people who asked for less motion. */
export function fit(map, box, more = {}) {
  if (!box) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  map.fitBounds(box, { padding: 48, maxZoom: 17, duration: calm ? 0 : 500, ...more });
}
