// Asking our server for JSON: one place that knows what can go wrong and how to say it.
import { asker } from "../presence.js";

/** A request that failed; `message` is Chinese, `status` the HTTP status (0: no connection). */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const running = new Map();
let outstanding = 0;

function tell(change) {
  outstanding += change;
  document.dispatchEvent(new CustomEvent("gridmap:busy", { detail: outstanding }));
}

/** Say whether a request of this slot is under way. */
export const isAsked = (slot) => running.has(slot);

/**
 * Return the JSON at `address`. With a `slot`, a newer request in the same slot ends the older one, which then never
 * settles to its caller's harm: it resolves to `null`. Throws `Refused`.
 */
export async function getJson(address, { slot = "", quiet = false } = {}) {
  running.get(slot)?.abort();
  const stop = new AbortController();
  if (slot) running.set(slot, stop);
  if (!quiet) tell(1);
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json", ...asker() }, signal: stop.signal });
    const body = await answer.json().catch(() => null);
    if (!answer.ok) throw new Refused(body?.detail ?? "服务暂时不可用，请稍后重试。", answer.status);
    return body;
  } catch (fault) {
    if (fault.name === "AbortError") return null;
    if (fault instanceof Refused) throw fault;
    throw new Refused("无法连接服务器，请检查网络后重试。", 0);
  } finally {
    if (!quiet) tell(-1);
    if (running.get(slot) === stop) running.delete(slot);
  }
}
