// The phone app: opens the phone's database, asks for the PIN, then shows one screen at a time. All of it runs without a network.
import { h } from "../dom.js";
import { currentDuty, goOff, goOn, pack, record } from "./duty.js";
import { nextAt, tally } from "./queue.js";
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
  store: null, session: null, package: null, device: null, items: [], duty: null, recorder: null,
  link: { state: "waiting", words: "" }, login: place.dataset.login, events: new EventTarget(),
};

const changed = () => app.events.dispatchEvent(new Event("change"));

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
  const limit = app.session.seen_at + app.session.offline_hours * 3_600_000;
  if (Date.now() > limit || Date.now() < app.session.seen_at - 24 * 3_600_000) {
    await sync({ force: true });
    if (app.link.state !== "done") return showTooOld(place, app, () => enter(key));
  }
  await start();
}

async function start() {
  navigator.storage?.persist?.();
  await reload();
  app.frame = makeFrame(place, app);
  if (app.duty) beginRecording();
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
  changed();
}

let hiddenAt = 0;
function atVisibility() {
  if (document.visibilityState === "hidden") {
    hiddenAt = Date.now();
    return;
  }
  if (hiddenAt && Date.now() - hiddenAt > app.session.lock_minutes * 60_000) app.lock();
  else sync({ take: true });
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
  const told = async () => { app.items = await app.store.items(); changed(); };
  app.link = await syncRound(app.store, { now: Date.now, chance: Math.random, told, ...how });
  if (app.link.state === "revoked") return gone("这部手机已被停用，保存在本机的数据已清除。如有疑问请联系综治中心。");
  if (app.store.isOpen) await reload();
}

async function gone(words) {
  app.recorder?.stop();
  await wipe(app.store);
  stopWith(words);
  place.firstChild.append(h("p", {}, h("a", { class: "wide", href: app.login }, "重新登录")));
}

/** Put an item into the queue and send it when there is a network. `photos`: [{ id, bytes, taken_at?, lon?, lat? }]. */
app.add = async (item, photos = []) => {
  await app.store.add({ made_at: Date.now(), ...item }, { photos });
  await reload();
  sync();
};

app.changeItem = async (item, changes) => {
  await app.store.change(item, changes);
  await reload();
  sync();
};

app.removeItem = async (item) => {
  await app.store.remove(item);
  await reload();
};

app.sync = sync;
app.reload = reload;
app.counts = () => tally(app.items.filter(({ kind }) => kind !== "points"));

app.lock = async () => {
  const vault = await app.store.plain("vault");
  app.frame?.close();
  showLock(place, app, vault, async () => { // recording goes on behind the lock, so the key stays
    app.frame = makeFrame(place, app);
    await reload();
    sync({ take: true });
  });
};

function beginRecording() {
  app.recorder = record(app.store, app.duty, { told: changed, packed: sync });
}

app.goOn = async (unit) => {
  app.duty = await goOn(app.store, unit, Date.now());
  beginRecording();
  await reload();
  sync();
};

app.goOff = async () => {
  app.recorder?.stop();
  app.recorder = null;
  await goOff(app.store, Date.now());
  await reload();
  sync();
};

app.pack = () => pack(app.store, Date.now());

/** Sign out here and on the server, and remove everything from the phone. */
app.leave = async () => {
  const body = new URLSearchParams({ csrf_token: app.session?.csrf ?? "" });
  await stopPush(app).catch(() => {});
  await fetch(place.dataset.logout, { method: "POST", body, redirect: "manual" }).catch(() => {}); // without a network the phone's own data goes all the same
  await gone("已退出，保存在本机的数据已清除。");
};

boot();
