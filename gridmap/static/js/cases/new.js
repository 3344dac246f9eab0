// Registering a case: family before category, a place picked on the map and named at once, photos shown before they are sent,
// and errors beside their fields without losing anything. Without scripts the form still works.
import { createMap, pickPoint } from "../maps/base.js";
import { photoPicker } from "./photos.js";

const form = document.querySelector("#case-new");
const field = (name) => form.elements[name];
const placed = document.querySelector("#placed");
const border = document.querySelector("#border");

// ── category: family first ─────────────────────────────────────────────────────────────────────────────────────────
const category = field("category");
const groups = [...category.querySelectorAll("optgroup")];
const families = document.querySelector("[data-families]");
families.hidden = false;

function choose(family) {
  for (const button of families.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.family === family));
  const current = category.selectedOptions[0]?.closest("optgroup");
  for (const group of groups) {
    if (family && group.dataset.family !== family) group.remove();
    else category.append(group);
  }
  if (current && family && current.dataset.family !== family) category.value = "";
  described();
}

function described() {
  const option = category.selectedOptions[0];
  document.querySelector("#limit-hint").textContent = option?.dataset.limit ?? "";
  if (option?.dataset.grade) field("grade").value = option.dataset.grade;
}

families.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  choose(button.getAttribute("aria-pressed") === "true" ? "" : button.dataset.family);
  category.focus();
});
category.addEventListener("change", described);
if (category.value) choose(category.selectedOptions[0].closest("optgroup").dataset.family);

// ── place ──────────────────────────────────────────────────────────────────────────────────────────────────────────
const lon = field("lon");
const lat = field("lat");
const start = lon.value && lat.value && field("datum").value === "wgs84" ? { center: [Number(lon.value), Number(lat.value)], zoom: 16 } : {};
const map = createMap(document.querySelector("#pick-map"), start);
const VAGUE_M = 50;
let timer = 0;
let asked = 0;

const pick = pickPoint(map, (point) => {
  field("datum").value = "wgs84";
  fill(point.lon, point.lat, Math.max(1, Math.ceil(metresPerPixel(point.lat) * 3)), "map");
  place();
});

function metresPerPixel(latitude) {
  return (78_271.517 * Math.cos((latitude * Math.PI) / 180)) / 2 ** map.getZoom();
}

function fill(x, y, accuracy, method) {
  lon.value = x.toFixed(6);
  lat.value = y.toFixed(6);
  field("accuracy_m").value = String(accuracy);
  field("position_method").value = method;
  methodChanged();
}

/** Ask the server which unit the place is in, and show it; the pin follows what was typed. */
async function place({ move = false } = {}) {
  clearFault("lon");
  clearFault("lat");
  if (!lon.value.trim() || !lat.value.trim()) return;
  const number = ++asked;
  const query = new URLSearchParams({ lon: lon.value, lat: lat.value, datum: field("datum").value, accuracy_m: field("accuracy_m").value });
  let answer;
  try {
    answer = await fetch(`${form.dataset.place}?${query}`, { headers: { Accept: "application/json" } });
  } catch {
    return say("暂时无法判断所属网格，提交时会再次判断。", "pending");
  }
  if (number !== asked) return;
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) return answer.status === 400 ? fault(found) : say("暂时无法判断所属网格，提交时会再次判断。", "pending");
  document.querySelector("#swap").hidden = true;
  pick.set(found.lon, found.lat);
  if (move) map.easeTo({ center: [found.lon, found.lat], zoom: Math.max(map.getZoom(), 15) });
  const vague = field("position_method").value === "map" && Number(field("accuracy_m").value) > VAGUE_M;
  say(vague ? `${found.message}放大地图后再选点会更准确。` : found.message, found.state);
  ask(found.choices);
}

function say(message, state) {
  placed.textContent = message;
  placed.dataset.state = state;
}

function ask(choices) {
  border.hidden = choices.length === 0;
  document.querySelector("#border-choices").replaceChildren(...choices.map(({ unit_code, name }) => {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "border_unit", value: unit_code });
    label.append(input, name);
    return label;
  }));
}

