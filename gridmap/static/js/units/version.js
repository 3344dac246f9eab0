// The page of a version: its changes and faults on one map; a click on a fault in the list goes there, and back.
import { faultLayers, outcomeLayers, outcomeNames, repaint, withSpots } from "./outcomes.js";
import { ask, boundsOf, fit, labelPoints, overlay, startMap, tell, waitForDrawing } from "./shapes.js";

for (const button of document.querySelectorAll("[data-confirm]")) {
  button.addEventListener("click", (event) => {
    if (!window.confirm(button.dataset.confirm)) event.preventDefault();
  });
}

const element = document.querySelector("[data-version-map]");
const list = document.querySelector("[data-fault-list]");
let faults = [];
let chosen = null;

function choose(map, id, move = true) {
  const fault = faults.find((one) => one.id === id);
  if (!fault) return;
  if (chosen !== null) map.setFeatureState({ source: "faults", id: chosen }, { chosen: false });
  chosen = id;
  map.setFeatureState({ source: "faults", id }, { chosen: true });
  for (const button of list?.querySelectorAll("[data-fault]") ?? []) {
    const here = Number(button.dataset.fault) === id;
    button.setAttribute("aria-pressed", String(here));
    if (here && !move) button.closest("li").scrollIntoView({ block: "nearest" });
  }
  if (move) {
    const [west, south, east, north] = boundsOf([fault]);
    const room = Math.max(east - west, north - south, 0.0006) / 2;
    fit(map, [west - room, south - room, east + room, north + room], { maxZoom: 19 });
  }
}

async function show(map) {
  const waiting = waitForDrawing(element, map);
  try {
    const [changes, found] = await Promise.all([ask(element.dataset.changes), ask(element.dataset.faults)]);
    faults = found.features;
    overlay(map, "outcomes", changes, outcomeLayers());
    overlay(map, "outcome-labels", labelPoints(changes.features), outcomeNames());
    if (!map.getSource("faults")) {
      map.addSource("faults", { type: "geojson", data: { type: "FeatureCollection", features: withSpots(faults) } });
      for (const layer of faultLayers()) map.addLayer({ ...layer, source: "faults" });
    }
    repaint(map, () => [...outcomeLayers(), ...outcomeNames(), ...faultLayers()]);
    fit(map, boundsOf(changes.features) ?? boundsOf(faults), { duration: 0 });
    waiting.drawn();
  } catch (error) {
    waiting.failed();
    tell(element, error.message, () => show(map));
  }
}

if (element) {
  startMap(element)
    .then(async (map) => {
      await show(map);
      map.on("click", ["fault-spot", "fault-area"], ({ features }) => choose(map, features[0].id, false));
      for (const layer of ["fault-spot", "fault-area"]) {
        map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
        map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
      }
      list?.addEventListener("click", (event) => {
        const button = event.target.closest("[data-fault]");
        if (button) choose(map, Number(button.dataset.fault));
      });
    })
    .catch(() => {});
}
