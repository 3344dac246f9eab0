// The one state of the page, kept in the address: what changes is told to listeners with the names of what changed.
import { parseState, writeState } from "./state.js";

/**
 * `store.state` reads, `store.set({…})` changes (a new step in the browser's history unless `quiet`), `store.listen(fn)`
 * hears `fn(state, changed)` where `changed` is a Set of names. Back and forward arrive the same way.
 */
export function makeStore() {
  let state = parseState(location.search);
  const listeners = [];

  function move(next) {
    const changed = new Set(Object.keys(next).filter((name) => JSON.stringify(next[name]) !== JSON.stringify(state[name])));
    state = next;
    if (changed.size) for (const listener of listeners) listener(state, changed);
  }

  window.addEventListener("popstate", () => move(parseState(location.search)));
  return {
    get state() {
      return state;
    },
    listen(listener) {
      listeners.push(listener);
    },
    set(patch, { quiet = false } = {}) {
      const next = { ...state, ...patch };
      const query = writeState(next);
      const address = location.pathname + (query ? `?${query}` : "");
      if (address !== location.pathname + location.search) {
        history[quiet ? "replaceState" : "pushState"](null, "", address);
      }
      move(next);
    },
  };
}
