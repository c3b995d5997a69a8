// Tells on every page what waits on this device, and sends it when there is a connection.
import { all, remove, watch } from "./offline-store.js";

const STATES = ["look", "ready", "writing", "sent"];
const DAY = 86_400_000;
const AGAIN = 60_000;

const counted = (bar, state, number) =>
  number === 1 ? bar.dataset[`${state}One`] : bar.dataset[`${state}Other`].replace("{number}", number);

const outdated = ({ state, sent }) => state === "sent" && sent < Date.now() - DAY;

export const tell = async (bar) => {
  const status = bar.querySelector("[data-waits-status]");
  const look = bar.querySelector("[data-waits-look]");
  const write = bar.querySelector("[data-waits-write]");
  // The page about all of this says more than the bar.
  const listed = document.querySelector("[data-entries]");
  // A page that shows the same way, or is its end, need not show it twice.
  const shown = document.querySelector(`#offline, main a[href="${CSS.escape(write.getAttribute("href"))}"]`);

  const mine = async () =>
    (await all()).filter(
      ({ id, city, state, seen }) =>
        city === bar.dataset.city && !(state === "sent" && seen) && `#${id}` !== location.hash,
    );

  const show = async () => {
    const waiting = listed ? [] : await mine();
    const offline = navigator.onLine === false;
    const numbers = STATES.map((state) => [state, waiting.filter((entry) => entry.state === state).length]);
    const lines = numbers.filter(([, number]) => number).map(([state, number]) => counted(bar, state, number));
    if (offline) lines.push(bar.dataset.offline);
    look.hidden = !waiting.length;
    write.hidden = Boolean(!offline || shown || !navigator.serviceWorker?.controller);
    bar.hidden = !lines.length;
    const words = lines.join(" ");
    if (status.textContent !== words) status.textContent = words;
  };

  const send = async () => {
    if (navigator.onLine === false || !(await all()).some(({ state }) => state === "ready")) return;
    const { sendAll } = await import("./offline-send.js");
    await sendAll().catch(() => setTimeout(send, AGAIN));
  };

  // A step of the form that cannot be sent stays where it is, with all that was typed.
  const hold = (event) => {
    if (navigator.onLine !== false || event.target.method !== "post" || event.target.id === "offline") return;
    event.preventDefault();
    event.stopPropagation();
    status.textContent = bar.dataset.held;
    bar.scrollIntoView({ block: "nearest" });
  };

  watch(show);
  addEventListener("submit", hold, true);
  addEventListener("offline", show);
  addEventListener("online", () => {
    show();
    send();
  });
  for (const { id } of (await all()).filter(outdated)) await remove(id);
  await show();
  await send();
};
