// Between the site and the network: files by their version, pages from the network, or as they were seen last.
import { TAG, sendAll } from "./offline-send.js";

// Pages that say the same to everybody; nothing else is ever kept.
const PUBLIC = /^(reports\/\d+|open-data|imprint|privacy|accessibility)?$/;
const OWN = { offline: "offline", "report/offline": "offline_form", "report/waiting": "waiting" };
const MOST_PAGES = 50;
const MOST_FILES = 150;
// After so long a wait the page from last time is better than none.
const PATIENCE = 8000;

const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));

const trim = async (cache, most, spared = []) => {
  const old = (await cache.keys()).filter(({ url }) => !spared.includes(url));
  await Promise.all(old.slice(0, Math.max(old.length - most, 0)).map((request) => cache.delete(request)));
};

export const serve = ({ version, scope, languages, pages, files, personal }) => {
  // Without a connection these say so.
  const neverKept = new RegExp(`^(${personal.map((path) => path.replaceAll("*", "[^/]+")).join("|")})(/|$)`);
  const prefix = `open311 ${scope} `;
  const [filesName, seenName, ownName] = [`${prefix}files`, `${prefix}seen`, `${prefix}own ${version}`];
  const lasting = files.map((file) => new URL(file, location).href);

  // The address of a page below the city; nothing for what is not a page of this city.
  const pathOf = ({ pathname }) => {
    const base = scope.endsWith("/") ? scope : `${scope}/`;
    if (pathname === scope) return "";
    return pathname.startsWith(base) ? pathname.slice(base.length).replace(/\/$/, "") : null;
  };

  const languageOf = (url) => {
    const wished = [url.searchParams.get("locale"), ...navigator.languages].map((tag) => tag?.split("-")[0]);
    return wished.find((tag) => languages.includes(tag)) ?? languages[0];
  };

  const own = async (name, url) => (await caches.open(ownName)).match(pages[name][languageOf(url)], { ignoreVary: true });

  // The same page is the same with its language named and without.
  const seen = async (url) => {
    const cache = await caches.open(seenName);
    const [plain, named] = [new URL(url), new URL(url)];
    plain.searchParams.delete("locale");
    named.searchParams.set("locale", languageOf(url));
    for (const address of [url, plain, named]) {
      const found = await cache.match(address.href, { ignoreVary: true });
      if (found) return found;
    }
    return undefined;
  };

  const remember = async (url, path, response) => {
    if (path in OWN) {
      const address = pages[OWN[path]][response.headers.get("Content-Language")];
      if (response.ok && address) await (await caches.open(ownName)).put(address, response);
    } else if (PUBLIC.test(path)) {
      const cache = await caches.open(seenName);
      const everybody = response.headers.get("Cache-Control")?.startsWith("public");
      if (response.ok && everybody) await cache.put(url.href, response);
      // What the city has taken off its site goes from here, too.
      else if ([404, 410].includes(response.status)) await cache.delete(url.href);
      await trim(cache, MOST_PAGES);
    }
  };

  const fromNetwork = async (event, url, path) => {
    const response = (await event.preloadResponse) ?? (await fetch(event.request));
    if (event.request.method === "GET") event.waitUntil(remember(url, path, response.clone()));
    return response;
  };

  const fromDevice = async (url, path, method) => {
    if (path in OWN) return own(OWN[path], url);
    if (path === "report" && method === "GET") return own("offline_form", url);
    return (await seen(url)) ?? own("offline", url);
  };

  const page = async (event, url, path) => {
    const network = fromNetwork(event, url, path);
    const late = wait(PATIENCE).then(() => (PUBLIC.test(path) ? seen(url) : null));
    event.waitUntil(network.catch(() => {}));
    try {
      return await Promise.race([network, late.then((copy) => copy ?? network)]);
    } catch {
      return (await fromDevice(url, path, event.request.method)) ?? Response.error();
    }
  };

  const file = async (request) => {
    const cache = await caches.open(filesName);
    const kept = await cache.match(request, { ignoreVary: true });
    if (kept) return kept;
    const response = await fetch(request);
    if (response.ok && response.headers.get("Cache-Control")?.includes("immutable")) {
      await cache.put(request, response.clone());
      await trim(cache, MOST_FILES, lasting);
    }
    return response;
  };

  const install = async () => {
    const kept = await caches.open(filesName);
    const missing = await Promise.all(lasting.map(async (address) => ((await kept.match(address)) ? [] : [address])));
    await kept.addAll(missing.flat());
    const addresses = Object.values(pages).flatMap((page) => Object.values(page));
    await (await caches.open(ownName)).addAll(addresses.map((address) => new Request(address, { cache: "reload" })));
    await self.skipWaiting();
  };

  // The pages that are open already were loaded before there was anybody to keep them.
  const keepOpen = async () => {
    for (const { url } of await self.clients.matchAll({ includeUncontrolled: true, type: "window" })) {
      const address = new URL(url);
      const path = pathOf(address);
      if (path !== null && PUBLIC.test(path)) await remember(address, path, await fetch(url));
    }
  };

  const activate = async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith(`${prefix}own `) && name !== ownName);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.registration.navigationPreload?.enable();
    await keepOpen().catch(() => {});
    await self.clients.claim();
  };

  self.addEventListener("install", (event) => event.waitUntil(install()));
  self.addEventListener("activate", (event) => event.waitUntil(activate()));
  self.addEventListener("sync", (event) => {
    if (event.tag === TAG) event.waitUntil(sendAll());
  });
  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (url.origin !== location.origin) return;
    const path = pathOf(url);
    if (request.mode === "navigate") {
      if (path !== null && (path in OWN || PUBLIC.test(path) || neverKept.test(path))) {
        event.respondWith(page(event, url, path));
      }
    } else if (request.method === "GET" && (url.searchParams.has("v") || url.pathname.includes("/static/modules/"))) {
      event.respondWith(file(request));
    }
  });
};
