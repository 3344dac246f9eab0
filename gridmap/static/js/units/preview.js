// The preview of an import: rows by outcome beside the map; a click on a row goes to its outline.
import { faultLayers, outcomeLayers, outcomeNames, repaint, withSpots } from "./outcomes.js";
import { ask, boundsOf, fit, labelPoints, overlay, startMap, tell, waitForDrawing } from "./shapes.js";

const filters = document.querySelector("[data-outcomes]");
const rows = document.querySelector("[data-rows]");
filters.addEventListener("click", ({ target }) => {
  const chosen = target.closest("[data-outcome]");
  if (!chosen) return;
  for (const other of filters.children) other.setAttribute("aria-pressed", String(other === chosen));
  for (const row of rows.children) row.hidden = Boolean(chosen.dataset.outcome) && row.dataset.outcome !== chosen.dataset.outcome;
});

for (const form of document.querySelectorAll("[data-once]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button");
    button.textContent = "正在建立，请稍候…";
    setTimeout(() => { button.disabled = true; });
  });
}

const element = document.querySelector("[data-preview-map]");
async function show(map) {
  const waiting = waitForDrawing(element, map);
  let data;
  try {
    data = await ask(element.dataset.shapes);
  } catch (error) {
    waiting.failed();
    tell(element, error.message, () => show(map));
    return;
  }
  waiting.drawn();
  const outlines = data.features.filter((one) => one.properties.outcome !== "fault");
  const faults = data.features.filter((one) => one.properties.outcome === "fault");
  overlay(map, "outcomes", { type: "FeatureCollection", features: outlines }, outcomeLayers());
  overlay(map, "outcome-labels", labelPoints(outlines), outcomeNames());
  overlay(map, "faults", { type: "FeatureCollection", features: withSpots(faults) }, faultLayers());
  repaint(map, () => [...outcomeLayers(), ...outcomeNames(), ...faultLayers()]);
  const fresh = outlines.filter((one) => ["added", "changed"].includes(one.properties.outcome));
  fit(map, boundsOf(fresh.length ? fresh : outlines), { duration: 0 });
  for (const row of rows.children) {
    row.classList.add("row-go");
    row.addEventListener("click", () => {
      fit(map, boundsOf(outlines.filter((one) => String(one.properties.row) === row.dataset.row)));
    });
  }
}
if (element) startMap(element).then(show).catch(() => {});
