// One round with the server: am I still welcome, who is signed in, photos, items, verdicts, then what to take along.
// One tab at a time does it (a lock of the browser); another waits for its turn and then finds what the first has sent.
import { ask, Fault, post } from "./link.js";
import { byFault, byVerdict, FAULTS, ready } from "./queue.js";

const MOST_ITEMS = 20;
const MOST_BYTES = 700_000;
const MOST_PHOTOS = 30; // the server keeps some sixty that belong to nothing yet
const MOST_REST_MS = 10_000;
const WHOLE = 512 * 1024; // a photo as the app makes it, at the first try
const PIECE = 128 * 1024; // after a try that failed: what comes over is kept
const SCHEMA = 1;
const MEDIA = "application/octet-stream";

/**
 * Send what waits and fetch what is new. Returns { state, words }: "done", a key of FAULTS or "revoked".
 * `way`: { now(), chance(), told() after each change of an item, dutyEnded(at) when the server has ended the phone's duty,
 * take: fetch the package too, force: also what should wait longer }.
 */
export function syncRound(store, way) {
  return navigator.locks.request("gridmap-field-sync", async () => {
    try {
      await store.settle(way.now()); // nobody else sends now: what is still "sending" was left so by a tab that is gone
      return await round(store, way);
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      return { state: fault.kind, words: fault.words || FAULTS[fault.kind] };
    }
  });
}

async function round(store, way) {
  const device = await store.get("device");
  if (device?.secret) {
    const { state } = await ask("/field/phones/state", { headers: { "X-Phone": device.id, "X-Phone-Secret": device.secret } });
    if (state === "revoked") return { state: "revoked", words: "" };
    if (state === "unknown") await store.set("device", { id: device.id }); // a server that was set back: make this phone known again
  }
  const waiting = ready(await store.items(), way.now(), 1).length > 0;
  const session = await whoIsIn(store, waiting);
  if (!session) return { state: "other", words: FAULTS.other };
  if (session.duty_ended_at) await way.dutyEnded(Date.parse(session.duty_ended_at));
  const known = await store.get("device");
  if (!known?.secret) await register(store, known, session);
  const kinds = await sendAll(store, session, way);
  if (way.take || kinds.has("step")) await takeAlong(store); // what is done is no task any more
  return { state: "done", words: "" };
}

/** Ask who is signed in and remember it; null when it is not the person whose data this phone keeps. */
export async function whoIsIn(store, acts) {
  const duty = await store.get("duty");
  const session = await ask(`/field/session.json${duty ? `?duty=${duty.id}` : ""}`, { by: acts ? "person" : "timer" });
  const known = await store.get("session");
  if (known && known.account !== session.account) return null;
  await store.set("session", { ...session, seen_at: Date.now() });
  return session;
}

/** Make this phone known, so that it can be closed from afar. */
export async function register(store, device, session) {
  const own = device ?? { id: crypto.randomUUID() };
  await store.set("device", own);
  const { secret } = await post("/field/phones", { device: own.id, name: phoneName() }, session.csrf);
  await store.set("device", { ...own, secret });
}

function phoneName() {
  const about = navigator.userAgentData;
  const brand = about?.brands?.find(({ brand: name }) => /Chrome|Edge|Chromium/.test(name))?.brand ?? "浏览器";
  return `${brand} · ${about?.platform || navigator.platform || "手机"}`.slice(0, 60);
}

/** Send item after item until nothing is left whose turn it is; returns the kinds of what was sent. */
async function sendAll(store, session, way) {
  const tried = new Set(); // at the person's wish also what should wait longer goes, but once
  const kinds = new Set();
  for (;;) {
    const chosen = fitting(ready(await store.items(), way.force ? Infinity : way.now(), MOST_ITEMS, tried));
    if (!chosen.length) return kinds;
    for (const { seq, kind } of chosen) {
      tried.add(seq);
      kinds.add(kind);
    }
    await sendSome(store, session, chosen, way);
  }
}

