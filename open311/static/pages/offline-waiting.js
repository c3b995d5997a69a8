// What waits on this device: look at it, send it now, change it, discard it.
import { alone, sendAll } from "./offline-send.js";
import { all, change, remove, watch } from "./offline-store.js";
import { valueOf } from "./offline-entry.js";

const list = document.querySelector("[data-entries]");
const status = document.querySelector("[data-status]");
const button = document.querySelector("[data-send]");
const form = document.querySelector("[data-form]");
const pattern = document.querySelector("template[data-entry]");
const { city } = document.getElementById("waits").dataset;
const moment = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });

const photosOf = (place, number) => {
  if (!number) return "";
  return number === 1 ? place.dataset.one : place.dataset.other.replace("{number}", number);
};

const discard = (id) =>
  // Never while it is being sent: what has arrived cannot be discarded here.
  alone(async () => {
    await remove(id);
    status.textContent = "";
    document.querySelector("h1").focus();
  });

const sure = (item, entry) => {
  const [actions, question] = [item.querySelector("[data-actions]"), item.querySelector("[data-sure]")];
  const ask = (asking) => {
    actions.hidden = asking;
    question.hidden = !asking;
    (asking ? question.querySelector("[data-yes]") : actions.querySelector("[data-discard]")).focus();
  };
  actions.querySelector("[data-discard]").addEventListener("click", () => {
    if (entry.state === "sent") discard(entry.id);
    else ask(true);
  });
  question.querySelector("[data-yes]").addEventListener("click", () => discard(entry.id));
  question.querySelector("[data-no]").addEventListener("click", () => ask(false));
};

const fill = (item, entry) => {
  const part = (name) => item.querySelector(`[data-${name}]`);
  const sent = entry.state === "sent";
  part("service").textContent = entry.service || form.textContent;
  part("state").textContent = part("state").dataset[entry.state];
  part("wrong").append(
    ...entry.wrong.map(({ words }) => Object.assign(document.createElement("li"), { textContent: words })),
  );
  part("address").textContent = valueOf(entry, "address");
  part("description").textContent = valueOf(entry, "description");
  part("begun").textContent = moment.format(entry.begun);
  part("photos").textContent = photosOf(part("photos"), entry.photos.length);
  part("number").href = entry.address ?? "";
  part("number").hidden = !sent;
  part("change").href = `${form.href}#${entry.id}`;
  part("change").hidden = sent;
  if (entry.state === "writing") part("change").firstElementChild.textContent = part("change").dataset.writing;
  if (sent) part("discard").textContent = part("discard").dataset.sent;
};

const drawn = (entry) => {
  const item = pattern.content.firstElementChild.cloneNode(true);
  item.classList.add(`entry--${entry.state}`);
  fill(item, entry);
  sure(item, entry);
  return item;
};

const show = async () => {
  const entries = (await all()).filter((entry) => entry.city === city).sort((one, other) => other.begun - one.begun);
  list.replaceChildren(...entries.map(drawn));
  document.querySelector("[data-none]").hidden = entries.length > 0;
  document.querySelector("[data-send-line]").hidden = !entries.some(({ state }) => state === "ready");
  for (const { id } of entries.filter(({ state, seen }) => state === "sent" && !seen)) {
    status.textContent = status.dataset.sent;
    await change(id, { seen: true });
  }
};

button.addEventListener("click", async () => {
  status.textContent = status.dataset.sending;
  try {
    await sendAll({ atOnce: true });
    if (status.textContent === status.dataset.sending) status.textContent = "";
  } catch {
    status.textContent = status.dataset.failed;
  }
});
watch(show);
await show();
