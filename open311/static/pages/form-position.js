// A position in words: which address is next to it, what is reported there, and whether it is in the city at all.
import { setPosition } from "./form-place.js";

const PLAIN = "link-button";

const button = (words, kind, act) => {
  const element = Object.assign(document.createElement("button"), { type: "button", className: kind });
  if (kind === PLAIN) element.textContent = words;
  else element.append(Object.assign(document.createElement("span"), { className: "kern-label", textContent: words }));
  element.addEventListener("click", act);
  return element;
};

const line = (...parts) => {
  const element = document.createElement("p");
  element.append(...parts);
  return element;
};

const list = (reports) => {
  const element = document.createElement("ul");
  for (const { href, words } of reports) {
    const link = Object.assign(document.createElement("a"), { href, textContent: words, className: "kern-link" });
    // Nothing that was typed gets lost.
    Object.assign(link, { target: "_blank", rel: "noopener" });
    const item = document.createElement("li");
    item.append(link);
    element.append(item);
  }
  return element;
};

export const toldWhere = (form) => {
  const shown = form.querySelector("[data-position]");
  if (!shown) return;
  const told = form.querySelector("[data-position-told]");
  const { address: box, lat, long, placed } = form.elements;
  let asking = new AbortController();
  // What we wrote into the field ourselves; everything else is the writer's own.
  let filled = "";

  const forget = (words = "") => {
    setPosition(form, "", "");
    shown.replaceChildren(...(words ? [line(words)] : []));
    told.textContent = words;
  };

  const fill = (address) => {
    filled = box.value = address;
  };

  const show = (found) => {
    const parts = [line(found.position)];
    if (found.near) parts.push(line(`${found.near}:`), list(found.reports));
    const own = box.value.trim() && box.value !== filled;
    if (!own) fill(found.address);
    else if (found.address && ![box.value, placed.value].includes(found.address)) {
      const words = `${shown.dataset.useAddress} ${found.address}`;
      const offer = line(button(words, "kern-btn kern-btn--secondary position__use", () => {
        fill(found.address);
        offer.remove();
        box.focus();
      }));
      parts.push(offer);
    }
    parts.push(line(button(shown.dataset.forget, PLAIN, () => {
      forget(shown.dataset.forgotten);
      box.focus();
    })));
    shown.replaceChildren(...parts);
    told.textContent = found.told;
  };

  const ask = async (query) => {
    asking = new AbortController();
    const source = shown.dataset.near;
    try {
      const answer = await fetch(`${source}${source.includes("?") ? "&" : "?"}${query}`, { signal: asking.signal });
      const found = answer.ok ? await answer.json() : null;
      if (found?.inside) show(found);
      else if (found) forget(found.told);
    } catch {
      // Without a connection the figures will do, and what is wrong is said when the step is sent.
    }
  };

  form.addEventListener("position", () => {
    asking.abort();
    const figures = lat.value ? `${lat.value}, ${long.value}` : "";
    shown.replaceChildren(...(figures ? [line(figures)] : []));
    told.textContent = "";
    if (figures) ask(new URLSearchParams({ lat: lat.value, long: long.value }));
  });
  // The position of an address that was chosen does not outlive the address.
  box.addEventListener("input", () => {
    if (placed.value && placed.value !== box.value) setPosition(form, "", "");
  });
};
