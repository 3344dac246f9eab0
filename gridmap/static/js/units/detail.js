// The page of one unit: its outline over those of its parent, neighbours and children; earlier outlines on demand.
import { token } from "../maps/style.js";
import { ask, boundsOf, fit, labelPoints, names, overlay, startMap, tell } from "./shapes.js";
import { startTrees } from "./tree.js";

startTrees();
const element = document.querySelector("[data-unit-map]");
const is = (...roles) => ["in", ["get", "role"], ["literal", roles]];

function layers() {
  return [
    { id: "unit-land", type: "fill", filter: ["!=", ["get", "role"], "self"], paint: { "fill-color": token("map-land"), "fill-antialias": false } },
    { id: "unit-fill", type: "fill", filter: is("self"), paint: { "fill-color": token("brand"), "fill-opacity": 0.16 } },
    { id: "unit-beside", type: "line", filter: is("sibling"), paint: { "line-color": token("ink-3"), "line-width": 1 } },
    { id: "unit-parent", type: "line", filter: is("parent"), paint: { "line-color": token("ink-2"), "line-width": 2, "line-dasharray": [4, 2] } },
    { id: "unit-below", type: "line", filter: is("child"), paint: { "line-color": token("brand"), "line-width": 1 } },
    { id: "unit-line", type: "line", filter: is("self"), layout: { "line-join": "round" }, paint: { "line-color": token("brand"), "line-width": 2.6 } },
  ];
}

function nameLayers() {
  return [names("unit-names", is("sibling", "child")), names("unit-name", ["all", is("self"), ["!=", ["get", "has_children"], true]], 14)];
}

async function show(map, outline) {
  const address = outline ? `${element.dataset.shapes}?outline=${outline}` : element.dataset.shapes;
  try {
    const data = await ask(address);
    const parents = data.features.some((one) => one.properties.role === "child");
    for (const one of data.features) one.properties.has_children = parents;
    overlay(map, "unit", data, layers());
    overlay(map, "unit-labels", labelPoints(data.features), nameLayers());
    const self = data.features.filter((one) => one.properties.role === "self");
    fit(map, boundsOf(self.length ? self : data.features), { duration: outline ? 500 : 0 });
    tell(element, "");
  } catch (error) {
    tell(element, error.message, () => show(map, outline));
  }
}

if (element) {
  startMap(element, { units: false })
    .then((map) => {
      show(map);
      document.addEventListener("gridmap:theme", () => {
        map.once("idle", () => {
          for (const layer of [...layers(), ...nameLayers()]) for (const [name, value] of Object.entries(layer.paint)) map.setPaintProperty(layer.id, name, value);
        });
      });
      for (const button of document.querySelectorAll("[data-show-outline]")) {
        button.addEventListener("click", () => {
          for (const other of document.querySelectorAll("[data-show-outline]")) other.setAttribute("aria-pressed", String(other === button));
          show(map, button.dataset.showOutline);
          element.scrollIntoView({ block: "nearest", behavior: "smooth" });
        });
      }
    })
    .catch(() => {});
}
