// A map to point on: a tap takes the place, and so does Enter or the button what is under the cross in the middle.
import { around, drawn, read, styled } from "./map-base.js";
import { colours } from "./map-layers.js";
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

const METRES = 111_230;

const ring = ([long, lat], metres) =>
  Array.from({ length: 49 }, (_, step) => {
    const angle = (step / 48) * 2 * Math.PI;
    const wide = metres / METRES / Math.cos((lat * Math.PI) / 180);
    return [long + wide * Math.cos(angle), lat + (metres / METRES) * Math.sin(angle)];
  });

const circle = (map, where, metres) => {
  const coordinates = where ? [ring(where, metres)] : [];
  const data = { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates } };
  const source = map.getSource("rough");
  if (source) source.setData(data);
  else if (where) {
    const colour = colours()("number");
    map.addSource("rough", { type: "geojson", data });
    map.addLayer({ id: "rough", source: "rough", type: "fill", paint: { "fill-color": colour, "fill-opacity": 0.15 } });
    map.addLayer({ id: "rough-edge", source: "rough", type: "line", paint: { "line-color": colour, "line-width": 2, "line-dasharray": [2, 2] } });
  }
};

export const pick = async (box, form, setPosition) => {
  const place = box.querySelector("[data-pick-map]");
  const button = box.querySelector("[data-pick-take]");
  const about = read(place);
  let streetless = false;
  place.addEventListener("streetless", () => (streetless = true));
  await styled(about.ownStyles, "append");
  const reports = { type: "vector", tiles: [openOnes(about)], maxzoom: DEEPEST };
  const options = { ...beginning(form, about), reports, maxBounds: around(about.bounds) };
  const { library, map } = await drawn(place, about, options);
  if (streetless) {
    map.remove();
    throw new Error("Nobody finds a place on an empty ground.");
  }
  const canvas = map.getCanvas();
  canvas.setAttribute("aria-describedby", "pick-keys");
  place.append(Object.assign(document.createElement("div"), { className: "pick__cross" }));

  let snap = (lngLat) => lngLat;
  if (about.things) {
    const { showThings, snapped } = await import("./map-things.js");
    showThings(map, about);
    snap = (lngLat) => snapped(map, lngLat);
  }
  const put = ({ lat, lng }) => setPosition(form, lat.toFixed(6), lng.toFixed(6));
  const take = (lngLat) => put(snap(lngLat));
  map.on("click", ({ lngLat }) => take(lngLat));
  canvas.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    take(map.getCenter());
  });
  button.addEventListener("click", () => take(map.getCenter()));
  button.hidden = false;

  // Whoever said where it is, the map shows it: as a pin, or as a circle as wide as nobody knows better.
  let marker;
  const show = ({ detail } = {}) => {
    const where = chosen(form);
    marker?.remove();
    marker = where && new library.Marker({ element: pin(about.symbols), anchor: "bottom", draggable: true }).setLngLat(where).addTo(map);
    // The words beside the map say more.
    marker?.getElement().setAttribute("aria-hidden", "true");
    marker?.on("dragend", () => take(marker.getLngLat()));
    const { rough = 0 } = detail ?? {};
    circle(map, where && rough ? where : null, rough);
    if (where && rough) fits(where, rough);
    else if (where) map.easeTo({ center: where, zoom: Math.max(map.getZoom(), near(about)) });
  };
  const fits = ([long, lat], metres) => {
    const bounds = new library.LngLatBounds();
    for (const corner of ring([long, lat], metres)) bounds.extend(corner);
    map.fitBounds(bounds, { padding: 24, maxZoom: near(about) });
  };
  form.addEventListener("rough", ({ detail }) => {
    const where = [detail.long, detail.lat];
    circle(map, where, detail.rough);
    fits(where, detail.rough);
  });
  form.addEventListener("position", show);
  if (chosen(form)) show();
  place.dataset.ready = "";
  return { library, map };
};
