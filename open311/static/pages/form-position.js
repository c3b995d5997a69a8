// A position in words: which address is next to it, what is reported there, and whether it is in the city at all.
import { LINK, SECONDARY, button } from "./buttons.js";
import { fill, isOurs, setPosition } from "./form-place.js";

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

export const putInWords = (form) => {
  const shown = form.querySelector("[data-position]");
  if (!shown) return;
  const status = form.querySelector("[data-position-status]");
  const { address: box, lat, long, placed } = form.elements;
  let asking = new AbortController();
  const forget = (words = "") => {
    setPosition(form, "", "");
    shown.replaceChildren(...(words ? [line(words)] : []));
    status.textContent = words;
  };

  const outside = ({ message, elsewhere }) => {
    forget(message);
    form.dispatchEvent(new CustomEvent("outside"));
    if (!elsewhere) return;
    const link = Object.assign(document.createElement("a"), { href: elsewhere.href, textContent: elsewhere.words, className: "kern-link" });
    shown.append(line(link));
  };

  const show = (found) => {
    const parts = [line(found.position)];
    if (found.near) parts.push(line(`${found.near}:`), list(found.reports));
    if (isOurs(box)) fill(box, found.address);
    else if (found.address && ![box.value, placed.value].includes(found.address)) {
      const words = `${shown.dataset.useAddress} ${found.address}`;
      const offer = line(button(words, `${SECONDARY} position__use`, () => {
        fill(box, found.address);
        offer.remove();
        box.focus();
      }));
      parts.push(offer);
    }
    parts.push(line(button(shown.dataset.forget, LINK, () => {
      forget(shown.dataset.forgotten);
      box.focus();
    })));
    shown.replaceChildren(...parts);
    status.textContent = found.message;
  };

  const ask = async (query) => {
    asking = new AbortController();
    const source = shown.dataset.near;
    try {
      const answer = await fetch(`${source}${source.includes("?") ? "&" : "?"}${query}`, { signal: asking.signal });
      const found = answer.ok ? await answer.json() : null;
      if (found?.inside) show(found);
      else if (found) outside(found);
    } catch {
      // Without a connection the figures will do, and what is wrong is said when the step is sent.
    }
  };

  form.addEventListener("position", () => {
    asking.abort();
    const figures = lat.value ? `${lat.value}, ${long.value}` : "";
    shown.replaceChildren(...(figures ? [line(figures)] : []));
    status.textContent = "";
    // A suggestion says itself where it is.
    if (figures) ask(new URLSearchParams({ lat: lat.value, long: long.value }));
  });
  // The position of an address that was chosen does not outlive the address.
  box.addEventListener("input", () => {
    if (placed.value && placed.value !== box.value) setPosition(form, "", "");
  });
};
