// From a symbol or a number on the map to what is behind it, by pointer or by keyboard.
import { sheetOf } from "./map-sheet.js";

const SEEN = { layers: ["requests", "clusters"] };
// What is drawn over each other so closely that no finger tells it apart.
const REACH = 6;
const ROOM = 32;
// A little closer than where each report is drawn by itself, whatever is rounded.
const CLOSEST = 18.2;
// Two quick taps on a number mean it once: the second would land where it no longer is.
const SETTLED = 500;
// From here on a tap is good to a few metres.
const NEAR = 15;

// The edges of the tiles that hold all that a number stands for.
const extent = ({ z, west, south, east, north }) => {
  const size = 2 ** z;
  const long = (column) => (column / size) * 360 - 180;
  const lat = (row) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / size))) * 180) / Math.PI;
  return [[long(west), lat(south + 1)], [long(east + 1), lat(north)]];
};

export const opens = (library, map, about) => {
  const canvas = map.getCanvas();
  const sheet = sheetOf(map, about);
  let settled = 0;
  let ring;
  const mark = (where) => {
    ring?.remove();
    ring = where && new library.Marker({ element: Object.assign(document.createElement("div"), { className: "map__ring" }) });
    ring?.setLngLat(where).addTo(map);
    ring?.getElement().removeAttribute("aria-label");
  };
  const around = ({ x, y }, layers) => map.queryRenderedFeatures([[x - REACH, y - REACH], [x + REACH, y + REACH]], layers);

  const open = (feature) => {
    const where = feature.geometry.coordinates.slice();
    const there = around(map.project(where), { layers: ["requests"] });
    const numbers = [...new Set([feature, ...there].map(({ properties }) => properties.id))].sort((one, other) => other - one);
    sheet.reports(numbers, where, () => mark(null)).then((shown) => shown && mark(where));
  };
  const closer = (feature) => {
    settled = performance.now() + SETTLED;
    map.doubleClickZoom.disable();
    setTimeout(() => map.doubleClickZoom.enable(), SETTLED);
    sheet.close();
    map.fitBounds(extent(feature.properties), { padding: ROOM, maxZoom: CLOSEST }, { byHand: true });
  };
  const enter = (feature) => (feature.layer.id === "requests" ? open(feature) : closer(feature));
  const free = (where) => {
    if (map.getZoom() < NEAR) return sheet.close();
    sheet.free(where, () => mark(null));
    mark(where.toArray());
  };

  map.on("click", (event) => {
    if (performance.now() < settled) return;
    const [feature] = around(event.point, SEEN);
    if (feature) enter(feature);
    else free(event.lngLat);
  });
  map.on("mousemove", (event) => {
    canvas.style.cursor = around(event.point, SEEN).length ? "pointer" : "";
  });

  canvas.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const middle = map.project(map.getCenter());
    const far = (feature) => map.project(feature.geometry.coordinates).dist(middle);
    const [nearest] = map.queryRenderedFeatures(undefined, SEEN).sort((one, other) => far(one) - far(other));
    if (nearest) enter(nearest);
    else free(map.getCenter());
  });

  const point = (event) => {
    if (sheet.isOpen()) return;
    const found = event.target.closest?.(".card[data-lat]");
    if (found) mark([Number(found.dataset.long), Number(found.dataset.lat)]);
    else mark(null);
  };
  for (const kind of ["pointerover", "focusin"]) document.querySelector(".browse__list")?.addEventListener(kind, point);
  document.querySelector(".browse__list")?.addEventListener("pointerleave", () => sheet.isOpen() || mark(null));
};
