// The PIN: chosen once after signing in, asked each time the app opens. Large keys; the phone's or a desk's keyboard types too.
import { h, icon } from "../../dom.js";
import { register, takeAlong, whoIsIn } from "../sync.js";
import { Fault } from "../link.js";
import { makeVault, openVault, pinPause } from "../vault.js";

const DIGITS = 6;

function pad(title, hint, entered) {
  let typed = "";
  const dots = h("div", { class: "pin-dots", role: "img", "aria-label": `已输入 0 位，共 ${DIGITS} 位` });
  const words = h("p", { class: "pin-words", role: "status" }, hint);
  const show = () => {
    dots.replaceChildren(...Array.from({ length: DIGITS }, (_, i) => h("span", { class: i < typed.length ? "on" : "" })));
    dots.setAttribute("aria-label", `已输入 ${typed.length} 位，共 ${DIGITS} 位`);
  };
  async function press(key) {
    if (box.hasAttribute("aria-busy")) return;
    if (key === "Backspace") typed = typed.slice(0, -1);
    else if (/^\d$/.test(key) && typed.length < DIGITS) typed += key;
    show();
    if (typed.length < DIGITS) return;
    const pin = typed;
    box.setAttribute("aria-busy", "true");
    const said = await entered(pin);
    box.removeAttribute("aria-busy");
    typed = "";
    show();
    if (said) words.replaceChildren(said);
  }
  const key = (digit) => h("button", { type: "button", onclick: () => press(digit) }, digit);
  const keys = h("div", { class: "pin-keys" }, [..."123456789"].map(key), h("span"), key("0"), h("button", { type: "button", "aria-label": "删去一位", onclick: () => press("Backspace") }, "⌫"));
  const box = h("section", { class: "pin", "aria-label": title }, h("h2", {}, title), words, dots, keys);
  box.press = press;
  show();
  return box;
}

let typing = null;
document.addEventListener("keydown", (event) => {
  if (!typing?.isConnected || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^\d$/.test(event.key) || event.key === "Backspace") {
    event.preventDefault();
    typing.press(event.key);
  }
});

function show(place, box, ...more) {
  typing = box;
  performance.mark("gridmap:shown"); // how long a start takes is measured in bench/field
  place.replaceChildren(h("div", { class: "lock" }, h("div", { class: "lock-brand" }, icon("grid"), "网格员手机端"), box, ...more));
}

/** Ask for the PIN; `enter(key)` when it is right. Wrong ones make the next wait longer; nothing is ever removed for them. */
export function showLock(place, app, vault, enter) {
  const box = pad("请输入解锁码", "离线时也可以解锁", async (pin) => {
    const state = (await app.store.plain("wrong")) ?? { count: 0, at: 0 };
    const left = Math.ceil((state.at + pinPause(state.count) * 1000 - Date.now()) / 1000);
    if (left > 0) return `连续输错 ${state.count} 次，请 ${left > 90 ? `${Math.ceil(left / 60)} 分钟` : `${left} 秒`}后再试。`;
    const key = await openVault(vault, pin);
    if (!key) {
      await app.store.setPlain("wrong", { count: state.count + 1, at: Date.now() });
      return "解锁码不对，请重新输入。";
    }
    await app.store.setPlain("wrong", { count: 0, at: 0 });
    await enter(key);
    return "";
  });
  show(place, box);
}

/** The first time: who is signed in, then a PIN chosen twice, then what the phone takes along. */
export async function showSetup(place, app, enter) {
  place.replaceChildren(h("p", { class: "boot", role: "status" }, "正在确认登录…"));
  let session;
  try {
    session = await whoIsInFirst();
  } catch (fault) {
    return showFirstFault(place, app, fault, () => showSetup(place, app, enter));
  }
  let first = "";
  const box = pad(`${session.name}，请设置解锁码`, `${DIGITS} 位数字；以后打开时输入，没有网络也能用`, async (pin) => {
    if (!first) {
      if (/^(\d)\1+$/.test(pin) || "01234567890 09876543210".includes(pin)) return "太容易被猜到，请换一个。";
      first = pin;
      box.querySelector("h2").textContent = "请再输入一次";
      return "确认刚才的解锁码";
    }
    if (pin !== first) {
      first = "";
      box.querySelector("h2").textContent = `${session.name}，请设置解锁码`;
      return "两次输入不一样，请重新设置。";
    }
    return settle(app, pin, session, enter);
  });
  show(place, box, h("p", { class: "lock-note" }, "忘记解锁码时，本机未送达的内容无法恢复。"));
}

const whoIsInFirst = () => whoIsIn({ get: async () => undefined, set: async () => {} }, true);

async function settle(app, pin, session, enter) {
  const { vault, key } = await makeVault(pin);
  app.store.unlock(key);
  try {
    await app.store.set("session", { ...session, seen_at: Date.now() });
    await register(app.store, null, session);
    await takeAlong(app.store);
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return fault.kind === "offline" ? "没有网络，请在有网络的地方再输入一次。" : fault.words || "服务器暂时没有回应，请稍后再输入一次。";
  }
  await app.store.setPlain("vault", vault);
  await enter(key);
  return "";
}

function showFirstFault(place, app, fault, again) {
  if (!(fault instanceof Fault)) throw fault;
  const words = {
    signin: "请先用网格员账号登录一次。登录后设置解锁码，以后没有网络也能打开。",
    refused: fault.words || "这个账号不能使用手机端。",
    offline: "第一次使用需要网络。请在有网络的地方打开。",
  };
  const act = fault.kind === "offline" || fault.kind === "server"
    ? h("button", { type: "button", class: "wide", onclick: again }, "再试一次")
    : h("a", { class: "wide primary", href: app.login }, "去登录");
  place.replaceChildren(h("div", { class: "lock" }, h("div", { class: "lock-brand" }, icon("grid"), "网格员手机端"), h("p", { role: "alert" }, words[fault.kind] ?? "服务器暂时没有回应，请稍后再试。"), act));
}

/** The phone was without the server for longer than allowed: nothing is shown until it has asked; what is unsent stays. */
export async function showTooOld(place, app, again) {
  const left = (await app.store.items()).filter(({ state }) => state !== "sent").length;
  const words = `距上次联网验证已超过 ${app.session.offline_hours} 小时。请连上网络${app.link.state === "signin" ? "并重新登录" : ""}后继续。`;
  place.replaceChildren(h("div", { class: "lock" }, h("p", { role: "alert" }, words), left ? h("p", {}, `未送达的 ${left} 条内容仍在本机，不会丢失。`) : "",
    app.link.state === "signin" ? h("a", { class: "wide", href: app.login }, "去登录") : h("button", { type: "button", class: "wide", onclick: again }, "再试一次")));
}
