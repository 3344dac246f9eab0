// The small map of a case: its point and, where known, the circle in which the truth lies.
import { Marker } from "../../vendor/maplibre-gl.mjs";
import { createMap } from "../maps/base.js";
import { circle } from "./circle.js";

const element = document.querySelector("#case-map");
const lon = Number(element.dataset.lon);
const lat = Number(element.dataset.lat);
const accuracy = Number(element.dataset.accuracy) || 0;
const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const map = createMap(element, { center: [lon, lat], zoom: accuracy > 200 ? 13 : 15.5, cooperativeGestures: false });
new Marker({ color: ink("map-select") || ink("brand") }).setLngLat([lon, lat]).addTo(map);
if (accuracy >= 3) {
  map.on("style.load", () => {
    if (map.getSource("accuracy")) return;
    map.addSource("accuracy", { type: "geojson", data: circle(lon, lat, accuracy) });
    map.addLayer({ id: "accuracy", type: "fill", source: "accuracy", paint: { "fill-color": ink("brand"), "fill-opacity": 0.15 } });
  });
}
