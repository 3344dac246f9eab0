// 扫码打卡: the camera reads the sign of a point; a sign opened with the phone's own camera comes as #check/<code>; or it is typed.
import { h } from "../../dom.js";
import { freshFix } from "../position.js";

const EVERY_MS = 250;
const CODE = /[2-9A-HJ-NP-Z]{10}$/;

const codeIn = (text) => CODE.exec(text.split("/").pop().replace(/[\s-]/g, "").toUpperCase())?.[0] ?? "";

/** Keep that the person is at a point: by the sign (`code`) or by the place (`point`), with where the phone is. Returns whether it is kept. */
export async function checkIn(app, { code = null, point = null }) {
  const fresh = freshFix();
  const place = fresh ? { lon: fresh.lon, lat: fresh.lat, accuracy_m: fresh.accuracy, method: "gps" } : {};
  const id = crypto.randomUUID();
  const body = { duty: app.duty.id, code, point: point?.id ?? null, title: point?.name ?? "扫码打卡", ...place };
  return app.guarded(() => app.add({ id, kind: "check_in", object: id, body }));
}

/** Draw the scanner, or check in at once with the code of the address. */
export function showCheck(root, app, go) {
  const ended = new AbortController();
  const say = h("p", { class: "field-words", role: "alert" });
  if (!app.duty) {
    root.replaceChildren(h("h2", {}, "扫码打卡"), h("p", {}, "上岗后才能打卡。"), h("a", { class: "wide", href: "#today" }, "回到今日"));
    return () => {};
  }
  let done = false;
  const take = async (text) => {
    const code = codeIn(text);
    if (!code) {
      say.textContent = "没有认出编号：编号由 10 位字母和数字组成，印在二维码下面。";
      return false;
    }
    if (done) return true;
    done = true;
    done = await checkIn(app, { code });
    if (done) window.location.replace("#queue");
    return done;
  };
  const given = location.hash.split("/")[1];
  const typed = h("input", { id: "typed", type: "text", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", maxlength: 14, required: true });
  const form = h("form", { class: "act", onsubmit: (event) => { event.preventDefault(); take(typed.value); } },
    h("div", { class: "field" }, h("label", { for: "typed" }, "二维码下面的编号"), typed), h("button", { type: "submit", class: "wide primary" }, "打卡"));
  const eye = h("div", { class: "scan" });
  root.replaceChildren(h("h2", {}, "扫码打卡"), eye, say, form, h("button", { type: "button", class: "wide", onclick: () => go("today") }, "返回"));
  if (given) take(given);
  else scan(eye, take, ended.signal);
  return () => ended.abort();
}

/** Show the camera and read signs until one is taken; says so when this phone cannot. */
async function scan(eye, take, signal) {
  const cannot = (words) => eye.replaceChildren(h("p", { class: "hint" }, words));
  if (!("BarcodeDetector" in window)) return cannot("这个浏览器不能直接扫码：请用手机自带的相机扫描二维码，或输入编号。");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    return cannot("没有打开相机：请在浏览器设置中允许本站使用相机，或输入编号。");
  }
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  if (signal.aborted) return stop();
  signal.addEventListener("abort", stop);
  const video = h("video", { playsinline: true, muted: true });
  video.srcObject = stream;
  eye.replaceChildren(video, h("p", { class: "hint" }, "把点位的二维码放在画面中间"));
  await video.play();
  const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
  while (!signal.aborted) {
    const found = await detector.detect(video).catch(() => []);
    if (found.length && (await take(found[0].rawValue))) return stop();
    await new Promise((done) => { setTimeout(done, EVERY_MS); });
  }
}
