// Cases nearby that may be the same thing: the phone's own at once, the server's when there is a network.
import { h } from "../../../dom.js";
import { lengthText, metres } from "../../geo.js";
import { ask } from "../../link.js";

const NEAR_M = 50;
const PATIENCE_MS = 500;

/** Draw what may be the same near `place()` (a fix or null); `look()` when class or place changed. */
export function similarStrip(app, state, place) {
  const element = h("section", { class: "similar", "aria-live": "polite" });
  let timer = 0;
  let asked = 0;

  function known(fix) {
    return app.package.cases
      .filter((one) => one.category === state.category && one.lon !== null)
      .map((one) => ({ ...one, distance_m: metres([one.lon, one.lat], [fix.lon, fix.lat]) }))
      .filter((one) => one.distance_m <= NEAR_M);
  }

  function draw(items) {
    if (!items.length) return element.replaceChildren();
    element.replaceChildren(h("h3", {}, "附近已有相似的事件"), h("ul", {}, items.slice(0, 3).map((one) => h("li", {},
      h("strong", {}, one.title), ` ${one.status_name}，相距 ${lengthText(one.distance_m)}`))),
    h("p", { class: "hint" }, "如是同一件事，不必重复上报；不确定时照常上报，由综治中心合并。"));
  }

  async function look() {
    const fix = place();
    if (!fix || !state.category) return draw([]);
    const round = (asked += 1);
    draw(known(fix));
    if (!navigator.onLine) return;
    const query = new URLSearchParams({ category: state.category, lon: fix.lon, lat: fix.lat, title: state.title });
    const told = await ask(`/field/similar.json?${query}`).catch(() => null); // without an answer the phone's own list stands
    if (told?.items.length && round === asked) draw(told.items);
  }

  return {
    element,
    look: () => {
      clearTimeout(timer);
      timer = setTimeout(look, PATIENCE_MS);
    },
    close: () => clearTimeout(timer),
  };
}
