// Between the pages of rounds and the network: without one, the round that was taken along, for twelve hours.
const NAME = "open311-field";
const LASTS = 12 * 60 * 60 * 1000;
const PATIENCE = 8000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const soon = (request) =>
  Promise.race([fetch(request), new Promise((_, reject) => setTimeout(reject, PATIENCE, new Error("slow")))]);

const kept = async (request) => {
  const cache = await caches.open(NAME);
  const found = await cache.match(request.mode === "navigate" ? new URL(request.url).pathname : request);
  const taken = Number(found?.headers.get("X-Taken") ?? Date.now());
  if (Date.now() - taken < LASTS) return found;
  await caches.delete(NAME);
  return undefined;
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  event.respondWith(soon(request).catch(async (problem) => (await kept(request)) ?? Promise.reject(problem)));
});
