import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ageWords, breaks, chinaDay, classOf, DEFAULTS, drawnAt, filterQuery, levelFor, openStatus, parseState, periodDays, rampStep, writeState,
} from "../../../gridmap/static/js/maps/state.js";

const TODAY = "2026-11-23";
const LEVELS = [{ level: 6, minzoom: 0 }, { level: 9, minzoom: 7 }, { level: 12, minzoom: 10 }, { level: 15, minzoom: 12 }];

test("the day is that of Asia/Shanghai", () => {
  assert.equal(chinaDay(Date.parse("2026-11-23T15:59:59Z")), "2026-11-23");
  assert.equal(chinaDay(Date.parse("2026-11-23T16:00:00Z")), "2026-11-24");
});

test("an empty address is the default state, and the default state an empty address", () => {
  assert.deepEqual(parseState(""), DEFAULTS);
  assert.equal(writeState(parseState("")), "");
});

test("every part of the state goes into the address and comes back", () => {
  const state = {
    unit: "220102200000000", period: "custom", from: "2026-01-01", to: "2026-06-30", family: ["1", "3"], status: ["open"],
    risk: ["high", "none"], lateness: ["late"], layers: ["heat", "cover", "duty"], days: "30", shade: "risk", color: "lateness", base: "img", list: "view",
    tab: "cases", sel: "case:220102-2026-0000123", at: [125.3, 43.8, 12.5],
  };
  assert.deepEqual(Object.keys(state).sort(), Object.keys(DEFAULTS).sort());
  assert.deepEqual(parseState(`?${writeState(state)}`), state);
});

test("the written address is short and legible", () => {
  assert.equal(writeState({ ...DEFAULTS, layers: ["borders", "cases", "heat"], sel: "unit:220102200000000" }), "layers=borders,cases,heat&sel=unit:220102200000000");
});

test("no layers at all is a state of its own", () => {
  assert.deepEqual(parseState(writeState({ ...DEFAULTS, layers: [] })).layers, []);
});

test("nonsense in an address is left out, never passed on", () => {
  const state = parseState("unit=22&period=week&risk=<b>,high&at=999,0,3&sel=person:1&shade=red&layers=spy&from=gestern&base=../x&days=91");
  assert.deepEqual(state, { ...DEFAULTS, risk: ["high"], layers: [] });
});

test("days given without a period mean the custom period", () => {
  assert.equal(parseState("from=2026-01-01").period, "custom");
  assert.equal(parseState("period=7d&from=2026-01-01").from, "");
});

test("periods count today as their last day", () => {
  assert.deepEqual(periodDays({ period: "7d" }, TODAY), ["2026-11-17", ""]);
  assert.deepEqual(periodDays({ period: "30d" }, "2026-03-01"), ["2026-01-31", ""]);
  assert.deepEqual(periodDays({ period: "1y" }, TODAY), ["2025-11-24", ""]);
  assert.deepEqual(periodDays({ period: "custom", from: "", to: "2026-01-31" }, TODAY), ["", "2026-01-31"]);
});

test("one filter is one text, in whatever order it was chosen", () => {
  const one = filterQuery(parseState("risk=high,low&family=3,1"), TODAY, { unit: "220102200000000" });
  assert.equal(one, "family=1,3&from=2025-11-24&risk=high,low&unit=220102200000000");
  assert.equal(filterQuery(parseState("family=1,3&risk=low,high"), TODAY, { unit: "220102200000000" }), one);
});

test("everything of mine is said by naming no unit; extra parameters replace those of the filter", () => {
  const state = parseState("status=open&period=custom");
  assert.equal(filterQuery(state, TODAY, { unit: "000000000000000" }), "status=open");
  assert.equal(filterQuery(state, TODAY, { status: "", located: "no" }), "located=no");
});

test("the open ones among the chosen states", () => {
  assert.equal(openStatus([]), "open");
  assert.equal(openStatus(["open"]), "open");
  assert.equal(openStatus(["closed", "handling"]), "handling");
  assert.equal(openStatus(["ended"]), null);
  assert.equal(openStatus(["open", "ended"]), "open");
});

test("the level that is shaded suits the zoom and lies below the unit", () => {
  assert.equal(drawnAt(9.9, LEVELS), 9);
  assert.equal(levelFor(5, 0, LEVELS), 6);
  assert.equal(levelFor(11, 9, LEVELS), 12);
  assert.equal(levelFor(13, 9, LEVELS), 15);
  assert.equal(levelFor(8, 9, LEVELS), 12); // a town on a phone: its villages all the same
  assert.equal(levelFor(17, 15, LEVELS), 15);
});

test("few values are a class each, many are parted evenly, zero is a class of its own", () => {
  assert.deepEqual(breaks([0, 0]), []);
  assert.deepEqual(breaks([1, 1, 3, 4, 21, 0]), [1, 3, 4, 21]);
  assert.deepEqual(breaks([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), [1, 3, 5, 7, 9]);
  assert.equal(classOf(0, [1, 3]), 0);
  assert.equal(classOf(2, [1, 3]), 1);
  assert.equal(classOf(99, [1, 3]), 2);
  for (let i = 1; i <= 10; i += 1) assert.equal(classOf(i, breaks([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])), Math.ceil(i / 2));
});

test("few classes spread over the whole ramp", () => {
  assert.deepEqual([0, 1].map((one) => rampStep(one, 1)), [0, 3]);
  assert.deepEqual([0, 1, 2].map((one) => rampStep(one, 2)), [0, 1, 5]);
  assert.deepEqual([1, 2, 3, 4, 5].map((one) => rampStep(one, 5)), [1, 2, 3, 4, 5]);
});

test("the age of a fix is told as people say it", () => {
  assert.deepEqual([0, 59, 60, 3_599, 3_600, 7_300].map(ageWords), ["刚刚", "刚刚", "1 分钟前", "59 分钟前", "1 小时前", "2 小时前"]);
});
