// A round without a connection: the page is kept, what is said waits on the device, and is sent once there is a way.
import { LINK, button } from "./buttons.js";
import { LASTS, NAME, TAKEN, all, put, remove } from "./field-store.js";

const root = document.querySelector("[data-field]");
const status = root.querySelector("[data-status]");
const queue = root.querySelector("[data-queue]");
const sendButton = root.querySelector("[data-send]");
const takeButton = root.querySelector("[data-take]");
const scope = `${root.dataset.scope}/`;
const RETRY = 30_000;

// The status is at the head of a long page; whoever stands at the seventh stop reads it there. It is spoken once.
const beside = (number, words) => {
  const line = number && document.querySelector(`#stop-${number} [data-said]`);
  if (line) line.textContent = words;
};

// One line about each report and one about the whole: nobody reads words that the next answer replaces at once.
const tell = (words, number = "") => {
  const line = [...status.children].find(({ dataset }) => dataset.about === number) ?? document.createElement("p");
  line.dataset.about = number;
  line.textContent = number ? `${number}: ${words}` : words;
  status.append(line);
  beside(number, words);
};

const token = () => document.querySelector("[name=form_token]").value;

// The page as it is, and all that it needs; it says when it was taken along.
const take = async () => {
  const cache = await caches.open(NAME);
  const parts = document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src], main img");
  const files = [...parts].map((part) => part.href ?? part.src);
  const modules = performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => name.endsWith(".js"));
  await cache.addAll([...new Set([...files, ...modules])].filter((file) => file.startsWith(location.origin)));
  const page = await fetch(location.pathname, { cache: "no-store" });
  const headers = new Headers(page.headers);
  headers.set(TAKEN, String(Date.now()));
  await cache.put(location.pathname, new Response(await page.blob(), { headers }));
  tell(root.dataset.taken);
};

const show = async () => {
  const waiting = await all();
  sendButton.hidden = waiting.length === 0;
  queue.replaceChildren(
    ...waiting.map((entry) => {
      const item = document.createElement("li");
      const words = entry.problems?.length ? `${root.dataset.refused} ${entry.problems.join(" ")}` : root.dataset.waiting;
      beside(entry.fields.number, words);
      item.textContent = `${entry.fields.number}: ${words} ${entry.fields.text ?? ""} `;
      if (entry.problems) {
        const discard = async () => {
          await remove(entry.id);
          await show();
        };
        item.append(button(root.dataset.discard, LINK, discard));
      }
      return item;
    }),
  );
};

const body = (entry) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(entry.fields)) form.append(name, value);
  for (const file of entry.files) form.append("media", file, file.name || "photo.jpg");
  return form;
};

const post = async (entry) => {
  const headers = { Accept: "application/json", "X-Form-Token": token() };
  const answer = await fetch(entry.url, { method: "POST", body: body(entry), headers, redirect: "manual" });
  const json = answer.headers.get("Content-Type")?.startsWith("application/json");
  return { ok: answer.ok, ...(json ? await answer.json() : { login: true }) };
};

// One after the other, each until the server has answered; what it has got already it answers as before.
const sendAll = async () => {
  for (const entry of await all()) {
    if (entry.problems) continue;
    const { number } = entry.fields;
    const answer = await post(entry).catch(() => null);
    if (!answer) return tell(root.dataset.waiting, number);
    if (answer.login) return tell(root.dataset.login);
    if (answer.ok) {
      await remove(entry.id);
      tell(answer.words, number);
    } else await put({ ...entry, problems: answer.problems });
  }
};

let sending = false;
let again = false;
const send = async () => {
  again = true;
  if (sending) return;
  sending = true;
  try {
    // The connection may come back while the last try is still failing.
    while (again) {
      again = false;
      await sendAll();
    }
  } finally {
    sending = false;
    await show();
  }
};

// What was said stands at its stop, and the next one follows it.
const fold = (form) => {
  const entry = form.closest("details");
  entry.open = false;
  entry.querySelector("[data-asks]").textContent = root.dataset.again;
  entry.querySelector("summary").focus();
};

for (const form of document.querySelectorAll("form[data-stop]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const data = new FormData(form);
    const files = data.getAll("media").filter(({ size }) => size);
    data.delete("media");
    data.delete("form_token");
    const fields = Object.fromEntries(data);
    try {
      await put({ id: fields.client_id, at: Date.now(), url: form.action, fields, files });
    } catch {
      // A device that keeps nothing sends at once, as without scripts.
      form.submit();
      return;
    }
    form.reset();
    form.elements.client_id.value = crypto.randomUUID();
    fold(form);
    await show();
    await send();
  });
}

// A stop is moved by the arrow keys, again and again: the same stop has the focus after each.
const MOVES = { ArrowUp: "[value=up]", ArrowDown: "[value=down]" };
for (const form of document.querySelectorAll("form[data-order]")) {
  form.addEventListener("keydown", (event) => {
    const button = event.key in MOVES && form.querySelector(MOVES[event.key]);
    if (!button) return;
    event.preventDefault();
    form.requestSubmit(button);
  });
}
const moved = document.getElementById(location.hash.slice(1))?.querySelector("[data-order] button");
// Later than the browser goes to the place in the address, which takes the focus away.
addEventListener("load", () => setTimeout(() => moved?.focus()));

document.querySelector(".own form")?.addEventListener("submit", async (event) => {
  if (!queue.childElementCount || confirm(root.dataset.leave)) return;
  event.preventDefault();
});
sendButton.addEventListener("click", send);
addEventListener("online", send);
// A weak signal comes and goes without a word from the device.
setInterval(() => queue.childElementCount && send(), RETRY);
if ("serviceWorker" in navigator && "caches" in self) {
  takeButton.hidden = false;
  takeButton.addEventListener("click", () => take().catch(() => tell(root.dataset.failed)));
  navigator.serviceWorker.register(root.dataset.worker, { scope }).catch((problem) => console.warn(problem));
}
const kept = await caches.match(location.pathname, { cacheName: NAME });
if (kept && Date.now() - Number(kept.headers.get(TAKEN)) < LASTS && navigator.onLine) await take().catch(() => {});
await send();
