// In which order to walk to places: the nearest next, then shortened by turning stretches round (2-opt). Pure.
import { metres } from "./geo.js";

const length = (route) => route.slice(1).reduce((sum, place, i) => sum + metres(route[i].at, place.at), 0);

/**
 * Places in a walking order from `start` ([lon, lat], or null: from the first). Places are objects with `at` ([lon, lat] or
 * null); those without a position come last, in the order given. The way does not lead back.
 */
export function walkingOrder(places, start) {
  const [placed, unplaced] = [places.filter((one) => one.at), places.filter((one) => !one.at)];
  if (!placed.length) return unplaced;
  const left = [...placed];
  const route = [{ at: start ?? left[0].at }];
  while (left.length) {
    const here = route.at(-1).at;
    const next = left.reduce((best, one) => (metres(here, one.at) < metres(here, best.at) ? one : best));
    route.push(...left.splice(left.indexOf(next), 1));
  }
  return [...shortened(route).slice(1), ...unplaced];
}

function shortened(route) {
  let best = route;
  for (let better = true; better; ) {
    better = false;
    for (let i = 1; i < best.length - 1; i += 1) {
      for (let j = i + 1; j < best.length; j += 1) {
        const turned = [...best.slice(0, i), ...best.slice(i, j + 1).reverse(), ...best.slice(j + 1)];
        if (length(turned) < length(best) - 0.5) [best, better] = [turned, true];
      }
    }
  }
  return best;
}
