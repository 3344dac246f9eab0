// Drawing on the map with Terra Draw: a line that cuts, or the rings of an outline whose corners are dragged.
// Terra Draw knows no holes, so every ring is a polygon of its own; `outline()` puts them together again.
import { TerraDrawMapLibreGLAdapter } from "../../vendor/terra-draw-maplibre-gl-adapter.mjs";
import {
  TerraDraw, TerraDrawLineStringMode, TerraDrawModeUndoRedo, TerraDrawPolygonMode, TerraDrawRenderMode, TerraDrawSelectMode,
} from "../../vendor/terra-draw.mjs";
import * as maplibre from "../../vendor/maplibre-gl.mjs";
import { token } from "../maps/style.js";
import { stick } from "./snapping.js";

const DECIMALS = 9; // 0.1 mm, as the server stores
const round = (value) => Number(value.toFixed(DECIMALS));
const ringOf = (ring) => ring.map(([lon, lat]) => [round(lon), round(lat)]);

/** Return a drawing board over a map. `changed()` is called after every step that can be undone or that ends a line. */
export function createBoard(map, changed) {
  let edges = [];
  let rings = []; // { id, part, place, closed } of the outline being reshaped, or of the one line being moved
  let steps = []; // snapshots before each change of a ring
  let last = null;
  const snapping = {
    toCustom: (event, context) => {
      if (event.heldKeys.includes("Alt")) return undefined;
      const box = map.getBounds();
      return stick({ x: event.containerX, y: event.containerY }, edges, [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()], context.project, context.unproject);
    },
  };
  const brand = token("brand");
  const white = token("surface");
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, lib: maplibre, coordinatePrecision: 15 }),
    modes: [
      new TerraDrawRenderMode({ modeName: "still", styles: { lineStringColor: token("bad"), lineStringWidth: 3 } }),
      new TerraDrawLineStringMode({
        keyEvents: { cancel: null, finish: "Enter" },
        styles: { lineStringColor: token("bad"), lineStringWidth: 3, closingPointColor: token("bad"), closingPointOutlineColor: white, closingPointOutlineWidth: 2, closingPointWidth: 6 },
      }),
      new TerraDrawPolygonMode({ styles: { fillColor: brand, fillOpacity: 0.08, outlineColor: brand, outlineWidth: 3 } }),
      new TerraDrawSelectMode({
        allowManualDeselection: false,
        keyEvents: null, // its Delete would remove a whole ring
        flags: {
          polygon: { feature: { draggable: false, selfIntersectable: true, coordinates: { draggable: true, deletable: true, midpoints: { draggable: true }, snappable: snapping } } },
          linestring: { feature: { draggable: false, coordinates: { draggable: true, deletable: true, midpoints: { draggable: true }, snappable: snapping } } },
        },
        styles: {
          selectedLineStringColor: brand, selectedLineStringWidth: 4,
          selectedPolygonColor: brand, selectedPolygonFillOpacity: 0.1, selectedPolygonOutlineColor: brand, selectedPolygonOutlineWidth: 3,
          selectionPointColor: white, selectionPointWidth: 5, selectionPointOutlineColor: brand, selectionPointOutlineWidth: 2,
          midPointColor: brand, midPointWidth: 3, midPointOpacity: 0.7, midPointOutlineColor: white, midPointOutlineWidth: 1,
        },
      }),
    ],
    undoRedo: { modeLevel: new TerraDrawModeUndoRedo() },
  });
  draw.start();
  draw.setMode("still");
  draw.on("finish", (id, context) => {
    if (draw.getMode() === "linestring") draw.setMode("still");
    else if (rings.some((ring) => ring.id === id) && context.action !== "draw") remember();
    changed();
  });
  draw.on("change", () => changed());

  function snapshot() {
    return rings.map(({ id }) => structuredClone(draw.getSnapshotFeature(id).geometry));
  }

  function remember() {
    const now = snapshot();
    if (JSON.stringify(now) === JSON.stringify(last)) return;
    steps.push(last);
    last = now;
  }

  function clear() {
    rings = []; // first: clearing tells of the change, and whoever listens looks at the rings
    steps = [];
    last = null;
    draw.clear();
    draw.setMode("still");
  }

  return {
    clear,
    /** Start drawing the line of a cut. */
    drawLine() {
      clear();
      draw.setMode("linestring");
    },
    /** Put a finished line on the board. */
    setLine(coordinates) {
      clear();
      draw.addFeatures([{ type: "Feature", properties: { mode: "linestring" }, geometry: { type: "LineString", coordinates: ringOf(coordinates) } }]);
      changed();
    },
    /** Coordinates of the finished line, or null. */
    line() {
      if (draw.getMode() === "linestring") return null;
      const found = draw.getSnapshot().find((one) => one.geometry.type === "LineString");
      return found ? found.geometry.coordinates : null;
    },
    isDrawing: () => draw.getMode() === "linestring",
    /** Let the corners of an outline (MultiPolygon coordinates) be dragged; `targets` are edges to stick to. */
    reshape(coordinates, targets) {
      clear();
      edges = targets;
      draw.setMode("polygon"); // registers the mode's features before the corners are shown
      coordinates.forEach((polygon, part) => polygon.forEach((ring, place) => {
        const id = draw.getFeatureId();
        const [result] = draw.addFeatures([{ id, type: "Feature", properties: { mode: "polygon" }, geometry: { type: "Polygon", coordinates: [ringOf(ring)] } }]);
        if (!result.valid) throw new Error(result.reason);
        rings.push({ id, part, place, closed: true });
      }));
      draw.setMode("select");
      const longest = rings.reduce((best, one) => (pointsOf(one) > pointsOf(best) ? one : best));
      draw.selectFeature(longest.id);
      last = snapshot();
      function pointsOf({ part, place }) {
        return coordinates[part][place].length;
      }
    },
    /** Let the corners of a line be dragged; `targets` are edges to stick to. */
    moveLine(coordinates, targets) {
      clear();
      edges = targets;
      draw.setMode("linestring");
      const id = draw.getFeatureId();
      const [result] = draw.addFeatures([{ id, type: "Feature", properties: { mode: "linestring" }, geometry: { type: "LineString", coordinates: ringOf(coordinates) } }]);
      if (!result.valid) throw new Error(result.reason);
      rings.push({ id, part: 0, place: 0, closed: false });
      draw.setMode("select");
      draw.selectFeature(id);
      last = snapshot();
    },
    /** Corners of every ring (the first one once) or of the line: [{ corners, closed }]. */
    paths: () => rings.map(({ id, closed }) => {
      const { coordinates } = draw.getSnapshotFeature(id).geometry;
      return { closed, corners: closed ? coordinates[0].slice(0, -1) : coordinates };
    }),
    /** Put other corners in the place of those of one path: one step that can be undone. */
    setCorners(path, corners) {
      const { id, closed } = rings[path];
      const selected = draw.getSnapshot().find((one) => one.properties.selected)?.id;
      if (selected) draw.deselectFeature(selected);
      draw.updateFeatureGeometry(id, closed ? { type: "Polygon", coordinates: [[...corners, corners[0]]] } : { type: "LineString", coordinates: corners });
      draw.selectFeature(id);
      remember();
      changed();
    },
    /** MultiPolygon coordinates of the reshaped outline. */
    outline() {
      const polygons = [];
      for (const { id, part, place } of rings) {
        polygons[part] ??= [];
        polygons[part][place] = ringOf(draw.getSnapshotFeature(id).geometry.coordinates[0]);
      }
      return polygons;
    },
    /** Whether the outline was changed since `reshape`. */
    isReshaped: () => steps.length > 0,
    canUndo: () => (rings.length ? steps.length > 0 : draw.getMode() === "linestring" && draw.canUndo()),
    /** Take back the last step: a corner's move, or the last point of a line. */
    undo() {
      if (!rings.length) {
        draw.undo();
        changed();
        return;
      }
      last = steps.pop();
      const selected = draw.getSnapshot().find((one) => one.properties.selected)?.id ?? rings[0].id;
      draw.deselectFeature(selected);
      rings.forEach(({ id }, place) => draw.updateFeatureGeometry(id, structuredClone(last[place])));
      draw.selectFeature(selected);
      changed();
    },
  };
}
