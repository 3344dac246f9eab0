// On duty and the track: recorded only between the worker's 上岗 and 下岗, only while the page runs. A phone that sleeps
// records nothing, and the track then has a gap: it is never filled in.
import { follow } from "./position.js";

const EVERY_MS = 3_000;
const PACK = 100;
const PACK_MS = 60_000;
const MOST_POINTS = 5_000;

/** What the phone knows of its duty: null, or { id, on_at, number (of the last batch), unit }. */
export const currentDuty = (store) => store.get("duty");

/** Go on duty now: an item of the queue, and recording begins. */
export async function goOn(store, unit, now) {
  const id = crypto.randomUUID();
  const duty = { id, on_at: now, number: 0, unit, last: id };
  await store.add({ id, kind: "duty_on", object: id, made_at: now, body: { unit } }, { also: { duty } });
  return duty;
}

/** Go off duty now: what is recorded is packed first. */
export async function goOff(store, now) {
  await pack(store, now);
  const duty = await currentDuty(store);
  if (!duty) return;
  const item = { id: crypto.randomUUID(), kind: "duty_off", object: duty.id, after: duty.last, made_at: now, body: { duty: duty.id } };
  await store.add(item, { also: { duty: null } });
}

let packing = Promise.resolve();

/** Put the fixes since the last time into an item of the queue; one after the other, however often asked. */
export function pack(store, now) {
  packing = packing.catch(() => {}).then(() => packNow(store, now));
  return packing;
}

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

/** Record while on duty. `told({ fix, fault, asleep })` is called with every change. Returns { stop, state }. */
export function record(store, duty, { told, packed }) {
  const state = { fix: null, fault: "", kept: 0, awake: false };
  let last = 0;
  let packedAt = Date.now();
  let lock = null;

  async function keepAwake() {
    if (document.visibilityState !== "visible" || !navigator.wakeLock) return;
    try {
      lock = await navigator.wakeLock.request("screen");
      state.awake = true;
      lock.addEventListener("release", () => { state.awake = false; told(state); });
    } catch {
      state.awake = false; // low battery: the system decides
    }
    told(state);
  }

  async function took(fix, fault) {
    state.fault = fault;
    if (fix && fix.at - last >= EVERY_MS) {
      last = fix.at;
      try {
        await store.addFix(duty.id, { t: Math.round(fix.at), lon: fix.lon, lat: fix.lat, a: fix.accuracy, v: fix.speed });
      } catch (error) {
        if (error?.name !== "QuotaExceededError") throw error;
        state.fault = "手机存储空间已满，位置没有保存，请清理空间";
        return told(state);
      }
      state.fix = fix;
      state.kept += 1;
      if (state.kept % PACK === 0 || Date.now() - packedAt > PACK_MS) {
        packedAt = Date.now();
        await pack(store, Date.now());
        packed();
      }
    }
    told(state);
  }

  const stopFollowing = follow(took);
  document.addEventListener("visibilitychange", keepAwake);
  keepAwake();
  return {
    state,
    stop() {
      stopFollowing();
      document.removeEventListener("visibilitychange", keepAwake);
      lock?.release();
    },
  };
}
