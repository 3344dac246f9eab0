import assert from "node:assert/strict";
import { test } from "node:test";
import { changePin, makeVault, open, openBytes, openVault, pinPause, seal, sealBytes, sha256 } from "../../../gridmap/static/js/field/vault.js";

test("only the right PIN opens what was sealed", async () => {
  const { vault, key } = await makeVault("271828");
  const sealed = await seal(key, { title: "楼道堆物", n: 3 });
  assert.equal(await openVault(vault, "271829"), null);
  const again = await openVault(vault, "271828");
  assert.deepEqual(await open(again, sealed), { title: "楼道堆物", n: 3 });
});

test("neither words nor the key stand in what is stored", async () => {
  const { vault, key } = await makeVault("271828");
  const { iv, data } = await seal(key, { title: "secret-words" });
  assert.ok(!Buffer.from(data).includes("secret-words"));
  assert.equal(iv.length, 12);
  assert.equal(vault.own.extractable, false);
  assert.equal(key.extractable, false);
  await assert.rejects(crypto.subtle.exportKey("raw", vault.own));
});

test("the same value sealed twice looks different, and a changed byte is seen", async () => {
  const { key } = await makeVault("271828");
  const [one, two] = [await seal(key, "a"), await seal(key, "a")];
  assert.notDeepEqual(Buffer.from(one.data), Buffer.from(two.data));
  new Uint8Array(one.data)[0] ^= 1;
  await assert.rejects(open(key, one));
});

test("another PIN opens the same data, the old one no more", async () => {
  const { vault, key } = await makeVault("271828");
  const sealed = await sealBytes(key, new Uint8Array([1, 2, 3]).buffer);
  assert.equal(await changePin(vault, "000001", "314159"), null);
  const changed = await changePin(vault, "271828", "314159");
  assert.equal(await openVault(changed, "271828"), null);
  assert.deepEqual([...new Uint8Array(await openBytes(await openVault(changed, "314159"), sealed))], [1, 2, 3]);
});

test("the vault of another browser does not open with the right PIN", async () => {
  const [{ vault: mine }, { vault: other }] = [await makeVault("271828"), await makeVault("271828")];
  await assert.rejects(openVault({ ...mine, own: other.own }, "271828"));
});

test("wrong PINs cost time, and never the data", () => {
  assert.deepEqual([0, 4, 5, 6, 8, 30].map(pinPause), [0, 0, 30, 60, 240, 3600]);
});

test("SHA-256 as everywhere", async () => {
  assert.equal(await sha256(new TextEncoder().encode("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
