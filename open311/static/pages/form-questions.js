// Questions come and go with the answers they depend on; one that is not asked is not sent either.
const answersTo = (form, name) =>
  [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)]
    .filter((input) => !input.disabled && (!["radio", "checkbox"].includes(input.type) || input.checked))
    .map((input) => input.value);

const settle = (form, questions, shown) => {
  for (const question of questions) {
    const [name, values] = JSON.parse(question.dataset.onlyIf);
    const asked = answersTo(form, name).some((value) => values.includes(value));
    question.hidden = !asked;
    for (const field of question.querySelectorAll("input, textarea, select")) field.disabled = !asked;
  }
  // What is seen here the server need not show again.
  const seen = [...form.querySelectorAll(".question:not([hidden])")];
  shown.value = seen.map((question) => question.id.replace(/^attribute-|-question$/g, "")).join(" ");
};

export const conditions = (form) => {
  const questions = [...form.querySelectorAll("[data-only-if]")];
  const shown = form.querySelector("[data-shown]");
  if (!questions.length || !shown) return;
  form.addEventListener("change", () => settle(form, questions, shown));
  settle(form, questions, shown);
};
