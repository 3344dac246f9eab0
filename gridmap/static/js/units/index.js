// The directory of units: the tree, filters that submit themselves, and the map of the person's area (a click opens a unit).
import { startMap } from "./shapes.js";
import { startTrees } from "./tree.js";

startTrees();

for (const form of document.querySelectorAll("[data-autosubmit]")) {
  form.addEventListener("change", (event) => event.target.matches("select, [type=checkbox]") && form.requestSubmit());
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
  });
}

const element = document.querySelector("[data-unit-map]");
const list = document.querySelector("[data-tree]")?.dataset.list;
if (element) {
  startMap(element)
    .then((map) => {
      const layer = map.getLayer("units-land");
      if (!layer || !list) return;
      map.on("mousemove", "units-land", () => { map.getCanvas().style.cursor = "pointer"; });
      map.on("mouseleave", "units-land", () => { map.getCanvas().style.cursor = ""; });
      map.on("click", "units-land", ({ features }) => {
        const deepest = features.reduce((best, one) => (one.properties.level > best.properties.level ? one : best));
        location.assign(`${list}/${String(deepest.properties.code).padStart(15, "0")}`);
      });
    })
    .catch(() => {});
}
