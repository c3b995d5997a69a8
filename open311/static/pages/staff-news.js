// Says what has come since this page was opened. Nothing moves by itself: a press loads the page anew.
import { LINK, button } from "./buttons.js";

const EVERY = 15_000;
const box = document.querySelector("[data-news]");
let start = null;
let tag = "";
let announced = "";

const tell = (lines) => {
  const words = lines.join(", ");
  // The same words again would be read out again.
  if (words === announced) return;
  announced = words;
  box.replaceChildren();
  if (!words) return;
  box.append(`${words}. `, button(box.dataset.again, LINK, () => location.reload()));
};

const ask = async () => {
  const address = new URL(box.dataset.news, location.href);
  for (const [name, number] of Object.entries(start ?? {})) address.searchParams.set(name, number);
  const headers = { Accept: "application/json", ...(tag && { "If-None-Match": tag }) };
  const answer = await fetch(address, { headers, cache: "no-store", redirect: "error" });
  if (answer.status === 304) return true;
  // Signed out, or no longer allowed: the next click says so.
  if (answer.status === 401 || answer.status === 403) return false;
  if (!answer.ok) return true;
  const { numbers, news } = await answer.json();
  start ??= numbers;
  tag = answer.headers.get("ETag") ?? "";
  tell(news);
  return true;
};

const go = async () => {
  let goesOn = true;
  try {
    // A page that nobody looks at asks for nothing.
    if (!document.hidden) goesOn = await ask();
  } catch {
    // Without a network it is tried again.
  }
  if (goesOn) setTimeout(go, EVERY);
};

if (box) go();
