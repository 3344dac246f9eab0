import assert from "node:assert/strict";
import { test } from "node:test";
import { byFault, byVerdict, delay, faultOf, givenUp, isFilledIn, nextAt, ready, tally } from "../../../gridmap/static/js/field/queue.js";

const NOW = 1_000_000;
const item = (seq, more = {}) => ({ seq, id: `i${seq}`, object: `o${seq}`, state: "waiting", tries: 0, next_at: 0, ...more });
const seqs = (items) => items.map(({ seq }) => seq);

test("the oldest go first, whatever order they are read in", () => {
  assert.deepEqual(seqs(ready([item(3), item(1), item(2)], NOW, 2)), [1, 2]);
});

test("nothing overtakes what waits before it for the same object", () => {
  const created = item(1, { object: "case", next_at: NOW + 1 });
  assert.deepEqual(seqs(ready([created, item(2, { object: "case" }), item(3)], NOW, 9)), [3]);
  assert.deepEqual(seqs(ready([{ ...created, next_at: NOW }, item(2, { object: "case" }), item(3)], NOW, 9)), [1, 2, 3]);
});

test("what needs the person stops its own object only", () => {
  const items = [item(1, { object: "a", state: "attention" }), item(2, { object: "a" }), item(3, { object: "b" })];
  assert.deepEqual(seqs(ready(items, NOW, 9)), [3]);
});

test("what is sent, or being sent, is not sent again", () => {
  assert.deepEqual(ready([item(1, { state: "sent" }), item(2, { state: "sending" })], NOW, 9), []);
  assert.deepEqual(seqs(ready([item(1, { state: "sent", object: "a" }), item(2, { object: "a" })], NOW, 9)), [2]);
});

test("an item that did not fit holds back those behind it", () => {
  assert.deepEqual(seqs(ready([item(1), item(2, { object: "a" }), item(3, { object: "a" })], NOW, 2)), [1, 2]);
});

test("each verdict has its state", () => {
  const sent = byVerdict(item(1, { tries: 3 }), { verdict: "accepted", result: { case_code: "220102-2026-0000001" } }, NOW, 0.5);
  assert.deepEqual([sent.state, sent.tries, sent.result.case_code, sent.sent_at], ["sent", 0, "220102-2026-0000001", NOW]);
  const held = byVerdict(item(1), { verdict: "held", waits_for: ["x"] }, NOW, 0.5);
  assert.deepEqual([held.state, held.tries, held.next_at > NOW], ["waiting", 1, true]);
  assert.equal(byVerdict(item(1), { verdict: "conflict", conflict: 7 }, NOW, 0.5).conflict.conflict, 7);
  const refused = byVerdict(item(1), { verdict: "refused", words: "请填写标题。", field: "title" }, NOW, 0.5);
  assert.deepEqual([refused.state, refused.words, refused.field], ["attention", "请填写标题。", "title"]);
  assert.ok(byVerdict(item(1), { verdict: "refused" }, NOW, 0.5).words, "a person is always told something");
});

test("without a verdict an item waits longer each time, up to five minutes, spread apart", () => {
  assert.equal(byFault(item(1, { tries: 2 }), NOW, 0.5).tries, 3);
  assert.deepEqual([1, 2, 3, 4].map((tries) => delay(tries, 0.5)), [5_000, 10_000, 20_000, 40_000]);
  assert.equal(delay(50, 0.5), 300_000);
  assert.deepEqual([delay(1, 0), delay(1, 1)], [4_000, 6_000]);
});

test("the next try is that of the first item that may be sent at all", () => {
  assert.equal(nextAt([]), null);
  assert.equal(nextAt([item(1, { next_at: 50 }), item(2, { next_at: 20 })]), 20);
  assert.equal(nextAt([item(1, { object: "a", state: "attention" }), item(2, { object: "a", next_at: 20 })]), null);
  assert.equal(nextAt([item(1, { object: "a", next_at: 90 }), item(2, { object: "a", next_at: 20 })]), 90, "what waits behind another does not wake the phone");
  assert.equal(nextAt([item(1, { object: "a", state: "sent" }), item(2, { object: "a", next_at: 20 })]), 20);
});

test("faults are told apart", () => {
  assert.deepEqual([null, 200, 201, 304].map((status) => faultOf(status)), ["offline", "", "", ""]);
  assert.deepEqual([401, 403, 404, 413, 500, 502, 503, 429].map((status) => faultOf(status)), ["signin", "refused", "refused", "refused", "server", "server", "server", "server"]);
  assert.equal(faultOf(400, "csrf"), "server", "an old token is fetched anew, nothing is refused");
});

test("the tally counts what is not on the server", () => {
  const items = [item(1), item(2, { state: "sent" }), item(3, { state: "attention" }), item(4, { state: "sending" })];
  assert.deepEqual(tally(items), { waiting: 1, sending: 1, sent: 1, attention: 1, unsent: 3 });
});

test("what had its turn is not sent again, and nothing overtakes it", () => {
  const items = [item(1, { object: "a" }), item(2, { object: "a" }), item(3)];
  assert.deepEqual(seqs(ready(items, Infinity, 9, new Set([1]))), [3]);
});

test("a stretch of track that was refused holds up neither the next nor the end of the duty", () => {
  const items = [item(1, { object: "d", kind: "points", state: "attention" }), item(2, { object: "d", kind: "points" }), item(3, { object: "d", kind: "duty_off" })];
  assert.deepEqual(seqs(ready(items, NOW, 9)), [2, 3]);
  assert.equal(nextAt(items), 0);
  const begun = item(1, { object: "d", kind: "duty_on", state: "attention" });
  assert.deepEqual(ready([begun, ...items.slice(1)], NOW, 9), [], "without the 上岗 there is nothing to hang a track on");
});

test("the person is told of a track only when it needs them", () => {
  const of = (state) => tally([item(1, { kind: "points", state }), item(2, { kind: "report" })]);
  assert.deepEqual([of("waiting").unsent, of("attention").unsent, of("attention").attention], [1, 2, 1]);
});

test("what waited for an item that is given up waits for what came before it", () => {
  const on = item(1, { id: "d", object: "d", kind: "duty_on" });
  const first = item(2, { object: "d", kind: "points", after: "d" });
  const off = item(3, { object: "d", kind: "duty_off", after: "i2" });
  const other = item(4);
  assert.deepEqual(givenUp([on, first, off, other], first), { gone: [first], moved: [[off, { after: "d" }]] });
  assert.deepEqual(givenUp([on, first, off, other], on), { gone: [on, first, off], moved: [] }, "and with a 上岗 goes all of its duty");
});

test("a task is filled in until it is due again", () => {
  const step = item(1, { kind: "step", base: 5, body: { case_code: "c" } });
  assert.equal(isFilledIn({ case_code: "c", version: 5 }, [step]), true);
  assert.equal(isFilledIn({ case_code: "c", version: 6 }, [step]), false);
  assert.equal(isFilledIn({ case_code: "b", version: 5 }, [step]), false);
  assert.equal(isFilledIn({ case_code: "c", version: 5 }, [{ ...step, state: "attention" }]), false);
});
