// Outlines by outcome (added, changed, unchanged, before) and faults by severity, drawn the same in preview and version.
import { token } from "../maps/style.js";
import { boundsOf, names } from "./shapes.js";

const outcome = (...values) => ["in", ["get", "outcome"], ["literal", values]];
const notBefore = outcome("added", "changed", "unchanged");

/** Layers over a source whose features carry `outcome` and, for faults, `severity`. */
export function outcomeLayers() {
  const tone = ["match", ["get", "outcome"], "added", token("good"), "changed", token("brand"), token("ink-3")];
  return [
    { id: "outcome-fill", type: "fill", filter: outcome("added", "changed"), paint: { "fill-color": tone, "fill-opacity": 0.14 } },
    {
      id: "outcome-line", type: "line", filter: notBefore, layout: { "line-join": "round" },
      paint: { "line-color": tone, "line-width": ["match", ["get", "outcome"], "unchanged", 1, 2] },
    },
    { id: "outcome-before", type: "line", filter: outcome("before"), paint: { "line-color": token("ink-2"), "line-width": 1.4, "line-dasharray": [3, 2] } },
  ];
}

/** Names of the outlines, over `labelPoints`. */
export function outcomeNames() {
  return [names("outcome-names", notBefore)];
}

/** Layers of faults: areas and lines where they are large, and a mark that is seen at every zoom. */
export function faultLayers() {
  const tone = ["match", ["get", "severity"], "error", token("fault-error"), token("fault-warning")];
  const area = ["all", ["!", ["has", "spot"]], ["in", ["geometry-type"], ["literal", ["Polygon", "MultiPolygon"]]]];
  return [
    { id: "fault-area", type: "fill", filter: area, paint: { "fill-color": tone, "fill-opacity": 0.55 } },
    { id: "fault-line", type: "line", filter: ["!", ["has", "spot"]], paint: { "line-color": tone, "line-width": ["case", ["boolean", ["feature-state", "chosen"], false], 5, 2] } },
    {
      id: "fault-spot", type: "circle", filter: ["has", "spot"],
      paint: {
        "circle-radius": ["case", ["boolean", ["feature-state", "chosen"], false], 10, 6], "circle-color": tone,
        "circle-stroke-color": token("surface"), "circle-stroke-width": 2,
      },
    },
  ];
}

/** Give every fault a mark in the middle of its largest part, so that one of a square metre is seen from far. */
export function withSpots(features) {
  const spots = features.map((fault) => {
    const parts = fault.geometry.type === "MultiPolygon" ? fault.geometry.coordinates.map((rings) => ({ geometry: { coordinates: rings } })) : [fault];
    const [west, south, east, north] = parts
      .map((part) => boundsOf([part]))
      .reduce((best, box) => ((box[2] - box[0]) * (box[3] - box[1]) > (best[2] - best[0]) * (best[3] - best[1]) ? box : best));
    return {
      type: "Feature", id: fault.id, properties: { ...fault.properties, spot: true },
      geometry: { type: "Point", coordinates: [(west + east) / 2, (south + north) / 2] },
    };
  });
  return [...features, ...spots];
}

/** Paint the layers anew when the page turns light or dark. */
export function repaint(map, layers) {
  document.addEventListener("gridmap:theme", () => {
    map.once("idle", () => {
      for (const layer of layers()) {
        for (const [name, value] of Object.entries(layer.paint)) if (map.getLayer(layer.id)) map.setPaintProperty(layer.id, name, value);
      }
    });
  });
}
