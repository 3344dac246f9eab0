// Pointing at the map: click chooses, double click drills or opens a cluster, the pointer marks what lies under it.

const NEAR_PX = 4;
export const BY_PERSON = { byPerson: true }; // marks a movement that belongs into the address

/**
 * `layers()` → names of case layers that answer now; `acts`: { unit(code), drill(code), case(properties, lngLat), touch(code), idle() };
 * `busy()` → true while another tool (measuring) has the pointer.
 */
export function followPointer(map, { caseLayers, busy, acts }) {
  const unitAt = (point) => map.queryRenderedFeatures(point, { layers: ["shade"] })[0]?.properties.code;

  function caseAt({ x, y }) {
    const box = [[x - NEAR_PX, y - NEAR_PX], [x + NEAR_PX, y + NEAR_PX]];
    return map.queryRenderedFeatures(box, { layers: caseLayers() })[0];
  }

  function zoomInto(feature) {
    const zoom = Math.min(map.getZoom() + 2.2, 18);
    map.easeTo({ center: feature.geometry.coordinates, zoom }, BY_PERSON);
  }

  let waiting = 0;
  map.on("click", (event) => {
    if (busy()) return;
    const feature = caseAt(event.point);
    if (feature?.properties.case_code) return void acts.case(feature.properties, feature.geometry.coordinates);
    if (feature) return void zoomInto(feature);
    const code = unitAt(event.point);
    clearTimeout(waiting);
    // A double click must not first open a card.
    waiting = setTimeout(() => (code ? acts.unit(code) : acts.idle()), 220);
  });

  map.doubleClickZoom.disable();
  map.on("dblclick", (event) => {
    if (busy()) return;
    clearTimeout(waiting);
    const code = caseAt(event.point) ? null : unitAt(event.point);
    if (code) acts.drill(code);
    else map.easeTo({ center: event.lngLat, zoom: map.getZoom() + 1 }, BY_PERSON);
  });

  let touched = "";
  function touch(code) {
    if (code === touched) return;
    touched = code;
    acts.touch(code);
  }
  map.on("mousemove", (event) => {
    if (busy()) return;
    const onCase = Boolean(caseAt(event.point));
    const code = onCase ? "" : unitAt(event.point) ?? "";
    map.getCanvas().style.cursor = onCase || code ? "pointer" : "";
    touch(code);
  });
  map.on("mouseout", () => touch(""));
}
