// When a page has everything that it needs, so that what comes on top holds nothing up.
export const loaded = () =>
  new Promise((resolve) => {
    if (document.readyState === "complete") resolve();
    else addEventListener("load", resolve, { once: true });
  });

// Chromium may forget who waits for an idle moment in a page where nothing moves.
export const idle = () =>
  new Promise((resolve) => {
    if (window.requestIdleCallback) requestIdleCallback(resolve, { timeout: 1000 });
    else setTimeout(resolve);
  });
