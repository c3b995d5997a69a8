// The place: addresses offered while they are typed; the device's own position only when asked for.
import { inSight } from "./map-sight.js";

const WAIT = 250;
const SHORTEST = 3;
// Up to here a device's position is as good as a tap; up to there it is a beginning; beyond, only a part of the map.
const EXACT = 30;
const ROUGH = 150;
// The middle of a street says that much about a place on it.
const STREET = 150;

// `rough` is how many metres the position may be off.
export const setPosition = (form, lat, long, placed = "", rough = 0) => {
  form.elements.lat.value = lat;
  form.elements.long.value = long;
  form.elements.placed.value = placed;
  form.dispatchEvent(new CustomEvent("position", { detail: { lat, long, rough } }));
};

// What we write into the field is replaced by us again; what somebody typed is theirs.
export const fill = (box, address) => {
  box.value = address;
  box.dataset.filled = address;
};

export const isOurs = (box) => !box.value.trim() || box.value === box.dataset.filled;

export const suggest = (form) => {
  const box = form.elements.address;
  const source = form.dataset.places;
  if (!box || !source) return;
  const list = Object.assign(document.createElement("ul"), { className: "suggestions", id: "suggestions" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.dataset.placesLabel);
  const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" };
  for (const [name, value] of Object.entries(attributes)) box.setAttribute(name, value);
  box.after(list);
  let waiting = 0;
  let asked = "";
  let places = [];
  let active = -1;

  const point = (index) => {
    active = index;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
    const item = list.children[index];
    if (item) box.setAttribute("aria-activedescendant", item.id);
    else box.removeAttribute("aria-activedescendant");
    item?.scrollIntoView({ block: "nearest" });
  };

  const show = (found) => {
    places = found;
    list.replaceChildren(
      ...places.map((place, index) => {
        const item = Object.assign(document.createElement("li"), { id: `suggestion-${index}`, textContent: place.address });
        item.setAttribute("role", "option");
        return item;
      }),
    );
    box.setAttribute("aria-expanded", String(places.length > 0));
    point(-1);
  };

  const take = (place) => {
    asked = "";
    fill(box, place.address);
    show([]);
    setPosition(form, place.lat, place.long, place.address, place.kind === "street" ? STREET : 0);
    box.focus();
  };

  const ask = async () => {
    asked = box.value;
    try {
      const answer = await fetch(`${source}${source.includes("?") ? "&" : "?"}q=${encodeURIComponent(asked)}`);
      if (answer.ok && asked === box.value) show(await answer.json());
    } catch {
      // Without a connection the words alone will do.
    }
  };

  box.addEventListener("input", () => {
    clearTimeout(waiting);
    show([]);
    if (box.value.trim().length >= SHORTEST) waiting = setTimeout(ask, WAIT);
  });
  // Before the field loses the focus, or the list would be gone.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const item = event.target.closest("[role=option]");
    if (item) take(places[[...list.children].indexOf(item)]);
  });
  box.addEventListener("keydown", (event) => {
    const last = places.length - 1;
    const moves = {
      ArrowDown: () => point(active < last ? active + 1 : 0),
      ArrowUp: () => point(active > 0 ? active - 1 : last),
      Enter: () => take(places[active]),
      Escape: () => show([]),
    };
    if (last < 0 || !moves[event.key] || (event.key === "Enter" && active < 0)) return;
    event.preventDefault();
    moves[event.key]();
  });
  box.addEventListener("blur", () => show([]));
};

const shown = (metres) => {
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumSignificantDigits: 1 });
  return metres < 1000 ? `${number.format(metres)} m` : `${number.format(metres / 1000)} km`;
};

export const locate = (form) => {
  const button = form.querySelector("[data-locate]");
  if (!button || !navigator.geolocation) return;
  const status = form.querySelector("[data-locate-status]");
  form.querySelector("[data-locate-line]").hidden = false;

  const take = ({ latitude, longitude, accuracy }) => {
    const { found, rough, tooRough } = button.dataset;
    const about = (words) => words.replace("{distance}", shown(accuracy));
    if (accuracy > ROUGH && tooRough) {
      status.textContent = about(tooRough);
      form.dispatchEvent(new CustomEvent("rough", { detail: { lat: latitude, long: longitude, rough: accuracy } }));
      return;
    }
    const off = accuracy > EXACT ? accuracy : 0;
    setPosition(form, latitude.toFixed(6), longitude.toFixed(6), "", off);
    // Where the position is put in words, those say what became of it.
    const elsewhere = form.querySelector("[data-position]");
    status.textContent = off && rough ? about(rough) : elsewhere ? "" : found;
    form.addEventListener("outside", () => (status.textContent = ""), { once: true });
  };

  button.addEventListener("click", () => {
    status.textContent = button.dataset.searching;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => take(coords),
      () => {
        status.textContent = button.dataset.failed;
      },
      { enableHighAccuracy: true, timeout: 15000 },
    );
  });
};

export const offerMap = async (form) => {
  const box = form.querySelector("[data-pick]");
  if (!box || navigator.onLine === false) return;
  const status = box.querySelector("[data-pick-status]");
  box.hidden = false;
  // Within something folded it is in sight once that is opened.
  await inSight(box.querySelector("[data-pick-map]"));
  try {
    const { pick } = await import("./map-pick.js");
    await pick(box, form, setPosition);
  } catch (problem) {
    console.warn(problem);
    box.dataset.mapless = "";
    status.textContent = status.dataset.failed;
  }
};
