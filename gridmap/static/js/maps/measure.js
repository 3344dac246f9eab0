// Measuring: click (or Enter for the middle of the map) sets corners; the length of the line and the area it closes are shown.
import { followTheme } from "./base.js";
import { h } from "../dom.js";
import { area, areaText, length, lengthText } from "./geodesy.js";
import { closer } from "./notices.js";
import { token } from "./style.js";

const SOURCE = "measure";

function drawn(points) {
  const features = points.map((point) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: point } }));
  if (points.length > 1) features.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: points } });
  if (points.length > 2) features.push({ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [[...points, points[0]]] } });
  return { type: "FeatureCollection", features };
}

const layers = () => [
  { id: "measure-area", type: "fill", source: SOURCE, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": token("map-select"), "fill-opacity": 0.14 } },
  { id: "measure-line", type: "line", source: SOURCE, filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": token("map-select"), "line-width": 2.5, "line-dasharray": [2, 1] } },
  { id: "measure-point", type: "circle", source: SOURCE, filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": token("surface"), "circle-stroke-color": token("map-select"), "circle-stroke-width": 2.5, "circle-radius": 4.5 } },
];

/** Take over the button and the read-out. Returns { active(), stop() }. */
export function makeMeasure(map, button, readout) {
  let on = false;
  let points = [];

  function tell() {
    map.getSource(SOURCE)?.setData(drawn(points));
    const words = points.length < 2 ? "在图上依次点击，量距离；三点以上同时量面积。" : `距离 ${lengthText(length(points))}`;
    readout.replaceChildren(
      h("span", { class: "measure-value num", role: "status" }, words, points.length > 2 ? h("strong", {}, ` 面积 ${areaText(area(points))}`) : ""),
      h("button", { type: "button", class: "button button-small", disabled: !points.length, onclick: back }, "撤销"),
      h("button", { type: "button", class: "button button-small", disabled: !points.length, onclick: () => { points = []; tell(); } }, "清空"),
      closer(stop, "结束测量"));
  }

  function back() {
    points.pop();
    tell();
  }

  const add = ({ lng, lat }) => {
    points.push([lng, lat]);
    tell();
  };
  const clicked = (event) => add(event.lngLat);
  const pressed = (event) => {
    if (event.key === "Enter") add(map.getCenter());
    else if (event.key === "Backspace") back();
    else return;
    event.preventDefault();
  };

  function start() {
    on = true;
    points = [];
    map.addSource(SOURCE, { type: "geojson", data: drawn(points) });
    for (const layer of layers()) map.addLayer(layer);
    map.on("click", clicked);
    map.getCanvas().addEventListener("keydown", pressed);
    map.getCanvas().classList.add("map-picking");
    button.setAttribute("aria-pressed", "true");
    readout.hidden = false;
    tell();
    map.getCanvas().focus();
  }

  function stop() {
    if (!on) return;
    on = false;
    for (const layer of layers()) map.removeLayer(layer.id);
    map.removeSource(SOURCE);
    map.off("click", clicked);
    map.getCanvas().removeEventListener("keydown", pressed);
    map.getCanvas().classList.remove("map-picking");
    button.setAttribute("aria-pressed", "false");
    readout.hidden = true;
  }

  followTheme(map, () => {
    if (on) for (const layer of layers()) for (const [name, value] of Object.entries(layer.paint)) map.setPaintProperty(layer.id, name, value);
  });
  button.addEventListener("click", () => (on ? stop() : start()));
  return { active: () => on, stop };
}
