// The map page: ties the state in the address to the map, the panel, the list, the card and the tools.
import { byTimer } from "../presence.js";
import { getJson } from "./api.js";
import { createMap, mapConfig } from "./base.js";
import { makeCard } from "./card.js";
import { addCases } from "./cases.js";
import { makeCounts } from "./counts.js";
import { makeFilters } from "./filters.js";
import { legendBlocks } from "./legend.js";
import { makeList } from "./list.js";
import { makeMeasure } from "./measure.js";
import { makeNotices } from "./notices.js";
import { makePanel } from "./panel.js";
import { addPatrols } from "./patrols.js";
import { followPulse } from "./pulse.js";
import { followPointer } from "./pointing.js";
import { makePrint } from "./print.js";
import { makeSearch } from "./search.js";
import { addShading } from "./shading.js";
import { makeSheet } from "./sheet.js";
import { chinaDay, filterQuery, levelFor } from "./state.js";
import { makeStore } from "./store.js";
import { makeLayerSwitch } from "./toolbar.js";

const REFRESH_MS = 60_000;
const $ = (id) => document.getElementById(id);
const choices = JSON.parse($("map-choices").textContent);
const config = mapConfig();
const ahead_ms = Date.parse(choices.now) - Date.now(); // of the server's clock, which says what day it is
Object.defineProperty(choices, "today", { get: () => chinaDay(Date.now() + ahead_ms) });
const store = makeStore();
const notices = makeNotices($("map-progress"), $("map-banner"));
const ask = makeCounts(choices, store);
const sheet = makeSheet($("map-sheet"), $("sheet-handle"));
const phone = matchMedia("(width <= 720px)");
const FILTERS = ["family", "status", "risk", "lateness", "period", "from", "to"];

let unit = null;
let numbers = null;
let chosenUnit = "";
let shadeLevel = 0;
let drawn = false;
let day = choices.today;

/** Run a request; a refusal becomes a banner with a way to try again. Resolves to undefined then. */
async function tried(key, work, retry = () => everything()) {
  try {
    const answer = await work();
    notices.clear(key);
    return answer;
  } catch (fault) {
    notices.fault(key, fault, retry);
    return undefined;
  }
}

const acts = {
  tried,
  open: (code) => store.set({ unit: code === config.home.code ? "" : code, at: null, sel: "" }),
  choose: (code) => store.set({ sel: /^\d{15}$/.test(code) ? `unit:${code}` : `case:${code}` }),
  touch: (code) => shading?.mark({ touched: code }),
  close: () => store.set({ sel: "" }),
};
const panel = makePanel({ path: $("panel-path"), heading: $("panel-heading"), numbers: $("panel-numbers"), notes: $("panel-notes"), units: $("panel-units") }, choices, acts, store);
const list = makeList({ count: $("list-count"), items: $("list-items"), more: $("list-more"), all: $("list-all") }, choices, acts, store);
const card = makeCard($("map-card"), choices, acts, store);
const filters = makeFilters({ bar: $("filters"), period: $("filter-period"), days: $("filter-days"), menus: $("filter-menus"), reset: $("filter-reset"), toggle: $("filter-toggle") }, choices, store);
makeLayerSwitch($("layer-panel"), choices, config.basemap, store);
makeSearch({ input: $("map-search"), results: $("search-results") }, {
  tried,
  unit: (found) => acts.open(found.code),
  case: (found) => store.set({ sel: `case:${found.case_code}`, ...(found.lon === null ? {} : { at: [found.lon, found.lat, 16] }) }),
});
if (config.basemap?.fault) notices.say("basemap", config.basemap.fault);

const start = store.state.at;
const map = createMap($("map"), { base: store.state.base, ...(start ? { center: start.slice(0, 2), zoom: start[2] } : { fitBoundsOptions: { padding: padding() } }) });
let shading = null;
let cases = null;
let patrols = null;
const measure = makeMeasure(map, $("tool-measure"), $("map-measure"));
const print = makePrint(map, $("print-sheet"), choices, store, () => ({
  name: unit?.name ?? "", legend: legendBlocks(store.state, choices, shading?.legend()),
  numbers: $("panel-numbers").cloneNode(true),
}));

function padding() {
  return phone.matches ? { top: 24, left: 16, right: 16, bottom: Math.round(window.innerHeight * 0.36) + 12 } : { top: 36, left: 36, right: 56, bottom: 48 };
}

const viewBox = () => map.getBounds().toArray().flat().map((n) => n.toFixed(6)).join(",");
const listBox = () => (store.state.list === "view" ? viewBox() : "");
const loadList = (quiet) => list.load(unit.code, listBox(), { quiet });

/** Read the current unit and show it; fits the map unless the address says where to look. */
async function loadUnit() {
  const code = store.state.unit || config.home.code;
  panel.waiting();
  const facts = await tried("unit", () => getJson(`/map/units/${code}.json`, { slot: "unit" }), loadUnit);
  if (!facts) return;
  unit = facts;
  panel.unit(unit);
  markUnit();
  if (!store.state.at && unit.bbox) map.fitBounds(unit.bbox, { padding: padding(), duration: drawn ? 500 : 0, maxZoom: 17 });
  await Promise.all([loadCounts(), loadList()]);
}

