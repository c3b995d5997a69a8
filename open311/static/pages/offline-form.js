// The whole report on one page, written without asking the server anything: kept while it is typed, sent when it can be.
import { conditions } from "./form-questions.js";
import { locate, setPosition, suggest } from "./form-place.js";
import { begun, collected, restored } from "./offline-entry.js";
import { Photos } from "./offline-photos.js";
import { TAG, alone, sendAll } from "./offline-send.js";
import { change, find, put } from "./offline-store.js";

const PAUSE = 300;
const form = document.getElementById("offline");
const summary = document.getElementById("wrong");
const questions = form.querySelector("[data-questions]");
const keptStatus = form.querySelector("[data-kept-status]");
const position = form.querySelector("[data-position]");
const words = form.dataset;
let entry = begun(form);
let pause = 0;
// Once it is done, nothing may put an older state in its place.
let done = false;

const isEmpty = (kept) => !kept.photos.length && !kept.fields.length;

const keep = async () => {
  clearTimeout(pause);
  const kept = collected(form, photos.all);
  if (done || (isEmpty(kept) && location.hash.length < 2)) return;
  try {
    entry = { ...entry, ...kept, state: "writing" };
    await put(entry);
    history.replaceState(null, "", `#${entry.id}`);
    keptStatus.textContent = words.kept;
  } catch {
    keptStatus.textContent = words.notKept;
  }
};

const soon = () => {
  clearTimeout(pause);
  pause = setTimeout(keep, PAUSE);
};

const photos = new Photos(form, soon);

const ask = () => {
  const service = CSS.escape(form.elements.service_code.value);
  const asked = document.querySelector(`template[data-service="${service}"]`);
  const block = document.createElement("div");
  block.className = "step";
  if (asked) block.append(asked.content.cloneNode(true));
  questions.replaceChildren(block);
  conditions(block);
};

const showPosition = () => {
  const { lat, long } = form.elements;
  position.hidden = !lat.value;
  position.querySelector("[data-figures]").textContent = `${lat.value}, ${long.value}`;
  soon();
};

const unanswered = () =>
  [...questions.querySelectorAll(".question[data-required]:not([hidden])")].filter((question) => {
    const fields = [...question.querySelectorAll("input, textarea")];
    return !fields.some((field) => (["radio", "checkbox"].includes(field.type) ? field.checked : field.value.trim()));
  });

const found = () => {
  const { address, lat, service_code: service, no_danger: safe, follow, email } = form.elements;
  const wrong = [];
  if (!address.value.trim() && !lat.value) wrong.push({ field: "address", words: words.errorPlace });
  if (!service.value) wrong.push({ field: "service_code", words: words.errorCategory });
  if (safe && !safe.checked) wrong.push({ field: "no_danger", words: words.errorDanger });
  for (const question of unanswered()) {
    const label = question.querySelector("legend, label").textContent.trim();
    wrong.push({ field: question.id.replace(/-question$/, ""), words: words.errorRequired.replace("{description}", label) });
  }
  if (follow?.checked && !email.value.trim()) wrong.push({ field: "email", words: words.errorFollow });
  return wrong;
};

const atField = ({ field, words: text }) => {
  const place = document.getElementById(field);
  if (!place) return;
  const error = document.querySelector("template[data-error]").content.firstElementChild.cloneNode(true);
  error.id = `${field}-error`;
  error.querySelector(".kern-body").textContent = text;
  place.closest(".kern-form-input, .kern-form-check, fieldset, .file")?.append(error);
  place.setAttribute("aria-invalid", "true");
  const described = (place.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== error.id);
  place.setAttribute("aria-describedby", [...described, error.id].join(" "));
};

const show = (wrong) => {
  for (const element of form.querySelectorAll(".kern-error")) element.remove();
  for (const element of form.querySelectorAll("[aria-invalid]")) element.removeAttribute("aria-invalid");
  summary.hidden = !wrong.length;
  if (!wrong.length) return;
  const { one, other } = summary.dataset;
  summary.querySelector("h2").textContent = wrong.length === 1 ? one : other.replace("{number}", wrong.length);
  summary.querySelector("ul").replaceChildren(
    ...wrong.map((fault) => {
      const link = Object.assign(document.createElement("a"), { href: `#${fault.field}`, textContent: fault.words });
      link.className = "kern-link";
      link.addEventListener("click", (event) => {
        // The end of the address says which report this is.
        event.preventDefault();
        document.getElementById(fault.field)?.focus();
      });
      const item = document.createElement("li");
      item.append(link);
      return item;
    }),
  );
  wrong.forEach(atField);
  summary.focus();
};

const showFormer = (lines) => {
  const box = form.querySelector("[data-former]");
  box.hidden = !lines.length;
  box.querySelector("ul").replaceChildren(
    ...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })),
  );
};

const finish = async () => {
  await keep();
  const wrong = found();
  show(wrong);
  if (wrong.length) return;
  done = true;
  try {
    await alone(() => put({ ...entry, state: "ready", wrong: [], notBefore: 0 }));
  } catch {
    done = false;
    keptStatus.textContent = words.notKept;
    return;
  }
  keptStatus.textContent = form.querySelector("[type=submit]").dataset.busy;
  navigator.storage?.persist?.().catch(() => {});
  const worker = navigator.serviceWorker?.controller && (await navigator.serviceWorker.ready);
  // Where the browser can, it sends even when this page is closed.
  await worker?.sync?.register(TAG).catch(() => {});
  if (navigator.onLine !== false) await sendAll({ atOnce: true }).catch(() => {});
  location.assign(words.waiting);
};

const takeUp = async (id) => {
  // Never while it is being sent; from now on it is being written again, and not sent.
  const known = await alone(async () => {
    const before = await find(id);
    if (before && before.state !== "sent") await change(id, { state: "writing" });
    return before;
  });
  if (!known) return;
  if (known.state === "sent") location.replace(words.waiting);
  const former = restored(form, known);
  photos.show(known.photos);
  entry = known;
  showPosition();
  showFormer(former);
  const now = form.elements.service_code.selectedOptions[0].dataset.asked ?? "";
  const changed = known.asked !== now && !known.wrong.length;
  show(changed ? [{ field: "service_code", words: words.changed }] : known.wrong);
};

form.hidden = false;
form.elements.service_code.addEventListener("change", ask);
form.addEventListener("position", showPosition);
form.addEventListener("input", soon);
form.addEventListener("change", soon);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!done) finish();
});
form.querySelector("[data-forget]").addEventListener("click", () => {
  setPosition(form, "", "");
  form.elements.address.focus();
});
addEventListener("visibilitychange", () => document.hidden && keep());
locate(form);
suggest(form);
if (location.hash.length > 1) await takeUp(location.hash.slice(1)).catch(() => {});
form.dataset.ready = "";
