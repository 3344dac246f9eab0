// Cluster symbols: rings whose parts show what the cases of a cluster are. Drawn on demand and kept by MapLibre.
import { token } from "./style.js";

const STEPS = 12; // a part is a multiple of a twelfth, so that few pictures serve many clusters
const PREFIX = "ring:";

/** Expression of the name of a cluster's ring: `ring:<parts>` with each class's share in twelfths. `counts` are expressions. */
export function ringName(counts) {
  const share = (count) => ["to-string", ["round", ["*", STEPS, ["/", count, ["max", ["get", "n"], 1]]]]];
  return ["concat", PREFIX, ...counts.flatMap((count, i) => (i ? ["-", share(count)] : [share(count)]))];
}

// One canvas in main memory for all rings: on a canvas of the graphics card each ring would be read back from there (2 s of a first map).
let pen = null;

function drawRing(parts, colors, size) {
  pen ??= Object.assign(document.createElement("canvas"), { width: size, height: size }).getContext("2d", { willReadFrequently: true });
  pen.clearRect(0, 0, size, size);
  const [middle, outer] = [size / 2, size / 2 - 2];
  const inner = outer * 0.7;
  const total = parts.reduce((a, b) => a + b, 0) || 1;
  pen.beginPath();
  pen.arc(middle, middle, outer + 1.5, 0, 2 * Math.PI);
  pen.fillStyle = token("surface");
  pen.fill();
  let angle = -Math.PI / 2;
  parts.forEach((part, i) => {
    const next = angle + (part / total) * 2 * Math.PI;
    pen.beginPath();
    pen.arc(middle, middle, outer, angle, next);
    pen.arc(middle, middle, inner, next, angle, true);
    pen.fillStyle = colors[i];
    pen.fill();
    angle = next;
  });
  return pen.getImageData(0, 0, size, size);
}

/** Answer MapLibre's requests for rings; `colors()` are the colours of the classes now. Returns `forget()`: draw all anew. */
export function serveRings(map, colors) {
  const made = new Set();
  map.setMissingStyleImageResolver((id) => {
    if (!id.startsWith(PREFIX) || map.hasImage(id)) return;
    const parts = id.slice(PREFIX.length).split("-").map(Number);
    map.addImage(id, drawRing(parts, colors(), 128), { pixelRatio: 2 });
    made.add(id);
  });
  return function forget() {
    for (const id of made) {
      if (map.hasImage(id)) map.removeImage(id);
      const parts = id.slice(PREFIX.length).split("-").map(Number);
      if (parts.length === colors().length) map.addImage(id, drawRing(parts, colors(), 128), { pixelRatio: 2 });
      else made.delete(id);
    }
  };
}
