// 我的: duty and track, the look of the app, the PIN, and leaving.
import { h } from "../../dom.js";
import { spanWords } from "../frame.js";
import { canPush, isPushed, startPush, stopPush } from "../push.js";
import { changePin } from "../vault.js";

/** Draw the screen, anew with every change. */
export function showMe(root, app) {
  const ended = new AbortController();
  const track = h("section", { class: "panel" });
  const drawTrack = () => {
    const state = app.recorder?.state;
    const lines = app.duty
      ? [`在岗 ${spanWords(Date.now() - app.duty.on_at)}，已记录 ${state?.kept ?? 0} 个位置。`, state?.awake ? "屏幕保持常亮，正在记录。" : "屏幕关闭或切到别的应用时，手机不会记录位置，轨迹会留下空白，不会补画。"]
      : ["现在没有上岗，不记录位置。"];
    track.replaceChildren(h("h3", {}, "上岗和轨迹"), ...lines.map((line) => h("p", {}, line)), h("a", { class: "small", href: "/patrols/tracks" }, "查看我的轨迹（需要网络）"), h("a", { class: "small", href: "/field/phones" }, "我的手机（需要网络）"));
  };
  root.replaceChildren(h("h2", { class: "visually-hidden" }, "我的"), track, pushPart(app), look(app), pinPart(app), leavePart(app));
  app.events.addEventListener("change", drawTrack, { signal: ended.signal });
  drawTrack();
  return () => ended.abort();
}

function pushPart(app) {
  if (!canPush(app)) return "";
  const said = h("p", { role: "status", class: "hint" }, "收到新的通知和任务时提醒您；锁屏上只写“有新的通知”，不写内容。");
  const toggle = h("input", { type: "checkbox", onchange: async () => {
    toggle.disabled = true;
    const words = toggle.checked ? await startPush(app) : await stopPush(app);
    if (words) said.textContent = words;
    toggle.checked = await isPushed();
    toggle.disabled = false;
  } });
  isPushed().then((pushed) => { toggle.checked = pushed; });
  return h("section", { class: "panel" }, h("h3", {}, "通知提醒"), h("label", { class: "choice" }, toggle, "有新通知时提醒我"), said);
}

function look(app) {
  const large = document.documentElement.classList.contains("large");
  const toggle = h("input", { type: "checkbox", checked: large, onchange: async () => {
    document.documentElement.classList.toggle("large", toggle.checked);
    await app.store.setPlain("large", toggle.checked);
  } });
  return h("section", { class: "panel" }, h("h3", {}, "显示"), h("label", { class: "choice" }, toggle, "大字"));
}

function pinPart(app) {
  const said = h("p", { role: "status" });
  const field = (id, words) => h("div", { class: "field" }, h("label", { for: id }, words), h("input", { id, type: "password", inputmode: "numeric", pattern: "\\d{6}", maxlength: 6, required: true, autocomplete: "off" }));
  const form = h("form", { onsubmit: async (event) => {
    event.preventDefault();
    const [old, next] = [...form.querySelectorAll("input")].map(({ value }) => value);
    const vault = await changePin(await app.store.plain("vault"), old, next);
    if (vault) await app.store.setPlain("vault", vault);
    form.reset();
    said.textContent = vault ? "解锁码已修改。" : "原解锁码不对，没有修改。";
  } }, field("pin-old", "原解锁码"), field("pin-new", "新解锁码（6 位数字）"), h("button", { type: "submit", class: "small" }, "修改"), said);
  return h("section", { class: "panel" }, h("h3", {}, "解锁码"), h("button", { type: "button", class: "small", onclick: () => app.lock() }, "立即锁定"), h("details", {}, h("summary", {}, "修改解锁码"), form));
}

function leavePart(app) {
  const leave = () => {
    const { unsent } = app.counts();
    const left = app.items.filter(({ state }) => state !== "sent").length;
    const words = left ? `还有 ${unsent || left} 条内容没有送达，退出后会丢失。确定退出并清除？` : "退出后清除本机保存的数据。确定退出？";
    if (window.confirm(words)) app.leave();
  };
  return h("section", { class: "panel" }, h("h3", {}, app.session.name), h("p", { class: "hint" }, app.session.units.map(({ name }) => name).join("、")), h("button", { type: "button", class: "wide danger", onclick: leave }, "退出并清除本机数据"));
}
