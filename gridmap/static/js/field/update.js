// New versions of the app: fetched in the background, taken over when the person agrees. The queue lives in the database and is not touched.

/** Register the service worker; `app.update` becomes the way to take a waiting version over ("change" is told). */
export async function followUpdates(app) {
  const worker = navigator.serviceWorker;
  let renewed = Boolean(worker.controller);
  worker.addEventListener("controllerchange", () => {
    if (renewed) location.reload();
    renewed = true; // the first time it only begins to serve this page
  });
  const registration = await worker.register("/field/worker.js", { scope: "/field/", updateViaCache: "none" }).catch(() => null);
  if (!registration) return; // no network at the very first opening
  const offer = () => {
    if (!registration.waiting || !worker.controller) return;
    app.update = () => registration.waiting.postMessage("take-over");
    app.events.dispatchEvent(new Event("change"));
  };
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
  offer();
  const ready = await worker.ready;
  ready.active?.postMessage("keep-map");
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && registration.update().catch(() => {}));
}
