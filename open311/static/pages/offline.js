// After everything else: keep pages for when there is no connection, and tell what waits on this device.
import { idle, loaded } from "./page-load.js";

const bar = document.getElementById("waits");

if (bar && window.isSecureContext && window.indexedDB) {
  await loaded();
  await idle();
  const { worker, scope } = bar.dataset;
  // A browser that cannot do this shows the site all the same.
  navigator.serviceWorker?.register(worker, { scope, type: "module" }).catch((problem) => console.warn(problem));
  const { tell } = await import("./offline-bar.js");
  await tell(bar).catch((problem) => console.warn(problem));
}
