// Where it is: by the phone's receiver with its accuracy, or picked on the map; near a border the person is asked.
import { h } from "../../../dom.js";
import { follow } from "../../position.js";
import { sketch } from "../../sketch.js";
import { aged, lengthText, placeIn } from "../../geo.js";

const AGEING_MS = 10_000;

/** Follow the position while the form is open. `border`: what the server asked. Returns { element, fix(), close() }. */
export function followPlace(app, state, { border, changed }) {
  const element = h("section", { class: "place", "aria-label": "位置" });
  const words = h("p", { role: "status" });
  const picture = h("div", { class: "place-picture" });
  const question = h("div", {});
  let gps = null;
  let none = false;
  const fix = () => (none ? null : state.place ?? aged(gps, Date.now()));

  function draw(fault = "") {
    const at = fix();
    words.textContent = none ? "不带位置上报，由综治中心确定地点。" : at ? fixWords(app, at) : fault || "正在定位…";
    words.className = at && !none && isElsewhere(app, at) ? "tone-warn" : "";
    picture.replaceChildren(sketch([...app.package.grids.map((one) => ({ ...one, own: true })), ...app.package.near], at));
    const choices = border ?? (at && asks(app, at)?.map(({ code, path }) => ({ unit_code: code, name: path })));
    drawQuestion(question, choices, state, changed);
    acts.replaceChildren(...actions());
  }

  function actions() {
    const button = (text, act) => h("button", { type: "button", class: "small", onclick: act }, text);
    return [
      button("在地图上选", openMap),
      state.place || none ? button("用当前定位", () => { state.place = null; none = false; state.border = ""; draw(); changed(); }) : null,
      none ? null : button("没有位置", () => { none = true; draw(); changed(); }),
    ].filter(Boolean);
  }

  async function openMap() {
    words.textContent = "正在打开地图…";
    const { pickOnMap } = await import("../../map.js").catch(() => ({}));
    if (!pickOnMap) return draw("地图还没有下载到手机，请在有网络时打开一次。");
    const picked = await pickOnMap(app, fix());
    if (picked) {
      Object.assign(state, { place: { ...picked, accuracy: 5, method: "map" }, border: "" });
      none = false;
      changed();
    }
    draw();
  }

  const acts = h("div", { class: "row" });
  element.append(h("h3", {}, "在哪里"), picture, words, question, acts);
  const stopFollowing = follow((found, fault) => {
    const better = found && { lon: found.lon, lat: found.lat, accuracy: Math.round(found.accuracy), method: "gps", at: found.at };
    const first = !gps && better;
    if (better) gps = better;
    draw(fault);
    if (first) changed();
  });
  const clock = setInterval(() => { if (gps && !state.place) draw(); }, AGEING_MS);
  draw();
  return { element, fix, close: () => { clearInterval(clock); stopFollowing(); } };
}

function drawQuestion(place, choices, state, changed) {
  const codes = (choices ?? []).map(({ unit_code: code }) => code).join();
  if (place.dataset.codes === codes) return;
  place.dataset.codes = codes;
  if (!choices?.length) return place.replaceChildren();
  const option = ({ unit_code: code, name }) => h("label", { class: "choice" },
    h("input", { type: "radio", name: "border", value: code, checked: state.border === code, onchange: () => { state.border = code; changed(); } }), name);
  place.replaceChildren(h("fieldset", { class: "border-question" }, h("legend", {}, "位置靠近边界，属于哪一个？"), choices.map(option)));
}

/** The grids among which the person must choose, when the position is nearer to a border than it is exact; else null. */
export function asks(app, fix) {
  const { inside, near } = placeIn([...app.package.grids, ...app.package.near], [fix.lon, fix.lat], fix.accuracy);
  return near.length && (inside || near.length > 1) ? [inside, ...near].filter(Boolean) : null;
}

const isElsewhere = (app, fix) => !placeIn(app.package.grids, [fix.lon, fix.lat], fix.accuracy).inside && !asks(app, fix);

/** Words about a fix: how exact, and in which grid. */
function fixWords(app, fix) {
  const { inside } = placeIn([...app.package.grids, ...app.package.near], [fix.lon, fix.lat], 0);
  const late = fix.late_s ? `${fix.late_s < 120 ? `${fix.late_s} 秒` : `${Math.round(fix.late_s / 60)} 分钟`}前的定位，` : "";
  const exact = fix.method === "map" ? "地图选点" : `${late}误差约 ${lengthText(fix.accuracy ?? 0)}`;
  return `${exact} · ${inside ? inside.path : "不在您的网格内，请核对位置"}`;
}