/** The first items that go together into one request. */
function fitting(items) {
  let bytes = 0;
  let photos = 0;
  return items.filter((item, place) => {
    bytes += JSON.stringify(item.body).length;
    photos += item.photos.length;
    return place === 0 || (bytes <= MOST_BYTES && photos <= MOST_PHOTOS);
  });
}

async function sendSome(store, session, chosen, way) {
  const items = [];
  for (const item of chosen) items.push(await store.change(item, { state: "sending" }));
  way.told();
  try {
    for (const item of items) for (const photo of await store.photos(item.id)) if (!photo.done) await upload(store, photo, session.csrf, way);
    const device = await store.get("device");
    await rested;
    const answer = await post("/field/sync", { device: device.id, sent_at: way.now(), items: items.map(asSent) }, session.csrf);
    heed(answer, way);
    const verdicts = new Map([...answer.verdicts, ...(answer.later ?? [])].map((one) => [one.id, one]));
    if (items.some((item) => !verdicts.has(item.id))) throw new Fault("server");
    for (const item of await store.items()) {
      const verdict = verdicts.get(item.id);
      if (!verdict || item.state === "sent") continue;
      for (const { id } of item.photos) if (verdict.waits_for?.includes(id)) await store.markPhoto(id, { done: false }); // the server has lost it
      await store.change(item, byVerdict(item, verdict, way.now(), way.chance()));
    }
  } catch (fault) {
    await setBack(store, items, fault, way);
    throw fault;
  } finally {
    way.told();
  }
}

/** No verdict came: the items wait again; a photo that the server does not take needs the person. */
async function setBack(store, items, fault, way) {
  const ids = new Set(items.map((item) => item.id));
  for (const item of await store.items()) {
    if (!ids.has(item.id) || item.state !== "sending") continue;
    const refused = fault.photoOf === item.id;
    await store.change(item, refused ? { state: "attention", words: fault.words, field: "photos" } : byFault(item, way.now(), way.chance()));
  }
}

const asSent = ({ id, kind, object, after, made_at, base, body, photos, replaces }) => ({
  id, kind, schema: SCHEMA, object, after: after ?? null, made_at, base: base ?? null, body, photos, ...(replaces ? { replaces } : {}),
});

let rested = Promise.resolve();

/** Note that the server has many phones at once and asks to rest before the next request: each about as long, none at the same moment. */
function heed({ rest_ms }, way) {
  const ms = Math.min(rest_ms || 0, MOST_REST_MS) * (0.5 + way.chance());
  rested = ms ? new Promise((done) => setTimeout(done, ms)) : Promise.resolve();
}

/** Send a photo: at once, or when that was begun before and broke off, piece by piece from where it stopped. */
async function upload(store, photo, csrf, way) {
  const bytes = await store.photoBytes(photo.id);
  const path = `/field/photos/${photo.id}`;
  let { received, complete } = photo.begun ? await ask(path) : { received: 0, complete: false };
  const most = photo.begun ? PIECE : WHOLE;
  if (!photo.begun) await store.markPhoto(photo.id, { begun: true });
  while (!complete) {
    const body = bytes.slice(received, received + most);
    const headers = { "Content-Type": MEDIA, "X-Photo-Size": String(photo.size), "X-Photo-Sha256": photo.sha256 };
    try {
      await rested;
      const answer = await ask(`${path}?offset=${received}`, { method: "PUT", by: "person", headers, body, csrf });
      ({ received, complete } = answer);
      heed(answer, way);
    } catch (fault) {
      if (fault.status !== 409 || !Number.isInteger(fault.told?.received) || fault.told.received === received) {
        if (fault.kind === "refused") fault.photoOf = photo.item;
        throw fault;
      }
      ({ received } = fault.told);
    }
  }
  await store.markPhoto(photo.id, { done: true });
}

/** Fetch the package for work without a signal when there is a newer one. */
export async function takeAlong(store) {
  const known = await store.get("package");
  const told = await ask("/field/package.json", { etag: known?.etag });
  if (told) await store.set("package", { etag: told.etag, told });
}
