// What is kept on the phone is sealed: a random data key (AES-GCM, 256 bit) seals everything, and is itself sealed twice,
// by a key made from the PIN (PBKDF2, SHA-256) and by a key of this browser that cannot be read out (a non-extractable CryptoKey).
// The data key lives in memory only. A forgotten PIN cannot be helped: the data stays sealed.

const ROUNDS = 310_000;
const AES = "AES-GCM";
const text = new TextEncoder();

async function pinKey(pin, salt, rounds) {
  const material = await crypto.subtle.importKey("raw", text.encode(pin), "PBKDF2", false, ["deriveKey"]);
  const way = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return crypto.subtle.deriveKey(way, material, { name: AES, length: 256 }, false, ["encrypt", "decrypt"]);
}

async function encrypt(key, bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, data: await crypto.subtle.encrypt({ name: AES, iv }, key, bytes) };
}

const decrypt = (key, { iv, data }) => crypto.subtle.decrypt({ name: AES, iv }, key, data);
const asKey = (raw) => crypto.subtle.importKey("raw", raw, AES, false, ["encrypt", "decrypt"]);

async function locked(raw, pin, own) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const inner = await encrypt(await pinKey(pin, salt, ROUNDS), raw);
  const outer = await encrypt(own, inner.data);
  return { own, salt, rounds: ROUNDS, iv: inner.iv, outer };
}

async function rawKey(vault, pin) {
  const inner = { iv: vault.iv, data: await decrypt(vault.own, vault.outer) };
  try {
    return await decrypt(await pinKey(pin, vault.salt, vault.rounds), inner);
  } catch {
    return null; // the PIN is wrong: the seal does not hold
  }
}

/** Make a new vault behind a PIN. Returns { vault, key }: the vault is stored as it is, the key is kept in memory only. */
export async function makeVault(pin) {
  const own = await crypto.subtle.generateKey({ name: AES, length: 256 }, false, ["encrypt", "decrypt"]);
  const raw = crypto.getRandomValues(new Uint8Array(32));
  return { vault: await locked(raw, pin, own), key: await asKey(raw) };
}

/** Return the data key, or null when the PIN is wrong. */
export async function openVault(vault, pin) {
  const raw = await rawKey(vault, pin);
  return raw ? asKey(raw) : null;
}

/** Return the vault behind another PIN, or null when the old one is wrong. What is sealed stays as it is. */
export async function changePin(vault, pin, next) {
  const raw = await rawKey(vault, pin);
  return raw ? locked(raw, next, vault.own) : null;
}

/** Seal a value that JSON can hold. */
export const seal = (key, value) => encrypt(key, text.encode(JSON.stringify(value)));

/** Open what `seal` made. Raises when it was sealed by another key or changed. */
export const open = async (key, sealed) => JSON.parse(new TextDecoder().decode(await decrypt(key, sealed)));

/** Seal bytes (ArrayBuffer). */
export const sealBytes = (key, bytes) => encrypt(key, bytes);

/** Open what `sealBytes` made. */
export const openBytes = (key, sealed) => decrypt(key, sealed);

/** How long to wait before the next PIN after `wrong` wrong ones in a row, in seconds: 5 are free, then 30 s, doubling up to an hour. */
export const pinPause = (wrong) => (wrong < 5 ? 0 : Math.min(3600, 30 * 2 ** (wrong - 5)));

/** SHA-256 of bytes in hexadecimal. */
export async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
