// On duty and the track: recorded only between the worker's 上岗 and 下岗, only while the page runs. A phone that sleeps
// records nothing, and the track then has a gap: it is never filled in. However many tabs are open, one of them records.
import { follow } from "./position.js";

const EVERY_MS = 3_000;
const PACK = 100;
const PACK_MS = 60_000;
const MOST_POINTS = 5_000;
const HOUR_MS = 3_600_000;

/** What the phone knows of its duty: null, or { id, on_at, number (of the last batch), unit, last (item) }. */
export const currentDuty = (store) => store.get("duty");

/** One act of duty after the other, in all tabs: a second tap finds what the first has done. */
const inTurn = (act) => navigator.locks.request("gridmap-field-duty", act);

/** Go on duty now: an item of the queue, and recording begins. Who is on duty already stays on that duty. */
export const goOn = (store, unit, now) => inTurn(async () => {
  const begun = await currentDuty(store);
  if (begun) return begun;
  const id = crypto.randomUUID();
  const duty = { id, on_at: now, number: 0, unit, last: id };
  await store.dropFixes(); // of no duty that is still on
  await store.add({ id, kind: "duty_on", object: id, made_at: now, body: { unit } }, { also: { duty, "duty-said": null } });
  return duty;
});

/** Go off duty now: what is recorded is packed first. */
export const goOff = (store, now) => inTurn(async () => {
  await packNow(store, now);
  const duty = await currentDuty(store);
  if (!duty) return;
  const item = { id: crypto.randomUUID(), kind: "duty_off", object: duty.id, after: duty.last, made_at: now, body: { duty: duty.id } };
  await store.add(item, { also: { duty: null } });
});

/** The duty has ended without the worker's act, at `at`: what is recorded is packed, `words` are kept for the person. */
export const endDuty = (store, now, words) => inTurn(async () => {
  await packNow(store, now);
  await store.set("duty-said", words);
  await store.drop("duty");
});

/** When the longest duty is over (`hours`); null when the phone is not on duty or may go on. */
export const overAt = (duty, hours, now) => (duty && hours && now > duty.on_at + hours * HOUR_MS ? duty.on_at + hours * HOUR_MS : null);

/** Put the fixes since the last time into items of the queue; one after the other, however often and in whatever tab asked. */
export const pack = (store, now) => inTurn(() => packNow(store, now));

async function packNow(store, now) {
  for (;;) {
    const duty = await currentDuty(store);
    if (!duty || !store.isOpen) return;
    const fixes = (await store.fixes(duty.id)).slice(0, MOST_POINTS);
    if (!fixes.length) return;
    const device = await store.get("device");
    const [id, number] = [crypto.randomUUID(), duty.number + 1];
    const points = JSON.stringify(fixes.map(({ t, lon, lat, a, v }) => ({ t, lon, lat, a, v })));
    const item = { id, kind: "points", object: duty.id, after: duty.last, made_at: now, body: { duty: duty.id, device: device.id, number, points } };
    await store.add(item, { also: { duty: { ...duty, number, last: id } }, fixes });
  }
}

/**
 * Record while on duty, in this tab instead of another: `told()` after every change, `packed()` when there is something to send.
 * Returns { stop, state: { fix, fault, kept, awake, elsewhere } }.
 */
export function record(store, duty, { told, packed }) {
  const state = { fix: null, fault: "", kept: 0, awake: false, elsewhere: false };
  const ended = new AbortController();
  let last = 0;
  let packedAt = Date.now();
  let lock = null;
  let stopFollowing = () => {};

  async function keepAwake() {
    if (document.visibilityState !== "visible" || !navigator.wakeLock || state.elsewhere) return;
    try {
      lock = await navigator.wakeLock.request("screen");
      state.awake = true;
      lock.addEventListener("release", () => { state.awake = false; told(); });
    } catch {
      state.awake = false; // low battery: the system decides
    }
    told();
  }

  async function took(fix, fault) {
    state.fault = fault;
    if (fix && fix.at - last >= EVERY_MS) {
      last = fix.at;
      try {
        if ((await currentDuty(store))?.id !== duty.id) return end(); // another tab has gone off duty
        await store.addFix(duty.id, { t: Math.round(fix.at), lon: fix.lon, lat: fix.lat, a: fix.accuracy, v: fix.speed });
      } catch (error) {
        if (error?.name !== "QuotaExceededError") throw error;
        state.fault = "手机存储空间已满，位置没有保存，请清理空间";
        return told();
      }
      state.fix = fix;
      state.kept += 1;
      if (state.kept % PACK === 0 || Date.now() - packedAt > PACK_MS) {
        packedAt = Date.now();
        await pack(store, Date.now());
        packed();
      }
    }
    told();
  }

  /** Hold the lock of the one that records until this ends; a tab that the person turns to takes it over. */
  async function hold() {
    if (ended.signal.aborted) return;
    state.elsewhere = false;
    try {
      await navigator.locks.request("gridmap-field-recorder", { steal: true }, () => new Promise((done) => {
        stopFollowing = follow(took);
        keepAwake();
        ended.signal.addEventListener("abort", done);
      }));
    } catch {
      state.elsewhere = true;
      lock?.release();
      told();
    } finally {
      stopFollowing();
      stopFollowing = () => {};
    }
  }

  function seen() {
    if (document.visibilityState !== "visible") return;
    if (state.elsewhere) hold();
    else keepAwake();
  }

  function end() {
    ended.abort();
    stopFollowing();
    lock?.release();
  }

  document.addEventListener("visibilitychange", seen, { signal: ended.signal });
  window.addEventListener("focus", seen, { signal: ended.signal });
  hold();
  return { state, stop: end };
}
