// The check page: fields that belong to the chosen result, words to the reporter, and who else is here.
import { place } from "./staff-place.js";
import { offers, redaction } from "./staff-redaction.js";

const STILL_HERE = 120_000;

const decision = (form) => {
  const parts = [...form.querySelectorAll(".depends")];
  const show = () => {
    const chosen = form.querySelector("[name=outcome]:checked")?.value;
    for (const part of parts) part.classList.toggle("depends--on", part.dataset.for === chosen);
  };
  form.dataset.live = "";
  form.addEventListener("change", (event) => {
    // To pick a similar report is to call this one a duplicate of it.
    if (event.target.name === "parent") form.querySelector("#outcome-duplicate").checked = true;
    show();
  });
  show();
};

// Of the words that reporters get, those of the chosen reason.
const letter = (details) => {
  const select = details.parentElement.querySelector("select[name^=reason-]");
  const show = () => {
    for (const line of details.querySelectorAll("[data-reason]")) line.hidden = line.dataset.reason !== select.value;
    details.hidden = !select.value;
    details.open = Boolean(select.value);
  };
  select.addEventListener("change", show);
  show();
};

// Says that this page is still looked at, and shows who else looks at it.
const presence = (form) => {
  const box = document.querySelector("[data-other]");
  let sent = false;
  const body = (leaves) => {
    const fields = new FormData();
    fields.set("form_token", form.elements.form_token.value);
    if (leaves) fields.set("leaves", "1");
    return fields;
  };
  const tell = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(form.dataset.here, { method: "POST", body: body(false), redirect: "error" });
      if (!answer.ok) return;
      const { other } = await answer.json();
      const words = other && box.dataset.words.replace("{name}", other);
      if (box.textContent.trim() !== words) box.textContent = words;
    } catch {
      // Without a connection nobody is told, and nothing is lost.
    }
  };
  form.addEventListener("submit", () => (sent = true));
  addEventListener("pagehide", () => sent || navigator.sendBeacon(form.dataset.here, body(true)));
  setInterval(tell, STILL_HERE);
};

for (const form of document.querySelectorAll("[data-check]")) {
  decision(form);
  presence(form);
}
for (const box of document.querySelectorAll("[data-place]")) place(box);
for (const details of document.querySelectorAll("[data-letter]")) letter(details);
for (const photo of document.querySelectorAll("[data-photo]")) {
  redaction(photo);
  offers(photo);
}
