// The points on a map, and a place for a new one. Without scripts the coordinates can be typed.
import { Marker } from "../../vendor/maplibre-gl.mjs";
import { around, createMap, pickPoint } from "../maps/base.js";
import { token } from "../maps/style.js";

const element = document.getElementById("pick-map");
if (element) {
  const [lon, lat, datum] = ["lon", "lat", "datum"].map((name) => document.getElementById(name));
  const places = [...document.querySelectorAll("[data-point]")].map((row) => row.dataset.point.split(",").map(Number));
  const map = createMap(element, places.length ? { bounds: around(places) } : element.dataset.box ? { bounds: element.dataset.box.split(",").map(Number) } : {});
  for (const place of places) new Marker({ color: token("brand"), scale: 0.6 }).setLngLat(place).addTo(map);
  const pick = pickPoint(map, (point) => {
    lon.value = point.lon.toFixed(6);
    lat.value = point.lat.toFixed(6);
    datum.value = "wgs84";
  });
  const typed = () => {
    if (datum.value === "wgs84" && lon.value && lat.value && Math.abs(lon.value) <= 180 && Math.abs(lat.value) <= 90) pick.set(Number(lon.value), Number(lat.value));
    else pick.clear();
  };
  for (const box of [lon, lat, datum]) box.addEventListener("change", typed);
  typed();
}
