// One map for every page: `createMap(element)` draws the units of the signed-in person over the configured base map.
// A page that uses it includes the template "maps/base.html" once: styles, configuration, import map.
//
//   import { createMap, pickPoint } from "…/js/maps/base.js";
//   const map = createMap(document.querySelector("#map"));
//   const pick = pickPoint(map, ({ lon, lat }) => { … });
//
// Coordinates are WGS-84 degrees, longitude before latitude. The map's own API is that of MapLibre GL JS 6.
import { AttributionControl, Map as MapLibreMap, Marker, NavigationControl, ScaleControl, prewarm } from "../../vendor/maplibre-gl.mjs";
import { asker } from "../presence.js";
import { buildStyle, recolour, token } from "./style.js";
import { askFailedTilesAgain } from "./tiles.js";

prewarm(); // the worker starts while the page's own modules are still on their way

const CHINESE = {
  "AttributionControl.ToggleAttribution": "显示或隐藏底图来源",
  "Map.Title": "地图",
  "NavigationControl.ResetBearing": "恢复正北",
  "NavigationControl.ZoomIn": "放大",
  "NavigationControl.ZoomOut": "缩小",
  "ScaleControl.Meters": "米",
  "ScaleControl.Kilometers": "千米",
  "Marker.Title": "地点标记",
};

/** Return the configuration that the server rendered into the page (template "maps/base.html"). */
export function mapConfig() {
  return JSON.parse(document.getElementById("map-config").textContent);
}

const transformRequest = (url) => (url.startsWith(`${location.origin}/`) ? { url, headers: asker() } : undefined);

/**
 * Draw a map into `element` and return it (a MapLibre `Map`).
 *   center: [lon, lat], zoom — or bounds: [west, south, east, north]; neither: the person's own area
 *   interactive: false for a still picture; controls: false leaves out the buttons and the scale
 *   units: false leaves out borders and names; base: id of a base map ("none": plain ground)
 * The colours follow the page's theme. Further options go to MapLibre as they are.
 */
export function createMap(element, { center, zoom = 15, bounds, interactive = true, controls = true, units = true, base = "", ...more } = {}) {
  const config = mapConfig();
  const start = center ? { center, zoom } : { bounds: bounds ?? config.home.bbox ?? [73, 18, 135, 54] };
  const map = new MapLibreMap({
    container: element, style: buildStyle(config, { base, units }), interactive, locale: CHINESE, maxZoom: 19, minZoom: 2,
    dragRotate: false, pitchWithRotate: false, touchPitch: false, attributionControl: false, fitBoundsOptions: { padding: 24 },
    maxPitch: 0, fadeDuration: 0, transformRequest, ...start, ...more,
  });
  askFailedTilesAgain(map);
  map.touchZoomRotate?.disableRotation();
  map.keyboard?.disableRotation();
  if (controls) {
    map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
    map.addControl(new ScaleControl({ maxWidth: 110 }), "bottom-right");
  }
  if (config.basemap?.attribution) map.addControl(new AttributionControl({ compact: true }), "bottom-right");
  followTheme(map, () => recolour(map, config, { base, units }));
  element.gridmap = map; // for whoever looks at the page from outside: tests, a browser's console
  return map;
}

/** Call `paint` now-and-later whenever the page turns light or dark, until the map is removed. */
export function followTheme(map, paint) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const changed = () => (map.isStyleLoaded() ? paint() : map.once("idle", paint));
  document.addEventListener("gridmap:theme", changed);
  system.addEventListener("change", changed);
  map.once("remove", () => {
    document.removeEventListener("gridmap:theme", changed);
    system.removeEventListener("change", changed);
  });
}

/**
 * Let the person choose a point: click, drag the pin, or (keyboard) press Enter for the middle of the map.
 * `callback({ lon, lat })` is told every choice. Returns { set(lon, lat), clear(), stop() }; `set` moves the pin silently.
 */
export function pickPoint(map, callback) {
  const pin = new Marker({ color: token("map-select"), draggable: true });
  const tell = ({ lng, lat }) => callback({ lon: Number(lng.toFixed(7)), lat: Number(lat.toFixed(7)) });
  const choose = (place) => {
    pin.setLngLat(place).addTo(map);
    tell(pin.getLngLat());
  };
  const clicked = (event) => choose(event.lngLat);
  const pressed = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    choose(map.getCenter());
  };
  const canvas = map.getCanvas();
  pin.on("dragend", () => tell(pin.getLngLat()));
  map.on("click", clicked);
  canvas.addEventListener("keydown", pressed);
  canvas.classList.add("map-picking");
  return {
    set: (lon, lat) => pin.setLngLat([lon, lat]).addTo(map),
    clear: () => pin.remove(),
    stop: () => {
      pin.remove();
      map.off("click", clicked);
      canvas.removeEventListener("keydown", pressed);
      canvas.classList.remove("map-picking");
    },
  };
}

/** The box of places with some ground around them: [west, south, east, north], degrees. */
export function around(places) {
  const edge = 0.002;
  const [xs, ys] = [0, 1].map((i) => places.map((place) => place[i]));
  return [Math.min(...xs) - edge, Math.min(...ys) - edge, Math.max(...xs) + edge, Math.max(...ys) + edge];
}
