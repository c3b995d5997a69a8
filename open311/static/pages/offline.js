// After everything else: keep pages for when there is no connection, and tell what waits on this device.
const bar = document.getElementById("waits");

const loaded = () =>
  new Promise((resolve) => {
    if (document.readyState === "complete") resolve();
    else addEventListener("load", resolve, { once: true });
  });

// Chromium may forget who waits for an idle moment in a page where nothing moves.
const idle = () =>
  new Promise((resolve) => {
    if (window.requestIdleCallback) requestIdleCallback(resolve, { timeout: 1000 });
    else setTimeout(resolve);
  });

if (bar && window.isSecureContext && window.indexedDB) {
  await loaded();
  await idle();
  const { worker, scope } = bar.dataset;
  // A browser that cannot do this shows the site all the same.
  navigator.serviceWorker?.register(worker, { scope, type: "module" }).catch((problem) => console.warn(problem));
  const { tell } = await import("./offline-bar.js");
  await tell(bar).catch((problem) => console.warn(problem));
}
