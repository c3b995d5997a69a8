// A report on this device: what is kept of the form, and how it gets back into it.
const BYTES = 24;

const newWord = () => {
  const random = crypto.getRandomValues(new Uint8Array(BYTES));
  return btoa(String.fromCharCode(...random)).replaceAll("+", "-").replaceAll("/", "_");
};

// The word is made when the writing begins: however often it is sent, it is one report.
export const begun = (form) => ({
  id: newWord(),
  state: "writing",
  begun: Date.now(),
  city: form.dataset.city,
  fields: [],
  photos: [],
  said: [],
  wrong: [],
});

const chosen = (form) => form.elements.service_code.selectedOptions[0];

const words = (element) => element?.textContent.trim().replaceAll(/\s+/g, " ") ?? "";

const said = (field) => (["radio", "checkbox"].includes(field.type) ? words(field.labels[0]) : field.value);

const label = (field) => words(field.closest("fieldset")?.querySelector("legend") ?? field.labels?.[0]);

const answered = (form) =>
  [...form.querySelectorAll(".question input, .question textarea")].filter(
    (field) => !field.disabled && field.value && (!["radio", "checkbox"].includes(field.type) || field.checked),
  );

export const collected = (form, photos) => ({
  fields: [...new FormData(form)].filter(([, value]) => typeof value === "string" && value),
  photos,
  // In words, for the day when a question is no longer asked.
  said: answered(form).map((field) => [field.name, field.value, `${label(field)}: ${said(field)}`]),
  service: form.elements.service_code.value ? words(chosen(form)) : "",
  asked: chosen(form).dataset.asked ?? "",
  changeset: form.dataset.changeset,
  door: form.dataset.door,
  refused: form.dataset.refused,
});

const give = (form, name, value) => {
  const fields = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  const choice = fields.find((field) => ["radio", "checkbox"].includes(field.type) && field.value === value);
  if (choice) choice.checked = true;
  else if (fields[0] && !["radio", "checkbox"].includes(fields[0].type)) fields[0].value = value;
  else return false;
  return true;
};

// Puts it all back; returns in words what has no place any more.
export const restored = (form, entry) => {
  const service = entry.fields.find(([name]) => name === "service_code")?.[1] ?? "";
  const gone = service && ![...form.elements.service_code.options].some((option) => option.value === service);
  form.elements.service_code.value = gone ? "" : service;
  form.elements.service_code.dispatchEvent(new Event("change", { bubbles: true }));
  const lost = entry.fields.filter(([name, value]) => name !== "service_code" && !give(form, name, value));
  form.querySelector("[data-questions]").dispatchEvent(new Event("change", { bubbles: true }));
  const former = entry.said.filter(([name, value]) => lost.some((field) => field[0] === name && field[1] === value));
  return [...(gone ? [entry.service] : []), ...former.map((answer) => answer[2])];
};

export const valueOf = (entry, name) => entry.fields.find((field) => field[0] === name)?.[1] ?? "";
