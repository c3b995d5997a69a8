// A button pressed twice sends its form once: the second answer would say that somebody has just changed the case.
const PAUSE = 3000;
const sent = new WeakMap();

addEventListener("submit", (event) => {
  const { target, timeStamp, submitter } = event;
  if (event.defaultPrevented || target.getAttribute("method") !== "post") return;
  const before = sent.get(target);
  if (before && before.submitter === submitter && timeStamp - before.timeStamp < PAUSE) event.preventDefault();
  else sent.set(target, { submitter, timeStamp });
});
// Whoever comes back to the page may send it again at once.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) for (const form of document.forms) sent.delete(form);
});
