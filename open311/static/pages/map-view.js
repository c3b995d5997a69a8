// One map on a page: the library, what lies below, and our layers on top.
import { follow } from "./map-list.js";
import { area, background, colours, edge, layers } from "./map-layers.js";
import { opens } from "./map-open.js";
import { drawing } from "./map-symbols.js";
import { placed, placeIn, tiles } from "./map-tiles.js";

const CLOSEST = 20;
const STREET = 16;
// From here on each report is a point.
const DEEPEST = 18;
const ROOM = 1;

const styled = (address) =>
  new Promise((resolve, reject) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
    link.addEventListener("load", resolve);
    link.addEventListener("error", reject);
    // Before ours, so that ours win.
    document.head.prepend(link);
  });

const read = (place) => {
  const { services, statuses, words, bounds, ...plain } = place.dataset;
  const values = [services, statuses, words, bounds].map((text) => JSON.parse(text));
  const [service, status, word, edges] = values;
  const lat = Number(plain.lat), long = Number(plain.long);
  return { ...plain, services: service, statuses: status, words: word, bounds: edges, lat, long };
};

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

const around = (bounds) => {
  if (bounds.length !== 4) return undefined;
  const [west, south, east, north] = bounds;
  const wide = (east - west) * ROOM, high = (north - south) * ROOM;
  return [[west - wide, south - high], [east + wide, north + high]];
};

const onTop = (map, about, small) => {
  if (!small) map.addSource("reports", { type: "vector", tiles: [tiles(about)], maxzoom: DEEPEST });
  else map.addSource("reports", { type: "geojson", data: one(about) });
  const under = about.below && about.boundary ? edge(colours()) : [];
  if (under.length && !map.getSource("area")) map.addSource("area", area(about));
  for (const layer of [...under, ...layers(about, small)]) map.getLayer(layer.id) ?? map.addLayer(layer);
};

const one = ({ lat, long, look }) => {
  const [service_code, detailed_status] = look.split("|");
  const geometry = { type: "Point", coordinates: [long, lat] };
  return { type: "Feature", geometry, properties: { service_code, detailed_status } };
};

const quiet = (about) => background(about, colours());

const darkened = (map, about) => {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const layer of [...quiet(about).layers, ...layers(about, Boolean(about.number))])
      for (const [name, value] of Object.entries(layer.paint ?? {}))
        if (map.getLayer(layer.id)) map.setPaintProperty(layer.id, name, value);
  });
};

export const show = async (place) => {
  const about = read(place);
  const small = Boolean(about.number);
  const [library] = await Promise.all([import(about.library), styled(about.styles)]);
  const start = small && about.below ? { center: [about.long, about.lat], zoom: STREET } : beginning(about);
  place.replaceChildren();
  const map = new library.Map({
    container: place,
    style: about.below || quiet(about),
    ...start,
    maxBounds: small ? undefined : around(about.bounds),
    maxZoom: CLOSEST,
    locale: about.words,
    attributionControl: about.below ? { compact: true, customAttribution: "" } : false,
    cooperativeGestures: small || matchMedia("(max-width: 63.99rem)").matches,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    renderWorldCopies: false,
  });
  const busy = (is) => () => place.setAttribute("aria-busy", is);
  for (const begun of ["movestart", "dataloading"]) map.on(begun, busy(true));
  map.on("idle", busy(false));
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.setMissingStyleImageResolver(drawing(map, about));
  map.addControl(new library.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new library.ScaleControl(), "bottom-left");
  if (!small) {
    const positionOptions = { enableHighAccuracy: true };
    map.addControl(new library.GeolocateControl({ positionOptions, fitBoundsOptions: { maxZoom: STREET } }));
    // It names its button only once the browser has told what is allowed.
    place.querySelector(".maplibregl-ctrl-geolocate").ariaLabel = about.words["GeolocateControl.FindMyLocation"];
  }
  // A foreign style that cannot be had is no reason to show nothing.
  map.once("error", () => map.isStyleLoaded() || !about.below || map.setStyle(quiet(about)));
  map.on("style.load", () => map.getSource("reports") ?? onTop(map, about, small));
  await new Promise((resolve) => map.once("load", resolve));
  if (!about.below) darkened(map, about);
  if (!small) {
    map.getCanvas().setAttribute("aria-describedby", "map-keys");
    follow(map, about);
    opens(library, map, about);
  }
  place.dataset.ready = "";
};
