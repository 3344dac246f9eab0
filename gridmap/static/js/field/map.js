// The map of the phone: the grids that it carries, on plain ground; picks a place. Loaded when it is opened first.
import { Map as MapLibreMap, Marker } from "../../vendor/maplibre-gl.mjs";
import { h } from "../dom.js";
import { boundsOf } from "./geo.js";

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function styles() {
  for (const href of document.body.dataset.mapStyles.split(" ")) {
    if (!document.querySelector(`link[href="${href}"]`)) document.head.append(h("link", { rel: "stylesheet", href }));
  }
}

const asFeature = (grid, own) => ({ type: "Feature", geometry: grid.geom, properties: { name: grid.name, own } });

function styleOf({ grids, near }) {
  const features = [...near.map((grid) => asFeature(grid, false)), ...grids.map((grid) => asFeature(grid, true))];
  return {
    version: 8,
    sources: { grids: { type: "geojson", data: { type: "FeatureCollection", features } } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": token("map-ground") } },
      { id: "own", type: "fill", source: "grids", filter: ["get", "own"], paint: { "fill-color": token("map-land") } },
      { id: "line", type: "line", source: "grids", paint: { "line-color": token("map-line"), "line-width": ["case", ["get", "own"], 2.5, 1] } },
      { id: "name", type: "symbol", source: "grids", layout: { "text-field": ["get", "name"], "text-size": 15 }, paint: { "text-color": token("map-text"), "text-halo-color": token("map-halo"), "text-halo-width": 1.6 } },
    ],
  };
}

/** Make a map of the package in `element`, around `fix` or all of one's own grids. */
export function makeMap(element, app, fix) {
  styles();
  const box = boundsOf(app.package.grids.map(({ geom }) => geom));
  const start = fix ? { center: [fix.lon, fix.lat], zoom: 16 } : { bounds: box, fitBoundsOptions: { padding: 24 } };
  const map = new MapLibreMap({ container: element, style: styleOf(app.package), maxZoom: 19, dragRotate: false, touchPitch: false, attributionControl: false, fadeDuration: 0, ...start });
  map.touchZoomRotate.disableRotation();
  element.gridmap = map;
  return map;
}

/** Let the person pick a place. Returns { lon, lat }, or null when they gave up. */
export function pickOnMap(app, fix) {
  return new Promise((done) => {
    const ground = h("div", { class: "pick-map" });
    let picked = null;
    const use = h("button", { type: "button", class: "primary", disabled: true, onclick: () => finish(picked) }, "用这个位置");
    const dialog = h("dialog", { class: "pick", "aria-label": "在地图上选择位置" }, ground,
      h("div", { class: "pick-acts" }, h("p", {}, "点一下地图上的位置，或把标记拖到准确的地方。"), h("button", { type: "button", onclick: () => finish(null) }, "取消"), use));
    document.body.append(dialog);
    dialog.showModal();
    const map = makeMap(ground, app, fix);
    if (fix) new Marker({ element: h("div", { class: "pick-here", role: "img", "aria-label": "当前位置" }) }).setLngLat([fix.lon, fix.lat]).addTo(map);
    const pin = new Marker({ color: token("map-select"), draggable: true, scale: 1.4 });
    const choose = ({ lng, lat }) => {
      picked = { lon: Number(lng.toFixed(7)), lat: Number(lat.toFixed(7)) };
      use.disabled = false;
    };
    pin.on("dragend", () => choose(pin.getLngLat()));
    map.on("click", ({ lngLat }) => {
      pin.setLngLat(lngLat).addTo(map);
      choose(lngLat);
    });
    map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      pin.setLngLat(map.getCenter()).addTo(map);
      choose(map.getCenter());
    });
    function finish(result) {
      map.remove();
      dialog.remove();
      done(result);
    }
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      finish(null);
    });
  });
}
