// What stays on every screen: the head with the state of sending, the strip of duty, the bar of screens.
import { h, icon } from "../dom.js";
import { FAULTS } from "./queue.js";
import { showCheck } from "./screens/check.js";
import { showMe } from "./screens/me.js";
import { showQueue } from "./screens/queue.js";
import { showReport } from "./screens/report.js";
import { showTask } from "./screens/task.js";
import { showToday } from "./screens/today.js";

const OTHERS = { check: showCheck, task: showTask };
const SCREENS = [
  { name: "today", words: "今日", icon: "home", show: showToday },
  { name: "report", words: "上报", icon: "plus", show: showReport },
  { name: "queue", words: "发送", icon: "upload", show: showQueue },
  { name: "me", words: "我的", icon: "user", show: showMe },
];

/** Words and tone of the sending, for the person. */
export function linkWords(app) {
  const { unsent, attention } = app.counts();
  const left = unsent ? `${unsent} 条未送达` : "";
  if (attention) return { tone: "bad", words: `${attention} 条需要处理` };
  if (app.link.state === "busy") return { tone: "", words: left ? `正在发送，${left}` : "正在联系服务器" };
  if (app.link.state === "signin" || app.link.state === "other") return { tone: "bad", words: `${left || "请重新登录"}${left ? "，请重新登录" : ""}` };
  if (app.link.state === "offline") return { tone: "warn", words: left ? `没有网络，${left}` : "没有网络，可照常使用" };
  if (app.link.state !== "done") return { tone: "warn", words: left || FAULTS[app.link.state] || "正在准备" };
  return unsent ? { tone: "warn", words: left } : { tone: "good", words: "全部已送达" };
}

/** Draw the frame and the screen of the address (#report). Returns { close() }. */
export function makeFrame(place, app) {
  const ended = new AbortController();
  const { signal } = ended;
  const sending = h("button", { class: "sending", type: "button", onclick: () => go("queue") });
  const strip = h("div", { class: "strip" });
  const note = h("div", { class: "notes", role: "status" });
  const screen = h("main", { class: "screen", id: "screen", tabindex: "-1" });
  const bar = h("nav", { class: "bar", "aria-label": "主导航" }, SCREENS.map((one) => h("a", { href: `#${one.name}`, dataset: { name: one.name } }, icon(one.icon), h("span", {}, one.words))));
  const units = () => app.session.units.map(({ name }) => name).join("、");
  place.replaceChildren(h("header", { class: "top" }, h("div", { class: "top-name" }, h("strong", {}, app.session.name), h("span", {}, units())), sending), strip, note, screen, bar);
  let close = () => {};

  function go(name) {
    location.hash = name;
  }

  function draw() {
    const { tone, words } = linkWords(app);
    sending.className = `sending ${tone && `tone-${tone}`}`;
    if (sending.textContent !== words) sending.textContent = words;
    const { attention, unsent } = app.counts();
    const tab = bar.querySelector("[data-name=queue] span");
    tab.textContent = unsent ? `发送 ${unsent}` : "发送";
    tab.classList.toggle("alarm", attention > 0);
    drawStrip(strip, app);
    drawNotes(note, app);
  }

  function turn() {
    const name = location.hash.slice(1).split("/")[0];
    const wanted = SCREENS.find((one) => one.name === name) ?? SCREENS[0];
    close();
    screen.replaceChildren();
    for (const link of bar.children) link.ariaCurrent = link.dataset.name === wanted.name ? "page" : null;
    window.scrollTo(0, 0);
    close = (OTHERS[name] ?? wanted.show)(screen, app, go);
  }

  app.events.addEventListener("change", draw, { signal });
  window.addEventListener("hashchange", turn, { signal });
  const clock = setInterval(() => drawStrip(strip, app), 10_000);
  draw();
  turn();
  return {
    close() {
      ended.abort();
      clearInterval(clock);
      close();
    },
  };
}

/** How long ago or how long, for people: 5 秒, 12 分钟, 2 小时 5 分. */
export function spanWords(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} 秒`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} 分钟` : `${Math.floor(minutes / 60)} 小时 ${minutes % 60} 分`;
}

function drawStrip(strip, app) {
  strip.hidden = !app.duty;
  if (!app.duty) return;
  const state = app.recorder?.state;
  const fix = state?.fix;
  const track = state?.elsewhere ? "另一个窗口正在记录" : state?.fault || (fix ? `最近定位 ${spanWords(Date.now() - fix.at)}前，误差约 ${Math.round(fix.accuracy)} 米` : "正在等待定位");
  const words = `在岗 ${spanWords(Date.now() - app.duty.on_at)} · ${track}`;
  if (strip.textContent !== words) strip.textContent = words;
  strip.classList.toggle("tone-warn", Boolean(state?.fault) || (!state?.elsewhere && (!fix || Date.now() - fix.at > 120_000)));
}

function drawNotes(note, app) {
  const parts = [];
  if (app.update) parts.push(h("div", { class: "note" }, "有新版本。", h("button", { type: "button", onclick: app.update }, "更新")));
  if (app.link.state === "signin" || app.link.state === "other") {
    parts.push(h("div", { class: "note tone-bad" }, app.link.state === "other" ? FAULTS.other : "登录已过期，未送达的内容都在，重新登录后自动发送。", h("a", { href: app.login }, "去登录")));
  }
  if (app.dutySaid && !app.duty) parts.push(h("div", { class: "note tone-warn" }, app.dutySaid, h("button", { type: "button", onclick: () => app.dutySeen() }, "知道了")));
  if (app.full) parts.push(h("div", { class: "note tone-bad" }, app.full));
  if (parts.length !== note.children.length || parts.some((part, i) => part.textContent !== note.children[i].textContent)) note.replaceChildren(...parts);
}
