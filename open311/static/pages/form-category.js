// The list of categories, narrowed while words are typed; which of them fit, the server says.
const PAUSE = 200;

export const narrow = (form) => {
  const box = form.querySelector("[data-narrow]");
  if (!box) return;
  const status = form.querySelector("[data-narrow-status]");
  const kinds = [...form.querySelectorAll(".kind")];
  let waiting;
  let last = 0;

  const show = (codes) => {
    for (const kind of kinds) kind.hidden = codes ? !codes.includes(kind.dataset.code) : false;
    for (const group of form.querySelectorAll(".group")) {
      group.hidden = !group.querySelector(".kind:not([hidden])");
    }
    const { none, one, several } = status.dataset;
    const found = codes?.length;
    status.textContent = !codes ? "" : !found ? none : found === 1 ? one : several.replace("{number}", found);
  };

  const ask = async () => {
    const words = box.value.trim();
    const mine = ++last;
    if (!words) return show(null);
    try {
      const address = new URL(box.dataset.narrow, location.href);
      address.searchParams.set("q", words);
      const response = await fetch(address);
      if (response.ok && mine === last) show(await response.json());
    } catch {
      // Without a connection all of them stay in sight.
      if (mine === last) show(null);
    }
  };

  form.querySelector("[data-search]").hidden = true;
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE);
  });
};
