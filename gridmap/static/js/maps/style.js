// The style of every map: ground, base map, borders and names of units, in the colours of the design tokens.
import { basemapParts } from "./basemap.js";

/** Return the value of a design token now in force: `token("brand")` is what `--brand` says. */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export const LEVELS = [2, 4, 6, 9, 12, 15];
const isLevel = (...levels) => ["in", ["get", "level"], ["literal", levels]];

// How heavy the borders and how large the names of a level are; the zooms count from where the tiles begin to hold it.
const LINES = [
  { level: 15, widths: [0.5, 1, 1.8], tone: "map-line-soft" },
  { level: 12, widths: [0.5, 1.1, 2.2], tone: "map-line" },
  { level: 9, widths: [0.6, 1.4, 2.6], tone: "map-line" },
  { level: 6, widths: [0.8, 1.8, 3.4], tone: "map-line" },
];
const NAMES = [
  { level: 15, after: 1.2, until: 9, sizes: [11, 14] },
  { level: 12, after: 0.6, until: 4.4, sizes: [11, 14] },
  { level: 9, after: 0.6, until: 4.6, sizes: [12, 15] },
  { level: 6, after: 0, until: 8.5, sizes: [12, 16] },
];

// A name moves aside for what lies on its place (the rings of clusters) instead of disappearing.
const AROUND = { "text-variable-anchor": ["center", "top", "bottom", "left", "right", "top-left", "top-right", "bottom-left", "bottom-right"], "text-radial-offset": 1.7, "text-justify": "auto" };

function unitLayers(color, levels) {
  const from = (level) => levels.find((one) => one.level === level)?.minzoom ?? 22;
  const scale = (...stops) => ["interpolate", ["linear"], ["zoom"], ...stops];
  const layers = [
    {
      id: "units-land", type: "fill", source: "units", "source-layer": "units",
      paint: { "fill-color": color("map-land"), "fill-antialias": false },
    },
  ];
  for (const { level, widths, tone } of LINES) {
    const z = from(level);
    layers.push({
      id: `units-line-${level}`, type: "line", source: "units", "source-layer": "units", minzoom: z,
      filter: isLevel(level), layout: { "line-join": "round" },
      paint: { "line-color": color(tone), "line-width": scale(z, widths[0], z + 2.5, widths[1], z + 6, widths[2]) },
    });
  }
  for (const { level, after, until, sizes } of NAMES) {
    const z = from(level);
    layers.push({
      id: `units-name-${level}`, type: "symbol", source: "units", "source-layer": "unit_labels", minzoom: z + after, maxzoom: Math.min(z + until, 24),
      filter: isLevel(level),
      layout: { "text-field": ["get", "name"], "text-size": scale(z, sizes[0], z + 4, sizes[1]), "text-max-width": 8, "text-padding": 2, ...AROUND },
      paint: { "text-color": color("map-text"), "text-halo-color": color("map-halo"), "text-halo-width": 1.6 },
    });
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
      minzoom: 0, maxzoom: config.max_zoom.units, promoteId: { units: "code", unit_labels: "code" },
    };
    const covered = under.layers.length > 0;
    style.layers.push(...unitLayers(token, config.levels).filter((layer) => !(covered && layer.id === "units-land")));
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
