// Things with a number on them, such as lamps, where services ask for them: dots close up, and their numbers closer.
import { colours } from "./map-layers.js";

const FONT = ["Fira Sans", "Noto Sans", "Arial", "sans-serif"];
// The one level whose tiles have them, and how near a finger must come.
const LEVEL = 16;
const REACH = 14;

const layers = (source, kinds) => {
  const colour = colours();
  const shared = { source, "source-layer": "things", filter: ["in", ["get", "kind"], ["literal", kinds]] };
  const dot = {
    ...shared, id: "things", type: "circle", minzoom: LEVEL,
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["zoom"], LEVEL, 3, 20, 8],
      "circle-color": colour("thing"), "circle-stroke-color": colour("on-thing"), "circle-stroke-width": 2,
    },
  };
  const number = {
    ...shared, id: "things-number", type: "symbol", minzoom: LEVEL + 1.5,
    layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12, "text-anchor": "top", "text-offset": [0, 0.7] },
    paint: { "text-color": colour("thing"), "text-halo-color": colour("on-thing"), "text-halo-width": 1.6 },
  };
  return [dot, number];
};

export const showThings = (map, about) => {
  const { tiles, kinds } = JSON.parse(about.things);
  const own = about.streets === tiles && map.getSource("streets");
  if (!own) map.addSource("things", { type: "vector", tiles: [`${location.origin}${tiles}`], minzoom: LEVEL, maxzoom: LEVEL });
  const drawn = () => layers(own ? "streets" : "things", kinds);
  for (const layer of drawn()) map.addLayer(layer, "requests");
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const { id, paint } of drawn()) for (const [name, value] of Object.entries(paint)) map.setPaintProperty(id, name, value);
  });
};

// The place of the thing under a finger, or the place itself.
export const snapped = (map, lngLat) => {
  const { x, y } = map.project(lngLat);
  const box = [[x - REACH, y - REACH], [x + REACH, y + REACH]];
  const away = ({ geometry }) => {
    const point = map.project(geometry.coordinates);
    return Math.hypot(point.x - x, point.y - y);
  };
  const [next] = map.queryRenderedFeatures(box, { layers: ["things"] }).sort((one, other) => away(one) - away(other));
  if (!next) return lngLat;
  const [lng, lat] = next.geometry.coordinates;
  return { lng, lat };
};
