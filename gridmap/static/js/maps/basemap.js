// The base map under everything: what the server's configuration allows, as MapLibre sources and layers.
// Configuration (`config.basemap`): { choices: [{ id, name, rasters: [{ tiles, tile_size, max_zoom }] | archive: { url, vector, max_zoom } }], attribution }.
import { addProtocol } from "../../vendor/maplibre-gl.mjs";

let protocolReady = false;

/** Read archives of tiles; the library for it is fetched only where one is configured. */
function serveArchives() {
  if (protocolReady) return;
  protocolReady = true;
  const library = import("../../vendor/pmtiles.mjs").then(({ Protocol }) => new Protocol());
  addProtocol("pmtiles", async (request, stop) => (await library).tile(request, stop));
}

function absolute(address) {
  return address.startsWith("/") ? location.origin + address : address;
}

function rasterParts(choice, attribution) {
  const sources = {};
  const layers = [];
  choice.rasters.forEach((raster, index) => {
    const id = `base-${index}`;
    sources[id] = {
      type: "raster",
      tiles: raster.tiles.map(absolute),
      tileSize: raster.tile_size,
      maxzoom: raster.max_zoom,
      attribution: index ? "" : attribution,
    };
    layers.push({ id, type: "raster", source: id, paint: { "raster-fade-duration": 100 } });
  });
  return { sources, layers };
}

// Vector archives follow one of two open schemas (Protomaps, OpenMapTiles); layers that an archive lacks draw nothing.
function vectorLayers(color) {
  const fill = (id, sourceLayer, value) => ({
    id, type: "fill", source: "base-0", "source-layer": sourceLayer, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": value },
  });
  const road = (id, sourceLayer) => ({
    id, type: "line", source: "base-0", "source-layer": sourceLayer, filter: ["==", ["geometry-type"], "LineString"],
    paint: { "line-color": color("map-road"), "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 8, 0.5, 18, 10] },
  });
  const names = (id, sourceLayer) => ({
    id, type: "symbol", source: "base-0", "source-layer": sourceLayer, minzoom: 9, filter: ["has", "name"],
    layout: { "text-field": ["coalesce", ["get", "name:zh-Hans"], ["get", "name:zh"], ["get", "name"]], "text-size": 11 },
    paint: { "text-color": color("map-line"), "text-halo-color": color("map-halo"), "text-halo-width": 1.2 },
  });
  return [
    fill("base-earth", "earth", color("map-land")),
    fill("base-water", "water", color("map-water")),
    fill("base-buildings", "buildings", color("map-line-soft")),
    fill("base-building", "building", color("map-line-soft")),
    road("base-roads", "roads"),
    road("base-transport", "transportation"),
    names("base-places", "places"),
    names("base-place", "place"),
  ];
}

/** Return `{ sources, layers }` of the chosen base map; empty where none is configured or chosen. */
export function basemapParts(basemap, chosen, color) {
  const choice = basemap?.choices.find((item) => item.id === chosen) ?? (chosen === "none" ? null : basemap?.choices[0]);
  if (!choice) return { sources: {}, layers: [] };
  if (choice.rasters) return rasterParts(choice, basemap.attribution);
  serveArchives();
  const url = `pmtiles://${absolute(choice.archive.url)}`;
  const common = { url, attribution: basemap.attribution };
  if (choice.archive.vector) return { sources: { "base-0": { type: "vector", ...common } }, layers: vectorLayers(color) };
  return {
    sources: { "base-0": { type: "raster", tileSize: 256, ...common } },
    layers: [{ id: "base-0", type: "raster", source: "base-0" }],
  };
}
