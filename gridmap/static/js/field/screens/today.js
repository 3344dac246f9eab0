// 今日: what the worker must do, in the order of a walk, and the cases that they reported lately.
import { h } from "../../dom.js";
import { lengthText, metres } from "../geo.js";
import { redraw } from "../keyed.js";
import { beenToday, inOrder, planNow, refusal } from "../points.js";
import { follow, freshFix, lastFix } from "../position.js";
import { isFilledIn } from "../queue.js";
import { sketch } from "../sketch.js";
import { walkingOrder } from "../walk.js";
import { checkIn } from "./check.js";

const TIME = new Intl.DateTimeFormat("zh-CN", { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false });
const SHOWN = 20;
const SAID_MS = 15_000;

function due(task) {
  if (!task.due_at) return { tone: "", words: "" };
  const left = new Date(task.due_at) - Date.now();
  if (left < 0) return { tone: "bad", words: "已超时" };
  return { tone: left < 24 * 3_600_000 ? "warn" : "", words: `${TIME.format(new Date(task.due_at))} 前` };
}

/** Draw the tasks and cases; the order follows the position when one is known. */
export function showToday(root, app, go) {
  const ended = new AbortController();
  const body = h("div", {});
  const duty = h("div", {});
  const said = new Map(); // why a point was not checked in at, to stay while the screen is drawn anew
  let start = lastFix();

  function draw() {
    drawDuty(duty, app);
    if (!app.package) return redraw(body, [h("p", { class: "empty" }, "还没有离线资料，请连上网络。")]);
    const at = start ? [start.lon, start.lat] : null;
    const places = app.package.tasks.map((task) => ({ task, at: task.lon === null ? null : [task.lon, task.lat] }));
    const route = walkingOrder(places, at);
    const tasks = route.map(({ task, at: place }, i) => taskRow(task, i + 1, at && place ? metres(at, place) : null, isFilledIn(task, app.items), go));
    const stops = route.filter(({ at: place }) => place).map(({ at: place }) => place);
    const grids = [...app.package.grids.map((one) => ({ ...one, own: true })), ...app.package.near];
    redraw(body, [
      ...app.package.notices.map(({ body: words, at: sent }) => h("p", { class: "notice" }, words, h("span", { class: "hint" }, ` ${TIME.format(new Date(sent))}`))),
      h("h2", {}, `任务 ${tasks.length || ""}`),
      stops.length ? h("div", { class: "walk-picture" }, sketch(grids, start, stops)) : "",
      tasks.length ? h("ol", { class: "tasks", dataset: { list: "tasks" } }, tasks) : h("p", { class: "empty" }, "没有待办的任务。"),
      ...plansPart(app),
      ...pointsPart(app, start, said),
      h("h2", {}, "我上报的"),
      app.package.cases.length ? h("ul", { class: "items", dataset: { list: "cases" } }, app.package.cases.slice(0, SHOWN).map(caseRow)) : h("p", { class: "empty" }, "最近 30 天没有上报。"),
      h("p", { class: "hint" }, `离线资料更新于 ${TIME.format(new Date(app.package.made_at))}`)]);
  }

  root.replaceChildren(duty, body);
  app.events.addEventListener("change", draw, { signal: ended.signal });
  const stop = app.package?.tasks.length || app.package?.points.length ? follow((fix) => {
    if (!fix || (start && metres([start.lon, start.lat], [fix.lon, fix.lat]) < 30)) return;
    start = fix;
    draw();
  }) : () => {};
  draw();
  return () => {
    ended.abort();
    stop();
  };
}

function drawDuty(place, app) {
  const shown = app.duty ? "on" : "off";
  if (place.dataset.shown === shown) return;
  place.dataset.shown = shown;
  if (app.duty) return place.replaceChildren(h("button", { type: "button", class: "wide", onclick: () => app.goOff() }, "下岗"));
  const { units } = app.session;
  const begin = ({ code, name }) => h("button", { type: "button", class: "wide primary", onclick: () => app.goOn(code) }, units.length > 1 ? `在${name}上岗` : "上岗");
  place.replaceChildren(...units.map(begin), h("p", { class: "hint" }, "上岗后记录巡查轨迹，下岗即停止；下岗期间不记录位置。"));
}

