// The phone's own database: everything that says something about people or places is sealed (vault.js).
import { openDB } from "../../vendor/idb.mjs";
import { open, openBytes, seal, sealBytes, sha256 } from "./vault.js";

const NAME = "gridmap-field";
const KEEP_SENT_MS = 7 * 24 * 3_600_000;

// How the database came to its form, one step a version: a phone takes those that it has not taken, and what is queued stays.
// A step that ever reached phones is not changed any more; add another.
const STEPS = [
  (db) => {
    db.createObjectStore("meta");
    const items = db.createObjectStore("items", { keyPath: "seq", autoIncrement: true });
    items.createIndex("id", "id", { unique: true });
    db.createObjectStore("photos", { keyPath: "id" }).createIndex("item", "item");
    db.createObjectStore("fixes", { keyPath: "seq", autoIncrement: true }).createIndex("duty", "duty");
  },
];

/** Open the database; it serves nothing sealed until `unlock`. */
export async function openStore() {
  const db = await openDB(NAME, STEPS.length, {
    upgrade: (db, old, _new, change) => STEPS.slice(old).forEach((step) => step(db, change)),
    blocking: (_old, _new, event) => event.target.close(), // another tab needs a newer form of the database
  });
  return new Store(db);
}

/** Remove everything that the app keeps on this phone, and its copies of files. */
export async function wipe(store) {
  store.close();
  await new Promise((done, failed) => {
    const asked = indexedDB.deleteDatabase(NAME);
    asked.onsuccess = () => done();
    asked.onerror = () => failed(asked.error);
  });
  for (const name of await caches.keys()) if (name.startsWith("gridmap-field-")) await caches.delete(name);
}

const PLAIN = ["seq", "id", "kind", "object", "after", "state", "tries", "next_at", "made_at", "sent_at"];

function parted(item) {
  const plain = {};
  const hidden = {};
  for (const [name, value] of Object.entries(item)) (PLAIN.includes(name) ? plain : hidden)[name] = value;
  return { plain, hidden };
}

class Store {
  #db;
  #key = null;

  constructor(db) {
    this.#db = db;
  }

  unlock(key) {
    this.#key = key;
  }

  get isOpen() {
    return this.#key !== null;
  }

  close() {
    this.#db.close();
    this.#key = null;
  }

  /** A value that needs no seal: the vault, counts of wrong PINs. */
  plain(name) {
    return this.#db.get("meta", name);
  }

  setPlain(name, value) {
    return this.#db.put("meta", value, name);
  }

