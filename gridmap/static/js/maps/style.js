// The style of every map: ground, base map, borders and names of units, in the colours of the design tokens.
import { basemapParts } from "./basemap.js";

/** Return the value of a design token now in force: `token("brand")` is what `--brand` says. */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export const LEVELS = [2, 4, 6, 9, 12, 15];
const isLevel = (...levels) => ["in", ["get", "level"], ["literal", levels]];

// From which zoom on the borders and the names of a level are drawn, and how heavy.
const LINES = [
  { level: 15, minzoom: 11, width: [11, 0.4, 14, 1, 17, 1.8], tone: "map-line-soft" },
  { level: 12, minzoom: 9, width: [9, 0.4, 12, 1, 16, 2.2], tone: "map-line" },
  { level: 9, minzoom: 6, width: [6, 0.4, 10, 1.2, 14, 2.6], tone: "map-line" },
  { level: 6, minzoom: 0, width: [4, 0.6, 9, 1.8, 14, 3.4], tone: "map-line" },
];
const NAMES = [
  { level: 15, minzoom: 13, size: [13, 11, 17, 14] },
  { level: 12, minzoom: 11, maxzoom: 15, size: [11, 11, 14, 14] },
  { level: 9, minzoom: 8, maxzoom: 12.5, size: [8, 11, 12, 15] },
  { level: 6, minzoom: 4, maxzoom: 9.5, size: [4, 11, 9, 15] },
];

function unitLayers(color) {
  const scale = (stops) => ["interpolate", ["linear"], ["zoom"], ...stops];
  const layers = [
    {
      id: "units-land", type: "fill", source: "units", "source-layer": "units",
      paint: { "fill-color": color("map-land"), "fill-antialias": false },
    },
  ];
  for (const line of LINES) {
    layers.push({
      id: `units-line-${line.level}`, type: "line", source: "units", "source-layer": "units", minzoom: line.minzoom,
      filter: isLevel(line.level), layout: { "line-join": "round" },
      paint: { "line-color": color(line.tone), "line-width": scale(line.width), "line-opacity": line.level >= 12 ? 0.85 : 1 },
    });
  }
  for (const name of NAMES) {
    const layer = {
      id: `units-name-${name.level}`, type: "symbol", source: "units", "source-layer": "unit_labels", minzoom: name.minzoom,
      filter: isLevel(name.level),
      layout: { "text-field": ["get", "name"], "text-size": scale(name.size), "text-max-width": 8, "text-padding": 4 },
      paint: { "text-color": color("map-text"), "text-halo-color": color("map-halo"), "text-halo-width": 1.6 },
    };
    if (name.maxzoom) layer.maxzoom = name.maxzoom;
    layers.push(layer);
  }
  return layers;
}

/**
 * Return the whole MapLibre style. `base` is the id of the chosen base map ("none" for plain ground).
 * There are no `glyphs`: MapLibre then draws text with the fonts of the computer, so nothing is fetched for names.
 */
export function buildStyle(config, { base = "", units = true } = {}) {
  const under = basemapParts(config.basemap, base, token);
  const style = {
    version: 8,
    sources: { ...under.sources },
    layers: [{ id: "ground", type: "background", paint: { "background-color": token("map-ground") } }, ...under.layers],
  };
  if (units) {
    style.sources.units = {
      type: "vector", tiles: [`${location.origin}${config.tiles}/units/{z}/{x}/{y}.mvt`],
      minzoom: 0, maxzoom: config.units_max_zoom, promoteId: { units: "code", unit_labels: "code" },
    };
    const covered = under.layers.length > 0;
    style.layers.push(...unitLayers(token).filter((layer) => !(covered && layer.id === "units-land")));
  }
  return style;
}

/** Give the layers of `buildStyle` the colours of the theme now in force; layers that others added stay as they are. */
export function recolour(map, config, options) {
  for (const layer of buildStyle(config, options).layers) {
    if (!map.getLayer(layer.id)) continue;
    for (const [name, value] of Object.entries(layer.paint ?? {})) map.setPaintProperty(layer.id, name, value);
  }
}
