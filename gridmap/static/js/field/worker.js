// The service worker: the app's own files are kept on the phone, all of one version or none, and served from there.
// VERSION and FILES are written above this text by the server (gridmap/field/views/shell.py). Data never passes through here.

const CACHE = `gridmap-field-${VERSION}`;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES.kept.map((address) => new Request(address, { cache: "reload" })))));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("gridmap-field-") && name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  })());
});

// The page asks: take over now (the person agreed), or fetch what only the map needs.
self.addEventListener("message", (event) => {
  if (event.data === "take-over") self.skipWaiting();
  if (event.data === "keep-map") event.waitUntil(keepMap());
});

async function keepMap() {
  const cache = await caches.open(CACHE);
  for (const address of FILES.later) if (!(await cache.match(address))) await cache.add(address).catch(() => {}); // next time
}

// Woken by the push service, which knows nothing of what there is to read: an open page fetches it, else the person is told to look.
self.addEventListener("push", (event) => {
  event.waitUntil((async () => {
    const pages = await self.clients.matchAll({ type: "window" });
    for (const page of pages) page.postMessage("look");
    if (pages.some((page) => page.visibilityState === "visible")) return;
    await self.registration.showNotification("网格员手机端", { body: "有新的通知，请打开查看。", tag: "gridmap-field", lang: "zh-CN" });
  })());
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const [page] = await self.clients.matchAll({ type: "window" });
    if (page) await page.focus();
    else await self.clients.openWindow(FILES.kept[0]);
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate" && address.pathname === FILES.kept[0]) event.respondWith(kept(FILES.kept[0], request));
  else if (address.pathname.startsWith("/static/")) event.respondWith(kept(request.url, request));
});

// What is kept, else what the server has (other pages, other versions); without a network the same file of this version.
async function kept(address, request) {
  const cache = await caches.open(CACHE);
  const found = await cache.match(address);
  if (found) return found;
  return fetch(request).catch(async (fault) => {
    const same = await cache.match(address, { ignoreSearch: true });
    if (same) return same;
    throw fault;
  });
}
