// The pulse: asked every few seconds, it says whether anything happened to a case, so that what is reported stands on the map at once.
import { getJson } from "./api.js";
import { byTimer } from "../presence.js";

const PULSE_MS = 4_000;

/** Call `refresh()` soon after something happened, as long as `isWatched()`. */
export function followPulse(isWatched, refresh) {
  let known = null;
  let asking = false;
  const timer = setInterval(async () => {
    if (asking || !isWatched()) return;
    asking = true;
    try {
      byTimer();
      const { newest } = (await getJson("/map/pulse.json", { slot: "pulse", quiet: true })) ?? { newest: null };
      if (known !== null && newest !== null && newest > known) refresh();
      known = Math.max(known ?? 0, newest ?? 0);
    } catch (fault) {
      if (fault.status === 401) clearInterval(timer); // the refresh of each minute says what is wrong
    } finally {
      asking = false;
    }
  }, PULSE_MS);
}
