// Asking the server: every answer is fine, or a `Fault` that says what stands in the way (queue.js, FAULTS).
import { faultOf } from "./queue.js";

const PATIENCE_MS = 30_000;

/** What stands in the way: `kind` is a key of FAULTS, `words` what the server said, `told` its whole answer. */
export class Fault extends Error {
  constructor(kind, words = "", told = null, status = null) {
    super(words || kind);
    Object.assign(this, { kind, words, told, status });
  }
}

/** Send a request to this server and return its JSON (null for none, or for 304). `by`: what the person did, or a timer. Raises `Fault`. */
export async function ask(path, { method = "GET", headers = {}, body, csrf, etag, by = "timer" } = {}) {
  const own = { Accept: "application/json", "X-Gridmap-By": by, ...headers };
  if (csrf) own["X-CSRFToken"] = csrf;
  if (etag) own["If-None-Match"] = etag;
  let answer;
  let text;
  try {
    answer = await fetch(path, { method, headers: own, body, signal: AbortSignal.timeout(PATIENCE_MS), credentials: "same-origin", cache: "no-store" });
    if (answer.status === 304) return null;
    text = await answer.text(); // half a body is no answer
  } catch {
    throw new Fault("offline");
  }
  let told = null;
  try {
    told = text ? JSON.parse(text) : null;
  } catch {
    if (answer.ok) throw new Fault("server"); // a page of somebody between us and the server, or half an answer
  }
  const kind = faultOf(answer.status, told?.field === "csrf_token" ? "csrf" : "");
  if (kind) throw new Fault(kind, told?.detail ?? "", told, answer.status);
  if (told && typeof told === "object") Object.defineProperty(told, "etag", { value: answer.headers.get("ETag"), enumerable: false });
  return told;
}

/** Send a value as JSON. Raises `Fault`. */
export const post = (path, value, csrf) =>
  ask(path, { method: "POST", by: "person", csrf, headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) });
