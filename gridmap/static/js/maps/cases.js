// Cases on the map: clusters that open into points, and heat. The tiles take the same filter as the list.
import { followTheme } from "./base.js";
import { ringName, serveRings } from "./donuts.js";
import { classes } from "./palette.js";
import { token } from "./style.js";
import { setTiles } from "./tiles.js";

const SOURCES = ["cases", "heat"];
const SINGLE = ["any", ["has", "case_code"], ["==", ["get", "n"], 1]];
const POINT_LAYERS = ["cases-point", "cases-ring", "cases-count"];

const address = (layer, query) => `${location.origin}/tiles/${layer}/{z}/{x}/{y}.mvt${query ? `?${query}` : ""}`;

function source(layer, query, facts) {
  return { type: "vector", tiles: [address(layer, query)], minzoom: 0, maxzoom: facts[layer] };
}

function heatLayer() {
  const color = ["interpolate", ["linear"], ["heatmap-density"], 0, "rgba(0,0,0,0)"];
  [0.15, 0.35, 0.6, 0.85, 1].forEach((at, i) => color.push(at, token(`heat-${i + 1}`)));
  // Heat tiles hold one point for each cell of 32 px; the radius spans two cells, so that they run into one surface.
  const weight = ["interpolate", ["linear"], ["get", "n"], 0, 0, 1, 0.09, 12, 0.55, 40, 1.4, 200, 3];
  return {
    id: "heat", type: "heatmap", source: "heat", "source-layer": "heat",
    paint: {
      "heatmap-weight": weight, "heatmap-color": color, "heatmap-opacity": 0.82,
      "heatmap-intensity": ["interpolate", ["linear"], ["zoom"], 6, 1.3, 11, 1.9, 16, 3],
      "heatmap-radius": 64,
    },
  };
}

// The size of a ring grows with the logarithm of its count: 1 → 0.4, 10 → 0.56, 100 → 0.74, 1,000 → 0.95 of 64 px.
const RING_SIZE = ["interpolate", ["linear"], ["ln", ["max", ["get", "n"], 1]], 0, 0.4, 2.3, 0.56, 4.6, 0.74, 6.9, 0.95];
const SHORT = [
  "case", [">=", ["get", "n"], 10000], ["concat", ["to-string", ["/", ["round", ["/", ["get", "n"], 1000]], 10]], "万"], ["to-string", ["get", "n"]],
];

function caseLayers(way, choices) {
  const parts = classes(way, choices);
  const color = ["match", ["to-string", ["coalesce", ["get", way], "none"]]];
  for (const part of parts) color.push(part.values.length > 1 ? part.values : part.values[0], part.color);
  color.push(token("risk-none"));
  const counts = parts.map((part) => ["+", 0, ...part.values.map((value) => ["coalesce", ["get", `${way}_${value}`], 0])]);
  const lone = ["case", ...counts.flatMap((count, i) => [[">", count, 0], parts[i].color]), token("risk-none")];
  return [
    {
      id: "cases-point", type: "circle", source: "cases", "source-layer": "cases", filter: SINGLE,
      paint: {
        "circle-color": ["case", ["has", "case_code"], color, lone], "circle-stroke-color": token("surface"), "circle-stroke-width": 1.5,
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 11, 4.5, 15, 6.5, 18, 9],
      },
    },
    {
      id: "cases-ring", type: "symbol", source: "cases", "source-layer": "cases", filter: ["!", SINGLE],
      layout: {
        "icon-image": ringName(counts), "icon-size": RING_SIZE, "icon-allow-overlap": true,
        "symbol-sort-key": ["-", 0, ["get", "n"]],
      },
    },
    {
      id: "cases-count", type: "symbol", source: "cases", "source-layer": "cases", filter: ["!", SINGLE],
      layout: {
        "text-field": SHORT, "text-allow-overlap": true, "text-ignore-placement": true, "text-font": ["Noto Sans Bold"],
        "text-size": ["interpolate", ["linear"], ["ln", ["max", ["get", "n"], 1]], 0, 10, 4.6, 13, 6.9, 15],
      },
      paint: { "text-color": token("ink") },
    },
  ];
}

/** Put the cases on `map`. Returns { filter(query), color(way), show({ cases, heat }), refresh(), layers }. */
export function addCases(map, choices, { query, way, maxZoom }) {
  let now = way;
  let shown = { cases: true, heat: false };
  let filtered = query;
  for (const name of SOURCES) map.addSource(name, source(name, query, maxZoom));
  map.addLayer(heatLayer(), map.getLayer("units-line-15") ? "units-line-15" : undefined);
  for (const layer of caseLayers(way, choices)) map.addLayer(layer);
  const forget = serveRings(map, () => classes(now, choices).map((part) => part.color));

  function paint() {
    for (const layer of [...caseLayers(now, choices), heatLayer()]) {
      for (const [name, value] of Object.entries(layer.paint ?? {})) map.setPaintProperty(layer.id, name, value);
      if (layer.id === "cases-ring") map.setLayoutProperty(layer.id, "icon-image", layer.layout["icon-image"]);
    }
    forget();
  }

  function show(next) {
    shown = next;
    for (const id of POINT_LAYERS) map.setLayoutProperty(id, "visibility", shown.cases ? "visible" : "none");
    map.setLayoutProperty("heat", "visibility", shown.heat ? "visible" : "none");
  }

  followTheme(map, paint);
  return {
    layers: POINT_LAYERS,
    show,
    color(next) {
      now = next;
      paint();
    },
    filter(next) {
      if (next === filtered) return;
      filtered = next;
      for (const name of SOURCES) setTiles(map, name, [address(name, next)]);
    },
    refresh() {
      for (const name of SOURCES) if (name !== "heat" || shown.heat) map.refreshTiles(name);
    },
    retry() {
      for (const name of SOURCES) setTiles(map, name, [address(name, filtered)]);
    },
  };
}