async function loadCounts(quiet = false) {
  shadeLevel = levelFor(map.getZoom(), unit.level, config.levels);
  if (!choices.may_read_cases) {
    shading?.level(shadeLevel);
    return panel.counts({ total: 0, open: 0, late: 0, high: 0 }, unit.children.map(bare));
  }
  const answer = await tried("counts", () => ask(unit, shadeLevel, quiet), () => loadCounts());
  if (!answer) return numbers ? undefined : panel.failed();
  numbers = answer;
  panel.counts(numbers.own, numbers.below);
  panel.chosen(chosenUnit);
  shade();
  $("map").dataset.total = numbers.own.total;
  return undefined;
}

const markUnit = () => shading?.mark({ current: unit.has_outline ? unit.code : "" });

/** Shade the units by the numbers now known. */
function shade() {
  if (!numbers) return;
  shading?.level(shadeLevel);
  shading?.counts(numbers.shaded);
  legend();
}

const bare = (child) => ({ unit_code: child.code, name: child.name, has_outline: child.has_outline, total: 0, open: 0, late: 0, high: 0 });

function legend() {
  const blocks = legendBlocks(store.state, choices, shading?.legend());
  $("legend-blocks").replaceChildren(...blocks);
  $("map-legend").hidden = !blocks.length;
  $("map-empty").hidden = !(numbers && numbers.own.total === 0 && choices.may_read_cases);
}

/** Show the card of what the state says is chosen. */
async function loadChosen() {
  const [kind, code] = store.state.sel.split(":");
  chosenUnit = kind === "unit" ? code : "";
  panel.chosen(chosenUnit);
  list.chosen(kind === "case" ? code : "");
  shading?.mark({ chosen: chosenUnit });
  markCase(null);
  if (!kind) return card.hide();
  if (kind === "unit") {
    const facts = await tried("card", () => getJson(`/map/units/${code}.json`, { slot: "card" }).catch(absent), loadChosen);
    if (facts?.absent) card.none(facts.absent);
    else if (facts) card.unit(facts, [...(numbers?.shaded ?? []), ...(numbers?.below ?? [])].find((item) => item.unit_code === code));
    return undefined;
  }
  const facts = await tried("card", () => getJson(`/cases/${code}`, { slot: "card" }).catch(absent), loadChosen);
  if (!facts) return undefined;
  if (facts.absent) return card.none(facts.absent);
  card.case(facts);
  if (facts.lon !== null) markCase([facts.lon, facts.lat]);
  return undefined;
}

/** A chosen thing that is not there, or not theirs, is said on the card; other refusals go on. */
function absent(fault) {
  if (fault.status !== 404) throw fault;
  return { absent: fault.message };
}

function markCase(place) {
  const source = map.getSource("chosen-case");
  source?.setData({ type: "FeatureCollection", features: place ? [{ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: place } }] : [] });
  if (place && !map.getBounds().contains(place)) map.easeTo({ center: place, zoom: Math.max(map.getZoom(), 15) });
}

function showLayers() {
  const has = (name) => store.state.layers.includes(name);
  cases?.show({ cases: has("cases"), heat: has("heat") });
  showPatrols();
  for (const { id } of map.getStyle().layers) {
    if (/^units-(line|name)-/.test(id)) map.setLayoutProperty(id, "visibility", has("borders") ? "visible" : "none");
  }
}

function showPatrols() {
  const has = (name) => store.state.layers.includes(name);
  const read = choices.may_read_patrols;
  const shown = { cover: has("cover") && read, points: has("points") && read, duty: has("duty") && choices.may_read_duty };
  patrols?.show(shown, unit?.code ?? (store.state.unit || config.home.code), store.state.days);
}

const caseQuery = () => filterQuery(store.state, choices.today, { unit: unit?.code ?? (store.state.unit || config.home.code), by: store.state.color });

