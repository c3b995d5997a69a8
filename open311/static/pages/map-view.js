// The map beside the list, and the small one of a report.
import { around, drawn, read } from "./map-base.js";
import { follow } from "./map-list.js";
import { opens } from "./map-open.js";
import { DEEPEST, placed, placeIn, tiles } from "./map-tiles.js";

const STREET = 16;

// Where the address says, else the whole city, else where the reports of the list are.
const beginning = (about) => {
  const asked = placeIn(location.search);
  if (asked) return { bounds: asked };
  const fitBoundsOptions = { padding: 16 };
  if (about.bounds.length) return { bounds: placed(about.bounds), fitBoundsOptions };
  const cards = [...document.querySelectorAll("[data-lat][data-long]")].map((card) => card.dataset);
  const lats = cards.map((card) => Number(card.lat)), longs = cards.map((card) => Number(card.long));
  if (!cards.length) return {};
  const bounds = [[Math.min(...longs), Math.min(...lats)], [Math.max(...longs), Math.max(...lats)]];
  return { bounds, fitBoundsOptions: { padding: 48, maxZoom: STREET } };
};

const one = ({ lat, long, look }) => {
  const [service_code, detailed_status] = look.split("|");
  const geometry = { type: "Point", coordinates: [long, lat] };
  return { type: "Feature", geometry, properties: { service_code, detailed_status } };
};

const findable = (library, map, place, about) => {
  const positionOptions = { enableHighAccuracy: true };
  map.addControl(new library.GeolocateControl({ positionOptions, fitBoundsOptions: { maxZoom: STREET } }));
  // It names its button only once the browser has told what is allowed.
  place.querySelector(".maplibregl-ctrl-geolocate").ariaLabel = about.words["GeolocateControl.FindMyLocation"];
};

export const show = async (place) => {
  const about = read(place);
  const small = Boolean(about.number);
  place.addEventListener("streetless", () => {
    for (const notice of document.querySelectorAll("[data-no-streets]")) notice.hidden = false;
  });
  const start = small && about.hasStreets ? { center: [about.long, about.lat], zoom: STREET } : beginning(about);
  const { library, map } = await drawn(place, about, {
    ...start,
    small,
    reports: small
      ? { type: "geojson", data: one(about) }
      : { type: "vector", tiles: [tiles(about)], maxzoom: DEEPEST },
    maxBounds: small ? undefined : around(about.bounds),
    cooperativeGestures: small || matchMedia("(max-width: 63.99rem)").matches,
  });
  if (!small) {
    findable(library, map, place, about);
    map.getCanvas().setAttribute("aria-describedby", "map-keys");
    follow(map, about);
    opens(library, map, about);
  }
  place.dataset.ready = "";
};
