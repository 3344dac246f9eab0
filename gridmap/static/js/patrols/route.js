// The route of a plan on a map: its points in their order, joined by a line of what comes after what (not of a path).
import { Marker } from "../../vendor/maplibre-gl.mjs";
import { around, createMap } from "../maps/base.js";
import { token } from "../maps/style.js";
import { h } from "../dom.js";

const element = document.getElementById("route-map");
const places = [...document.querySelectorAll("[data-point]")].map((row) => row.dataset.point.split(",").map(Number));
const map = createMap(element, { bounds: around(places) });
places.forEach((place, i) => new Marker({ element: h("span", { class: "plan-stop" }, String(i + 1)) }).setLngLat(place).addTo(map));
map.once("load", () => {
  if (places.length < 2) return;
  map.addSource("route", { type: "geojson", data: { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: places } } });
  map.addLayer({ id: "route", type: "line", source: "route", paint: { "line-color": token("brand"), "line-width": 2, "line-dasharray": [2, 2] } });
});
