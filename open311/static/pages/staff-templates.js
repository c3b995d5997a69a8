// Puts the words of a template into the field that it is offered at.
for (const button of document.querySelectorAll("[data-insert]")) {
  const field = document.getElementById(button.dataset.into);
  button.hidden = false;
  button.addEventListener("click", () => {
    const text = document.getElementById(button.dataset.insert).textContent;
    field.value = [field.value.trim(), text].filter(Boolean).join("\n\n");
    field.focus();
  });
}
