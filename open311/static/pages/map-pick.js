// A map to point on: a tap takes the place, and so does Enter or the button what is under the cross in the middle.
import { around, drawn, read, styled } from "./map-base.js";
import { DEEPEST, openOnes, placed } from "./map-tiles.js";

// From here on a tap is good to a few metres; closer only where streets are drawn to find the way by.
const near = (about) => (about.hasStreets ? 17 : 15);

const pin = (symbols) => {
  const element = Object.assign(document.createElement("div"), { className: "pick__pin" });
  element.innerHTML = '<svg aria-hidden="true" focusable="false"><use></use></svg>';
  element.querySelector("use").setAttribute("href", `${symbols}#pin`);
  return element;
};

const chosen = (form) => {
  const { lat, long } = form.elements;
  return lat.value && long.value ? [Number(long.value), Number(lat.value)] : null;
};

const beginning = (form, about) => {
  const center = chosen(form);
  if (center) return { center, zoom: near(about) };
  return about.bounds.length ? { bounds: placed(about.bounds), fitBoundsOptions: { padding: 8 } } : {};
};

export const pick = async (box, form, setPosition) => {
  const place = box.querySelector("[data-pick-map]");
  const button = box.querySelector("[data-pick-take]");
  const told = box.querySelector("[data-pick-told]");
  const about = read(place);
  // Nobody finds a place on an empty ground.
  place.addEventListener("streetless", () => {
    place.hidden = button.hidden = true;
    told.textContent = told.dataset.failed;
  });
  await styled(about.ownStyles, "append");
  const reports = { type: "vector", tiles: [openOnes(about)], maxzoom: DEEPEST };
  const options = { ...beginning(form, about), reports, maxBounds: around(about.bounds) };
  const { library, map } = await drawn(place, about, options);
  const canvas = map.getCanvas();
  canvas.setAttribute("aria-describedby", "pick-keys");
  place.append(Object.assign(document.createElement("div"), { className: "pick__cross" }));

  const take = ({ lat, lng }) => setPosition(form, lat.toFixed(6), lng.toFixed(6));
  map.on("click", ({ lngLat }) => take(lngLat));
  canvas.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    take(map.getCenter());
  });
  button.addEventListener("click", () => take(map.getCenter()));
  button.hidden = false;

  // Whoever said where it is, the map shows it.
  let marker;
  const show = () => {
    const where = chosen(form);
    marker?.remove();
    marker = where && new library.Marker({ element: pin(about.symbols), anchor: "bottom" }).setLngLat(where).addTo(map);
    // The words beside the map say more.
    marker?.getElement().setAttribute("aria-hidden", "true");
    if (where) map.easeTo({ center: where, zoom: Math.max(map.getZoom(), near(about)) });
  };
  form.addEventListener("position", show);
  if (chosen(form)) show();
  place.dataset.ready = "";
  return { library, map };
};