function plansPart(app) {
  const plans = app.package.plans ?? [];
  return plans.length ? [h("h2", {}, "巡查计划"), h("ul", { class: "items", dataset: { list: "plans" } }, plans.map((plan) => planRow(app, plan)))] : [];
}

function planRow(app, plan) {
  const { done, needed, left, missing, over } = planNow(plan, app.items, Date.now());
  const area = plan.aim === "area";
  const names = area ? [] : app.package.points.filter(({ id }) => missing.includes(id)).map(({ name }) => name);
  const state = over ? "待更新" : left ? (area ? `${done}% / ${needed}%` : `${done}/${needed}`) : "已完成";
  const until = plan.from_on === plan.to_on ? "今天" : `${plan.to_on.slice(5)} 截止`;
  const words = over ? "新的一期已经开始，连上网络后更新" : [plan.rhythm, until, area ? "手机上岗时走到的面积" : left ? `还有 ${names.slice(0, 3).join("、")}${left > 3 ? ` 等 ${left} 个` : ""}` : "点位都到过"].join(" · ");
  return h("li", { class: "item" }, h("div", { class: "row spread" }, h("strong", {}, plan.name), h("span", { class: left || over ? "state" : "state state-done" }, state)), h("div", { class: "hint" }, words));
}

function pointsPart(app, fix, said) {
  const points = app.package.points ?? [];
  if (!points.length) return [];
  const been = beenToday(points, app.items, Date.now());
  const rows = inOrder(points, been, fix).map((row) => pointRow(app, row, said));
  return [h("h2", {}, `点位 ${been.size}/${points.length}`),
    app.duty ? h("a", { class: "wide", href: "#check" }, "扫码打卡") : h("p", { class: "hint" }, "上岗后才能打卡。"),
    h("ul", { class: "tasks", dataset: { list: "points" } }, rows)];
}

function pointRow(app, { point, been, distance }, said) {
  const last = said.get(point.id);
  const refused = last && Date.now() - last.at < SAID_MS ? last.words : "";
  const say = h("span", { class: refused && !been ? "hint tone-bad" : "hint", role: "status" }, been ? "今日已打卡" : refused || (distance === null ? "" : lengthText(distance)));
  const act = ({ currentTarget: button }) => {
    const words = refusal(point, freshFix(), app.package.check_in_accuracy_m);
    if (!words) {
      button.disabled = true; // a second tap is the same
      return checkIn(app, { point }).then((done) => { button.disabled = done; });
    }
    said.set(point.id, { words, at: Date.now() });
    say.textContent = words;
  };
  return h("li", { class: been ? "point done" : "point", dataset: { key: `point-${point.id}` } }, h("span", { class: "task-words" }, h("strong", {}, point.name), say),
    app.duty && !been ? h("button", { type: "button", class: "small", onclick: act, "aria-label": `在${point.name}打卡` }, "打卡") : null);
}

function taskRow(task, number, distance, isDone, go) {
  const { tone, words } = due(task);
  return h("li", { class: isDone ? "task done" : "task", dataset: { key: `task-${task.case_code}` } }, h("button", { type: "button", onclick: () => go(`task/${task.case_code}`) },
    h("span", { class: "task-number" }, isDone ? "✓" : String(number)),
    h("span", { class: "task-words" }, h("strong", {}, task.title), h("span", { class: "hint" }, [task.kind_name, task.address_text, distance === null ? "未定位" : lengthText(distance)].filter(Boolean).join(" · "))),
    words ? h("span", { class: `due ${tone && `tone-${tone}`}` }, isDone ? "已填写" : words) : null));
}

const caseRow = (one) => h("li", { class: "item" }, h("div", { class: "row spread" }, h("strong", {}, one.title), h("span", { class: "state" }, one.status_name)),
  h("div", { class: "hint" }, `${one.case_code} · ${TIME.format(new Date(one.received_at))}`));
