// 巡查 on the map: what tracks came near in each grid over the last days, at which points somebody was, and who is on duty now with the age of
// their last fix.
import { followTheme } from "./base.js";
import { getJson } from "./api.js";
import { ageWords } from "./state.js";
import { token } from "./style.js";
import { byTimer } from "../presence.js";

const DUTY_MS = 5_000;
const EMPTY = { type: "FeatureCollection", features: [] };
export const RESTS = [
  { value: "seen", name: "已覆盖（轨迹 30 米内）", token: "good" },
  { value: "not_covered", name: "未覆盖", token: "risk-medium" },
  { value: "unknown", name: "不清楚", token: "ink-3" },
];

export const POINTS = [
  { been: true, name: "有人到过", token: "good" },
  { been: false, name: "没有人到过", token: "risk-medium" },
];

function layers() {
  const color = ["match", ["get", "rest"]];
  for (const rest of RESTS) color.push(rest.value, token(rest.token));
  return [
    {
      id: "cover-grids", type: "fill", source: "cover", filter: ["!=", ["get", "rest"], "seen"],
      paint: { "fill-color": [...color, "rgba(0,0,0,0)"], "fill-opacity": 0.32 },
    },
    {
      id: "cover-seen", type: "fill", source: "cover", filter: ["==", ["get", "rest"], "seen"],
      paint: { "fill-color": token("good"), "fill-opacity": 0.7, "fill-antialias": false },
    },
    {
      id: "point-place", type: "circle", source: "points",
      paint: {
        "circle-radius": 6, "circle-color": token("surface"), "circle-stroke-width": 3.5,
        "circle-stroke-color": ["case", ["get", "been"], token(POINTS[0].token), token(POINTS[1].token)],
      },
    },
    {
      id: "point-name", type: "symbol", source: "points", minzoom: 14,
      layout: { "text-field": ["get", "words"], "text-size": 12.5, "text-anchor": "top", "text-offset": [0, 0.8], "text-optional": true },
      paint: { "text-color": token("map-text"), "text-halo-color": token("map-halo"), "text-halo-width": 1.8 },
    },
    {
      id: "duty-point", type: "circle", source: "duty",
      paint: { "circle-radius": 8, "circle-color": token("brand"), "circle-stroke-color": token("surface"), "circle-stroke-width": 2.5 },
    },
    {
      id: "duty-name", type: "symbol", source: "duty",
      layout: { "text-field": ["get", "words"], "text-size": 13, "text-anchor": "top", "text-offset": [0, 0.9], "text-allow-overlap": true },
      paint: { "text-color": token("map-text"), "text-halo-color": token("map-halo"), "text-halo-width": 1.8 },
    },
  ];
}

const asPlace = (point) => ({
  type: "Feature", geometry: { type: "Point", coordinates: [point.lon, point.lat] },
  properties: { been: point.times > 0, words: `${point.name}\n${point.times ? `${point.times} 次` : "没有人到过"}` },
});

const asPoint = (one) => ({
  type: "Feature", geometry: { type: "Point", coordinates: [one.lon, one.lat] },
  properties: { words: `${one.name}\n${ageWords(one.age_s)}` },
});

/** Put coverage, points and people on duty on `map`. Returns { show({ cover, points, duty }, unit, days), refresh() }; `say(key, words)` tells what is left out. */
export function addPatrols(map, { tried, say }) {
  let shown = { cover: false, points: false, duty: false };
  let asked = "";
  let unit = "";
  for (const name of ["cover", "points", "duty"]) map.addSource(name, { type: "geojson", data: EMPTY, tolerance: 0 }); // else small ground is left out from afar
  for (const layer of layers()) map.addLayer(layer, layer.source === "cover" ? "units-line-15" : undefined);

  async function loadCover() {
    if (!shown.cover || !unit) return;
    const answer = await tried("cover", () => getJson(`/patrols/cover.json?${asked}`, { slot: "cover", quiet: true }), loadCover);
    if (!answer) return;
    map.getSource("cover")?.setData(answer);
    document.getElementById("map").dataset.cover = String(answer.features.length);
    say("cover", answer.too_many ? `这里有 ${answer.too_many} 个网格，覆盖情况请进入乡镇街道后查看。` : "");
  }

  async function loadPoints() {
    if (!shown.points || !unit) return;
    const answer = await tried("points", () => getJson(`/patrols/points?${asked}`, { slot: "points", quiet: true }), loadPoints);
    if (!answer) return;
    map.getSource("points")?.setData({ ...EMPTY, features: answer.items.map(asPlace) });
    document.getElementById("map").dataset.points = String(answer.total);
    say("points", answer.total ? "" : "这里还没有巡查点位，可在“巡查 › 点位”中添加。");
  }

  async function loadDuty() {
    if (!shown.duty || !unit) return;
    const answer = await tried("duty", () => getJson(`/patrols/on-duty.json?unit=${unit}`, { slot: "duty", quiet: true }), loadDuty);
    if (!answer) return;
    map.getSource("duty")?.setData({ ...EMPTY, features: answer.items.filter((one) => one.lon !== null).map(asPoint) });
    document.getElementById("map").dataset.duty = String(answer.total);
  }

  function visible() {
    for (const { id, source } of layers()) map.setLayoutProperty(id, "visibility", shown[source] ? "visible" : "none");
    map.setLayoutProperty("shade", "visibility", shown.cover ? "none" : "visible");
    for (const name of ["cover", "points"]) if (!shown[name]) say(name, "");
  }

  followTheme(map, () => {
    for (const layer of layers()) for (const [name, value] of Object.entries(layer.paint)) map.setPaintProperty(layer.id, name, value);
  });
  setInterval(() => {
    if (document.hidden || !shown.duty) return;
    byTimer();
    loadDuty();
  }, DUTY_MS);
  visible();
  return {
    show(next, code, days) {
      const query = `unit=${code}&days=${days}`;
      const [cover, points] = ["cover", "points"].map((name) => next[name] && (!shown[name] || query !== asked));
      const duty = next.duty && (!shown.duty || code !== unit);
      [shown, asked, unit] = [next, query, code];
      visible();
      if (cover) loadCover();
      if (points) loadPoints();
      if (duty) loadDuty();
    },
    refresh() {
      loadCover();
      loadPoints();
    },
  };
}