  /** A sealed value, or undefined. */
  async get(name) {
    const found = await this.#db.get("meta", name);
    return found && open(this.#key, found);
  }

  async set(name, value) {
    return this.#db.put("meta", await seal(this.#key, value), name);
  }

  drop(name) {
    return this.#db.delete("meta", name);
  }

  /**
   * Add an item with its photos ([{ id, bytes, … }]) in one transaction: all of it is stored, or nothing.
   * `also`: sealed values that change with it, { name: value, or null to drop it }; `fixes`: those that went into the item;
   * `instead`: the item whose place it takes.
   */
  async add(item, { photos = [], also = {}, fixes = [], instead = null } = {}) {
    const { plain, hidden } = parted({ state: "waiting", tries: 0, next_at: 0, ...item, photos: photos.map(({ bytes: _bytes, ...about }) => about) });
    const row = { ...plain, sealed: await seal(this.#key, hidden) };
    const files = [];
    for (const { id, bytes } of photos) files.push({ id, item: item.id, size: bytes.byteLength, sha256: await sha256(bytes), done: false, sealed: await sealBytes(this.#key, bytes) });
    const values = await Promise.all(Object.entries(also).map(async ([name, value]) => [name, value === null ? null : await seal(this.#key, value)]));
    const change = this.#db.transaction(["items", "photos", "fixes", "meta"], "readwrite", { durability: "strict" });
    const [rows, meta] = [change.objectStore("items"), change.objectStore("meta")];
    const work = [rows.add(row), ...files.map((file) => change.objectStore("photos").put(file))];
    for (const [name, value] of values) work.push(value === null ? meta.delete(name) : meta.put(value, name));
    for (const { seq } of fixes) work.push(change.objectStore("fixes").delete(seq));
    if (instead) work.push(rows.delete(instead.seq), ...(instead.photos ?? []).filter(({ id }) => !files.some((file) => file.id === id)).map(({ id }) => change.objectStore("photos").delete(id)));
    await Promise.all([...work, change.done]);
  }

  /** All items, oldest first, opened. */
  async items() {
    return Promise.all((await this.#db.getAll("items")).map((row) => this.#opened(row)));
  }

  async #opened({ sealed, ...plain }) {
    return { ...plain, ...(await open(this.#key, sealed)) };
  }

  /** Change an item; what is sent keeps its words but no photos. */
  async change(item, changes) {
    const { plain, hidden } = parted({ ...item, ...changes });
    const row = { ...plain, sealed: await seal(this.#key, hidden) };
    const change = this.#db.transaction(["items", "photos"], "readwrite", { durability: "strict" });
    const work = [change.objectStore("items").put(row)];
    if (row.state === "sent") for (const id of await change.objectStore("photos").index("item").getAllKeys(item.id)) work.push(change.objectStore("photos").delete(id));
    await Promise.all([...work, change.done]);
    return { ...item, ...changes };
  }

  /** Give an item up: it and what cannot be without it go for good, and what waited for it waits for what came before (queue.js, `givenUp`). */
  async giveUp({ gone, moved }) {
    for (const [item, changes] of moved) await this.change(item, changes);
    const duty = await this.get("duty");
    const last = duty && gone.find(({ id }) => id === duty.last);
    if (gone.some(({ id }) => id === duty?.id)) await this.drop("duty");
    else if (last) await this.set("duty", { ...duty, last: last.after });
    for (const item of gone) await this.remove(item);
  }

  /** Put an item and its photos away for good: the person gave it up, or mended it as another. */
  async remove(item) {
    const change = this.#db.transaction(["items", "photos"], "readwrite", { durability: "strict" });
    for (const id of await change.objectStore("photos").index("item").getAllKeys(item.id)) change.objectStore("photos").delete(id);
    change.objectStore("items").delete(item.seq);
    await change.done;
  }

  /** Items that a crash left as being sent wait again; old sent ones go. */
  async settle(now) {
    const change = this.#db.transaction("items", "readwrite");
    for (const row of await change.store.getAll()) {
      if (row.state === "sending") change.store.put({ ...row, state: "waiting" });
      else if (row.state === "sent" && (row.kind === "points" || row.sent_at < now - KEEP_SENT_MS)) change.store.delete(row.seq);
    }
    await change.done;
  }

  /** Photos of an item: [{ id, size, sha256, begun, done }]. */
  async photos(itemId) {
    const rows = await this.#db.getAllFromIndex("photos", "item", itemId);
    return rows.map(({ sealed: _sealed, ...about }) => about);
  }

  async photoBytes(id) {
    const row = await this.#db.get("photos", id);
    return row && openBytes(this.#key, row.sealed);
  }

  /** Keep a photo of what is still being written. */
  async keepPhoto(id, item, bytes) {
    await this.#db.put("photos", { id, item, size: bytes.byteLength, sha256: await sha256(bytes), done: false, sealed: await sealBytes(this.#key, bytes) });
  }

  dropPhoto(id) {
    return this.#db.delete("photos", id);
  }

  /** Note how far a photo is: { begun } when the server may hold a part of it, { done } when it holds all. */
  async markPhoto(id, marks) {
    const change = this.#db.transaction("photos", "readwrite");
    const row = await change.store.get(id);
    if (row) change.store.put({ ...row, ...marks });
    await change.done;
  }

  /** Keep a fix of a track until it goes into an item. */
  async addFix(duty, fix) {
    return this.#db.add("fixes", { duty, sealed: await seal(this.#key, fix) });
  }

  /** Forget fixes that went into no item: those of a duty that is over. */
  dropFixes() {
    return this.#db.clear("fixes");
  }

  /** Fixes of a duty that are in no item yet: [{ seq, …fix }], oldest first. */
  async fixes(duty) {
    const rows = await this.#db.getAllFromIndex("fixes", "duty", duty);
    return Promise.all(rows.map(async ({ seq, sealed }) => ({ seq, ...(await open(this.#key, sealed)) })));
  }
}