function addLayers() {
  shading = addShading(map, { shade: store.state.shade, level: 0, levels: config.levels, covered: Boolean(map.getLayer("base-0") || map.getLayer("base-earth")) });
  if (choices.may_read_cases) cases = addCases(map, choices, { query: caseQuery(), way: store.state.color, maxZoom: config.max_zoom });
  if (choices.may_read_patrols) patrols = addPatrols(map, { tried, say: (key, words) => (words ? notices.say(key, words) : notices.clear(key)) });
  map.addSource("chosen-case", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  map.addLayer({ id: "chosen-case", type: "circle", source: "chosen-case", paint: { "circle-radius": 13, "circle-color": "rgba(0,0,0,0)", "circle-stroke-width": 3, "circle-stroke-color": getComputedStyle(document.documentElement).getPropertyValue("--map-select") } });
  showLayers();
  followPointer(map, {
    caseLayers: () => (cases && store.state.layers.includes("cases") ? cases.layers : []),
    busy: measure.active,
    acts: { unit: acts.choose, drill: acts.open, case: ({ case_code: code }) => acts.choose(code), touch: acts.touch, idle: acts.close },
  });
}

async function everything() {
  cases?.retry();
  await loadUnit();
  await loadChosen();
}

store.listen(async (state, changed) => {
  const filtered = FILTERS.some((name) => changed.has(name));
  if (changed.has("color")) cases?.color(state.color);
  if (changed.has("shade")) shading?.shade(state.shade);
  if (changed.has("layers")) showLayers();
  if (changed.has("days")) showPatrols();
  if (changed.has("base")) return location.reload();
  if (changed.has("tab")) sheet.tab(state.tab);
  if (changed.has("list")) showListScope();
  if (changed.has("unit")) {
    await loadUnit();
    showPatrols();
  } else if (filtered) await Promise.all([loadCounts(), loadList()]);
  else if (changed.has("list") || (changed.has("at") && state.list === "view") || changed.has("color")) await loadList();
  if (filtered || changed.has("unit") || changed.has("color")) cases?.filter(caseQuery());
  if (changed.has("at")) showPlace(state.at);
  if (changed.has("sel")) await loadChosen();
  legend();
  return undefined;
});

/** Look where the address says, when it was not the map itself that said so. */
function showPlace(at) {
  if (!at) return unit?.bbox && map.fitBounds(unit.bbox, { padding: padding(), maxZoom: 17 });
  const centre = map.getCenter();
  const there = Math.abs(centre.lng - at[0]) < 2e-5 && Math.abs(centre.lat - at[1]) < 2e-5 && Math.abs(map.getZoom() - at[2]) < 0.01;
  return there || map.easeTo({ center: at.slice(0, 2), zoom: at[2], duration: 400 });
}

function showListScope() {
  for (const button of document.querySelectorAll("[data-list]")) button.setAttribute("aria-pressed", String(button.dataset.list === store.state.list));
}

// The numbers and the list do not wait for the drawing, nor the drawing for them.
const layered = new Promise((resolve) => map.once("style.load", () => resolve(addLayers())));
Promise.all([loadUnit(), layered]).then(async () => {
  if (unit) markUnit();
  if (unit && !numbers) shading.level(shadeLevel);
  shade();
  await loadChosen();
  const finished = () => {
    if (!map.areTilesLoaded()) return void map.once("idle", finished);
    drawn = true;
    fresh();
    document.documentElement.dataset.mapReady = "1";
  };
  map.once("idle", finished);
  map.triggerRepaint();
});

map.on("moveend", (event) => {
  if (!unit) return;
  if (event.originalEvent || event.byPerson) {
    const { lng, lat } = map.getCenter();
    store.set({ at: [lng, lat, map.getZoom()].map((n) => Number(n.toFixed(5))) }, { quiet: true });
  } else if (store.state.list === "view") loadList(true);
  if (numbers && levelFor(map.getZoom(), unit.level, config.levels) !== shadeLevel) loadCounts(true);
});

map.on("error", ({ error, sourceId }) => {
  if (!sourceId) return;
  const status = error?.status ?? 0;
  notices.fault("tiles", { status, message: "部分地图数据没有取到，图上可能不完整。" }, () => {
    cases?.retry();
    map.refreshTiles("units");
  });
});

/** Say when a tile could not hold all units: the deepest are missing there until one looks closer. */
map.on("idle", () => {
  if (!map.getSource("units")) return;
  const [cut] = map.querySourceFeatures("units", { sourceLayer: "units_left_out" });
  if (cut) notices.say("units", `此范围内区划过多，每块只画出 ${cut.properties.shown.toLocaleString("zh-CN")} 个，其余的没有显示：请放大后查看。`);
  else notices.clear("units");
});

function fresh() {
  const time = new Date().toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit" });
  $("map-fresh").textContent = `${time} 更新`;
}

/** After midnight "the last 7 days" are others: what is asked from now on follows. */
function nextDay() {
  day = choices.today;
  filters.nextDay();
  cases?.filter(caseQuery());
}

function refresh() {
  byTimer();
  if (day !== choices.today) nextDay();
  cases?.refresh();
  patrols?.refresh();
  loadCounts(true);
  list.refresh(unit.code, listBox());
  fresh();
}
const isWatched = () => !document.hidden && unit;
setInterval(() => isWatched() && refresh(), REFRESH_MS);
if (choices.may_read_cases) followPulse(isWatched, refresh);

$("tool-print").addEventListener("click", print.open);
$("tool-home").addEventListener("click", () => store.set({ at: null }) ?? showPlace(null));
$("tool-full").addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : $("map-area").requestFullscreen()));
for (const button of document.querySelectorAll("[data-list]")) button.addEventListener("click", () => store.set({ list: button.dataset.list }));
for (const button of document.querySelectorAll("[data-tab]")) button.addEventListener("click", () => store.set({ tab: button.dataset.tab }, { quiet: true }));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("details.menu[open]")) return;
  if (measure.active()) measure.stop();
  else if (store.state.sel) acts.close();
});
$("map-legend").open = !phone.matches;
showListScope();
sheet.tab(store.state.tab);
