// What every map of ours begins with: the library, what lies below, our layers on top.
import { attribution, ground } from "./map-ground.js";
import { area, colours, edge, layers } from "./map-layers.js";
import { drawing } from "./map-symbols.js";

const CLOSEST = 20;
const ROOM = 1;

export const styled = (address, place = "prepend") =>
  new Promise((resolve, reject) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
    link.addEventListener("load", resolve);
    link.addEventListener("error", reject);
    // Foreign ones before ours, so that ours win.
    document.head[place](link);
  });

export const read = (place) => {
  const { services, statuses, words, bounds, attribution: licences, ...plain } = place.dataset;
  const values = [services, statuses, words, bounds, licences].map((text) => JSON.parse(text));
  const [service, status, word, edges, licence] = values;
  const lat = Number(plain.lat), long = Number(plain.long);
  const hasStreets = Boolean(plain.below || plain.streets || plain.file);
  return {
    ...plain, services: service, statuses: status, words: word, bounds: edges, lat, long,
    attribution: attribution(licence), hasStreets,
  };
};

export const around = (bounds) => {
  if (bounds.length !== 4) return undefined;
  const [west, south, east, north] = bounds;
  const wide = (east - west) * ROOM, high = (north - south) * ROOM;
  return [[west - wide, south - high], [east + wide, north + high]];
};

const onTop = (map, about, small, reports) => {
  map.addSource("reports", reports);
  const under = about.below && about.boundary ? edge(colours()) : [];
  if (under.length && !map.getSource("area")) map.addSource("area", area(about));
  for (const layer of [...under, ...layers(about, small)]) map.getLayer(layer.id) ?? map.addLayer(layer);
};

const darkened = (map, about, small, below) => {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const layer of [...below.layers(), ...layers(about, small)])
      for (const [name, value] of Object.entries(layer.paint ?? {}))
        if (map.getLayer(layer.id)) map.setPaintProperty(layer.id, name, value);
  });
};

// The map once it is drawn. `reports` is where the reports on it come from; `small` shows one alone.
export const drawn = async (place, about, { reports, small = false, ...options }) => {
  const [library] = await Promise.all([import(about.code), styled(about.styles)]);
  const below = await ground(library, about);
  place.replaceChildren();
  const map = new library.Map({
    container: place,
    style: below.style,
    maxZoom: CLOSEST,
    locale: about.words,
    attributionControl: about.hasStreets ? { customAttribution: "", ...(about.below || small ? { compact: true } : {}) } : false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    renderWorldCopies: false,
    // The library lets symbols fade even for those who want nothing to move.
    ...(matchMedia("(prefers-reduced-motion: reduce)").matches ? { fadeDuration: 0 } : {}),
    ...options,
  });
  const busy = (is) => () => place.setAttribute("aria-busy", is);
  for (const begun of ["movestart", "dataloading"]) map.on(begun, busy(true));
  map.on("idle", busy(false));
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.setMissingStyleImageResolver(drawing(map, about));
  map.addControl(new library.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new library.ScaleControl(), "bottom-left");
  // A foreign style that cannot be had is no reason to show nothing.
  map.once("error", () => {
    if (map.isStyleLoaded() || !about.below) return;
    map.setStyle(below.quiet());
    place.dispatchEvent(new CustomEvent("streetless"));
  });
  map.on("style.load", () => map.getSource("reports") ?? onTop(map, about, small, reports));
  await new Promise((resolve) => map.once("load", resolve));
  if (below.layers) darkened(map, about, small, below);
  return { library, map };
};
