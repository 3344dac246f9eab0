// 分级设色: units shaded by their counts (feature-state), and the lines that mark the current, touched and chosen unit.
import { followTheme } from "./base.js";
import { breaks, classOf, drawnAt, rampStep } from "./state.js";
import { LEVELS, token } from "./style.js";
import { setTiles } from "./tiles.js";

const UNITS = { source: "units", sourceLayer: "units" };
const NOBODY = "—";

const RAMPS = { count: "ramp", risk: "risk-ramp" };

function fillColor(ramp) {
  const color = ["match", ["coalesce", ["feature-state", "step"], -1]];
  for (let step = 0; step <= 5; step += 1) color.push(step, token(`${ramp}-${step}`));
  return [...color, "rgba(0,0,0,0)"];
}

const tilesOf = (level) => `${location.origin}/tiles/units/{z}/{x}/{y}.mvt${level ? `?level=${level}` : ""}`;
const ofLevel = (level) => ["==", ["get", "level"], level];
const ofCode = (code) => ["==", ["get", "code"], code || NOBODY];

function styled(shade, level, covered) {
  const line = (id, code, width, paint) => ({
    id, type: "line", source: "units", "source-layer": "units", filter: ofCode(code), layout: { "line-join": "round" },
    paint: { "line-width": width, ...paint },
  });
  return [
    {
      id: "shade", type: "fill", source: "units", "source-layer": "units", filter: ofLevel(level),
      paint: { "fill-color": fillColor(RAMPS[shade] ?? "ramp"), "fill-opacity": covered ? 0.5 : 0.78 },
    },
    line("unit-current", "", 3, { "line-color": token("brand"), "line-opacity": 0.9 }),
    line("unit-touched", "", 2.5, { "line-color": token("map-select"), "line-opacity": 0.7 }),
    line("unit-chosen", "", 4, { "line-color": token("map-select") }),
  ];
}

/** Put the shading on `map`. Returns { shade(way), level(digits), counts(items), mark({ current, touched, chosen }), legend() }. */
export function addShading(map, { shade, level, levels, covered }) {
  let way = shade;
  let items = [];
  let bounds = [];
  let reached = 0;
  const [fill, ...lines] = styled(shade, level, covered);
  map.addLayer(fill, "units-line-15");
  for (const layer of lines) map.addLayer(layer, "units-name-15");

  const valueOf = (item) => (way === "risk" ? item.high : item.total);

  function apply() {
    bounds = breaks(items.filter((item) => item.has_outline).map(valueOf));
    map.removeFeatureState(UNITS);
    if (way === "none") return;
    for (const item of items) {
      map.setFeatureState({ ...UNITS, id: item.unit_code }, { step: rampStep(classOf(valueOf(item), bounds), bounds.length) });
    }
  }

  function paint() {
    for (const layer of styled(way, 0, covered)) {
      for (const [name, value] of Object.entries(layer.paint)) map.setPaintProperty(layer.id, name, value);
    }
  }

  // The panel's title says which unit this is; its name on the map would only hide what lies below it.
  function nameOthers(code) {
    for (const level of LEVELS.filter((one) => map.getLayer(`units-name-${one}`))) {
      map.setFilter(`units-name-${level}`, ["all", ofLevel(level), ["!=", ["get", "code"], code || NOBODY]]);
    }
  }

  // A unit looked at from afar: ask for the level below it although tiles of this zoom would leave it out.
  function reach(level) {
    if (level === reached) return;
    const first = (one) => levels.find((entry) => entry.level === one)?.minzoom ?? 0;
    if (reached) map.setLayerZoomRange(`units-line-${reached}`, first(reached), 24);
    if (level && map.getLayer(`units-line-${level}`)) map.setLayerZoomRange(`units-line-${level}`, 0, 24);
    reached = level;
    setTiles(map, "units", [tilesOf(level)]);
  }

  followTheme(map, paint);
  return {
    shade(next) {
      way = next;
      paint();
      apply();
    },
    level(next) {
      map.setFilter("shade", ofLevel(next));
      reach(next > drawnAt(map.getZoom(), levels) ? next : 0);
    },
    counts(next) {
      items = next;
      apply();
    },
    mark(codes) {
      for (const [name, code] of Object.entries(codes)) map.setFilter(`unit-${name}`, ofCode(code));
      if ("current" in codes) nameOthers(codes.current);
    },
    legend() {
      if (way === "none" || !items.length) return null;
      const top = Math.max(0, ...items.map(valueOf));
      const steps = [0, ...bounds].map((low, i) => ({ color: token(`${RAMPS[way]}-${rampStep(i, bounds.length)}`), low: String(low) }));
      return { title: way === "risk" ? "高风险事件数（件起）" : "事件数（件起）", steps, top };
    },
  };
}
