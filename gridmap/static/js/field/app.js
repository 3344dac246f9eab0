// The phone app: opens the phone's database, asks for the PIN, then shows one screen at a time. All of it runs without a network.
import { h } from "../dom.js";
import { currentDuty, endDuty, goOff, goOn, overAt, record } from "./duty.js";
import { givenUp, nextAt, tally } from "./queue.js";
import { makeFrame } from "./frame.js";
import { showLock, showSetup, showTooOld } from "./screens/lock.js";
import { stopPush } from "./push.js";
import { openStore, wipe } from "./store.js";
import { syncRound } from "./sync.js";
import { followUpdates } from "./update.js";

const place = document.getElementById("app");
const SLOWEST_MS = 60_000;

/** What every screen works with: the store, what is known, and how to act. Screens listen to "change" on `app.events`. */
export const app = {
  store: null, session: null, package: null, device: null, items: [], duty: null, dutySaid: "", recorder: null,
  link: { state: "waiting", words: "" }, login: place.dataset.login, events: new EventTarget(),
};

const changed = () => app.events.dispatchEvent(new Event("change"));
const tabs = new BroadcastChannel("gridmap-field"); // what one tab changes, the others show
const FULL = "手机存储空间已满，这条没有保存。请先清理空间或发送已有内容，再保存一次。";
const TIME = new Intl.DateTimeFormat("zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });

function stopWith(...words) {
  place.replaceChildren(h("div", { class: "stop", role: "alert" }, words.map((line) => h("p", {}, line))));
}

async function boot() {
  if (!window.isSecureContext || !crypto.subtle || !navigator.serviceWorker) {
    return stopWith("手机端须通过 HTTPS 地址打开，才能加密保存数据并离线使用。", "请联系系统管理员取得正确的地址。");
  }
  followUpdates(app);
  try {
    app.store = await openStore();
  } catch {
    return stopWith("这部手机没有留出保存数据的空间，或处于无痕模式。", "请清理空间，或换用普通模式后重新打开。");
  }
  document.documentElement.classList.toggle("large", Boolean(await app.store.plain("large")));
  const vault = await app.store.plain("vault");
  if (vault) showLock(place, app, vault, enter);
  else showSetup(place, app, enter);
}

/** Go in with the data key: look whether the phone may still be used without the server, then start. */
async function enter(key) {
  app.store.unlock(key);
  app.session = await app.store.get("session");
  if (isTooOld()) {
    await sync({ force: true });
    if (app.link.state !== "done") return showTooOld(place, app, () => enter(key));
  }
  await start();
}

/** Whether the phone has not asked the server for longer than it may, or its clock was set back so that it cannot say. */
function isTooOld() {
  const { seen_at: seen, offline_hours: hours } = app.session;
  return Date.now() > seen + hours * 3_600_000 || Date.now() < seen - 24 * 3_600_000;
}

let started = false;
let locked = false; // by the PIN, after a while
let shut = false; // too long without the server
async function start() {
  navigator.storage?.persist?.();
  await reload();
  shut = false;
  app.frame?.close();
  app.frame = makeFrame(place, app);
  if (started) return;
  started = true;
  tabs.addEventListener("message", () => app.store.isOpen && reload());
  navigator.serviceWorker.addEventListener("message", ({ data }) => data === "look" && sync({ take: true }));
  window.addEventListener("online", () => sync({ force: true }));
  document.addEventListener("visibilitychange", atVisibility);
  sync({ force: true, take: true });
}

async function reload() {
  app.items = await app.store.items();
  app.session = await app.store.get("session");
  app.package = (await app.store.get("package"))?.told ?? null;
  app.duty = (await currentDuty(app.store)) ?? null;
  app.dutySaid = (await app.store.get("duty-said")) ?? "";
  keepRecording();
  changed();
}

let recorded = null; // number of the duty that is being recorded

/** Record exactly while on duty, whichever tab or the server began or ended it. */
function keepRecording() {
  if (recorded === (app.duty?.id ?? null)) return;
  app.recorder?.stop();
  recorded = app.duty?.id ?? null;
  app.recorder = app.duty ? record(app.store, app.duty, { told: changed, packed: sync }) : null;
}

let hiddenAt = 0;
function atVisibility() {
  if (document.visibilityState === "hidden") {
    hiddenAt = Date.now();
    return;
  }
  if (hiddenAt && Date.now() - hiddenAt > app.session.lock_minutes * 60_000) app.lock();
  sync({ take: true });
}

let timer = 0;
let running = null;

/** Go through one round with the server; the next comes by itself when something waits. */
export function sync(how = {}) {
  running ??= goRound(how).finally(() => {
    running = null;
    if (app.link.state === "busy") app.link = { state: "server", words: "" }; // the round broke: say so, and the person may send again
    changed();
    const next = nextAt(app.items);
    if (app.store.isOpen) timer = setTimeout(() => sync({ take: true }), next === null ? SLOWEST_MS : Math.max(1_000, Math.min(SLOWEST_MS, next - Date.now())));
  });
  return running;
}

async function goRound(how) {
  clearTimeout(timer);
  app.link = { state: "busy", words: "" };
  changed();
  await endLongDuty();
  const told = async () => { app.items = await app.store.items(); changed(); };
  app.link = await syncRound(app.store, { now: Date.now, chance: Math.random, told, dutyEnded: (at) => dutyEnded(at), ...how });
  if (app.link.state === "revoked") return gone("这部手机已被停用，保存在本机的数据已清除。如有疑问请联系综治中心。");
  if (!app.store.isOpen) return;
  await reload();
  tabs.postMessage("sent");
  if (!started || locked) return;
  if (isTooOld()) await shutUp();
  else if (shut) await start();
}

/** Who forgot to go off duty is not recorded for longer than the longest duty, also without a network. */
async function endLongDuty() {
  const at = overAt(app.duty, app.session?.duty_hours, Date.now());
  if (at) await dutyEnded(at);
}

async function dutyEnded(at) {
  await endDuty(app.store, Date.now(), `上一次在岗已于 ${TIME.format(at)} 结束，此后不再记录位置。继续巡查请重新上岗。`);
  tabs.postMessage("duty");
  await reload();
}

/** Show nothing of what is kept until the server was asked; recording goes on, and nothing is lost. */
function shutUp() {
  shut = true;
  app.frame?.close();
  app.frame = null;
  return showTooOld(place, app, () => sync({ force: true }));
}

async function gone(words) {
  app.recorder?.stop();
  tabs.close();
  await wipe(app.store);
  stopWith(words);
  place.firstChild.append(h("p", {}, h("a", { class: "wide", href: app.login }, "重新登录")));
}

/**
 * Put an item into the queue and send it when there is a network. `photos`: [{ id, bytes, taken_at?, lon?, lat? }]; `also`: sealed
 * values that change with it, such as the draft that is no draft any more; `instead`: the refused item that it mends (store.js, `add`).
 */
app.add = async (item, { photos = [], also = {}, instead = null } = {}) => {
  await app.store.add({ made_at: Date.now(), ...item }, { photos, also, instead });
  app.full = "";
  await reload();
  sync();
};

app.changeItem = async (item, changes) => {
  await app.store.change(item, changes);
  await reload();
  sync();
};

/** Send what was refused once more, under another number: the verdict on the first stands. */
app.sendAgain = async (item) => {
  const photos = [];
  for (const one of item.photos) photos.push({ ...one, id: crypto.randomUUID(), bytes: await app.store.photoBytes(one.id) });
  const { id: replaces, kind, object, after, made_at: made, base, body } = item;
  const next = { id: crypto.randomUUID(), kind, object, after, made_at: made, base, body, replaces };
  await app.guarded(() => app.add(next, { photos, instead: item }));
};

app.giveUp = async (item) => {
  await app.store.giveUp(givenUp(app.items, item));
  tabs.postMessage("duty");
  await reload();
};

/** Do what may find the storage full: nothing is half stored, and the person is told. Returns whether it was done. */
app.guarded = async (act) => {
  try {
    await act();
    return true;
  } catch (error) {
    if (error?.name !== "QuotaExceededError") throw error;
    app.full = FULL;
    changed();
    return false;
  }
};

app.sync = sync;
app.reload = reload;
app.counts = () => tally(app.items);

app.lock = async () => {
  const vault = await app.store.plain("vault");
  locked = true;
  app.frame?.close();
  showLock(place, app, vault, async () => { // recording goes on behind the lock, so the key stays
    locked = false;
    if (isTooOld()) return shutUp();
    await start();
    sync({ take: true });
  });
};

const turnDuty = (act) => app.guarded(async () => {
  await act();
  tabs.postMessage("duty");
  await reload();
  sync();
});

app.dutySeen = async () => {
  await app.store.drop("duty-said");
  await reload();
};

app.goOn = (unit) => turnDuty(() => goOn(app.store, unit, Date.now()));
app.goOff = () => turnDuty(() => goOff(app.store, Date.now()));

/** Sign out here and on the server, and remove everything from the phone. */
app.leave = async () => {
  const body = new URLSearchParams({ csrf_token: app.session?.csrf ?? "" });
  await stopPush(app).catch(() => {});
  await fetch(place.dataset.logout, { method: "POST", body, redirect: "manual" }).catch(() => {}); // without a network the phone's own data goes all the same
  await gone("已退出，保存在本机的数据已清除。");
};

boot();
