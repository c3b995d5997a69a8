// The list of categories, narrowed while words are typed.
const fold = (words) =>
  words.toLowerCase().replaceAll("ä", "ae").replaceAll("ö", "oe").replaceAll("ü", "ue").replaceAll("ß", "ss");

export const narrow = (form) => {
  const box = form.querySelector("[data-narrow]");
  if (!box) return;
  const told = form.querySelector("[data-narrow-told]");
  form.querySelector("[data-search]").hidden = true;
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  box.addEventListener("input", () => {
    const words = fold(box.value).split(/\s+/).filter(Boolean);
    let found = 0;
    for (const kind of form.querySelectorAll(".kind")) {
      kind.hidden = !words.every((word) => kind.dataset.words.includes(word));
      if (!kind.hidden) found += 1;
    }
    for (const group of form.querySelectorAll(".group")) {
      group.hidden = !group.querySelector(".kind:not([hidden])");
    }
    const { none, one, several } = told.dataset;
    told.textContent = !words.length ? "" : !found ? none : found === 1 ? one : several.replace("{number}", found);
  });
};