function typed() {
  clearTimeout(timer);
  timer = setTimeout(() => place({ move: true }), 500);
}
for (const name of ["lon", "lat"]) field(name).addEventListener("input", () => (field("accuracy_m").value = ""));  // that of another point
for (const name of ["lon", "lat", "accuracy_m"]) field(name).addEventListener("input", typed);
field("datum").addEventListener("change", typed);

function methodChanged() {
  const none = field("position_method").value === "none";
  document.querySelector("#coordinates").hidden = none;
  document.querySelector("#named-unit").hidden = !none && placed.dataset.state !== "pending";
  if (none) {
    pick.clear();
    ask([]);
    say("没有位置的事件会列为“未定位”，不在地图上显示。", "pending");
  } else if (lon.value) place();
}
for (const radio of form.querySelectorAll("[name=position_method]")) radio.addEventListener("change", methodChanged);

document.querySelector("#swap button").addEventListener("click", (event) => {
  event.preventDefault();
  [lon.value, lat.value] = [lat.value, lon.value];
  place({ move: true });
  lon.focus();
});

const locate = document.querySelector("[data-locate]");
locate.hidden = !("geolocation" in navigator) || !window.isSecureContext;
locate.addEventListener("click", () => {
  locate.disabled = true;
  say("正在定位……", "pending");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      locate.disabled = false;
      field("datum").value = "wgs84";
      fill(coords.longitude, coords.latitude, Math.ceil(coords.accuracy), "gps");
      place({ move: true });
    },
    () => {
      locate.disabled = false;
      say("没有取得定位：请允许使用位置信息，或在地图上选点。", "refused");
    },
    { enableHighAccuracy: true, timeout: 15_000, maximumAge: 0 },
  );
});
methodChanged();
if (lon.value && lat.value) place({ move: true });

// ── photos, sending, faults ────────────────────────────────────────────────────────────────────────────────────────
const photos = photoPicker(field("photos"), document.querySelector("#previews"), {
  most: Number(form.dataset.photos), mostMb: Number(form.dataset.photoMb), refuse: (message) => fault({ field: "photos", detail: message }),
});
photos.changed = () => clearFault("photos");
form.addEventListener("input", (event) => clearFault(event.target.name));

function box(name) {
  const control = name === "border_unit" ? border : name && field(name);
  return control instanceof RadioNodeList ? control[0].closest(".field") : control?.closest?.(".field");
}

function clearFault(name) {
  const where = box(name);
  where?.querySelectorAll(".field-error").forEach((old) => old.remove());
  where?.querySelectorAll("[aria-invalid]").forEach((old) => old.removeAttribute("aria-invalid"));
}

function fault({ field: name = "", detail = "没有登记，请稍后再试。", choices, offer }) {
  const where = box(name);
  if (choices) ask(choices);
  if (name === "lon") document.querySelector("#swap").hidden = !offer;
  if (!where) return top(detail);
  clearFault(name);
  const line = Object.assign(document.createElement("div"), { className: "field-error", id: `${name}-error`, textContent: detail });
  line.setAttribute("role", "alert");
  where.append(line);
  const control = where.querySelector("input:not([type=hidden]), select, textarea");
  control?.setAttribute("aria-invalid", "true");
  control?.setAttribute("aria-describedby", line.id);
}

function top(message) {
  const bar = document.querySelector("#case-fault");
  bar.textContent = message;
  bar.hidden = !message;
}

const submit = document.querySelector("#case-submit");
const sending = document.querySelector("#case-sending");

form.addEventListener("submit", async (event) => {
  if (event.submitter?.name === "swap") return;
  event.preventDefault();
  if (submit.disabled) return;
  submit.disabled = true;
  sending.textContent = "正在提交……";
  top("");
  for (const old of form.querySelectorAll(".field-error")) old.remove();
  for (const old of form.querySelectorAll("[aria-invalid]")) old.removeAttribute("aria-invalid");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
    const body = await answer.json().catch(() => ({}));
    if (answer.ok) return location.assign(body.url);
    fault(body);
    const wrong = form.querySelector("[aria-invalid]") ?? document.querySelector("#case-fault");
    wrong.scrollIntoView({ block: "center" });
    wrong.focus?.();
  } catch {
    top("没有登记：网络中断或服务暂时不可用。填写的内容还在，请稍后再次提交，不会重复登记。");
  }
  submit.disabled = false;
  sending.textContent = "";
});
