// The city's own streets: quiet colours, from the style sheet, so that the symbols of reports stand out in light and dark.
const FONT = ["Fira Sans", "Noto Sans", "Arial", "sans-serif"];
const BOLD = ["Fira Sans Bold", "Noto Sans Bold", "Arial Bold", "sans-serif"];
const SLANTED = ["Fira Sans Italic", "Noto Sans Italic", "Arial Italic", "sans-serif"];
const GROUND = ["built", "industry", "grounds", "green", "wood", "play", "sport", "paved", "water"];
// Widths in pixels at levels 10, 14, 17 and 20; the widest are drawn last.
const ROADS = [
  ["path", [0, 0.5, 1.5, 6]],
  ["service", [0, 0.6, 4, 24]],
  ["pedestrian", [0, 1.5, 7, 40]],
  ["street", [0, 2, 9, 54]],
  ["tertiary", [0.6, 3.5, 12, 66]],
  ["secondary", [1, 4.5, 14, 76]],
  ["primary", [1.4, 5.5, 16, 84]],
  ["trunk", [1.8, 6.5, 18, 90]],
  ["motorway", [2, 7, 20, 96]],
];
const LARGE = ["motorway", "trunk", "primary", "secondary"];

const widths = (values, more = 0) => [
  "interpolate", ["exponential", 1.5], ["zoom"],
  ...[10, 14, 17, 20].flatMap((level, index) => [level, values[index] ? values[index] + more : 0]),
];

const layer = (id, sourceLayer, type, filter, rest) => ({
  id: `streets-${id}`, source: "streets", "source-layer": sourceLayer, type, filter, ...rest,
});

const is = (...kinds) => ["in", ["get", "kind"], ["literal", kinds]];

const fills = (colour) => [
  ...GROUND.map((kind) => layer(kind, "ground", "fill", is(kind), { paint: { "fill-color": colour(kind) } })),
  ...[["river", 1, 6], ["stream", 0.6, 3]].map(([kind, thin, thick]) =>
    layer(kind, "lines", "line", is(kind), {
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": colour("water"), "line-width": ["interpolate", ["linear"], ["zoom"], 10, thin, 17, thick] },
    })),
  ...["house", "public"].map((kind) =>
    layer(kind, "buildings", "fill", is(kind), { minzoom: 15, paint: { "fill-color": colour(kind) } })),
];

const road = (part, [kind, values], paint) =>
  layer(`${part}-${kind}`, "roads", "line", is(kind), {
    layout: { "line-cap": kind === "path" ? "butt" : "round", "line-join": "round" },
    paint,
  });

const roads = (colour) => {
  const wide = ROADS.filter(([kind]) => kind !== "path");
  const [path] = ROADS;
  const fill = (kind) => colour(kind === "motorway" || kind === "trunk" ? "motorway" : LARGE.includes(kind) ? "main" : "street");
  return [
    road("way", path, { "line-color": colour("path"), "line-width": widths(path[1]), "line-dasharray": [3, 1.5] }),
    ...wide.map((kind) => road("rim", kind, { "line-color": colour("rim"), "line-width": widths(kind[1], 1.5) })),
    ...wide.map((kind) => road("way", kind, { "line-color": fill(kind[0]), "line-width": widths(kind[1]) })),
    layer("rail", "lines", "line", is("rail", "tram"), {
      paint: { "line-color": colour("rail"), "line-width": ["interpolate", ["linear"], ["zoom"], 11, 0.8, 17, 2] },
    }),
    layer("sleepers", "lines", "line", is("rail"), {
      minzoom: 14,
      paint: { "line-color": colour("rail"), "line-width": ["interpolate", ["linear"], ["zoom"], 14, 3, 17, 6], "line-dasharray": [0.3, 3] },
    }),
  ];
};

const label = (id, sourceLayer, filter, colour, { size, font = FONT, text = "label", minzoom = 0, layout = {}, wide = 1.6 }) =>
  layer(id, sourceLayer, "symbol", ["all", ["has", "name"], filter], {
    minzoom,
    layout: { "text-field": ["get", "name"], "text-font": font, "text-size": size, "text-max-width": 8, "text-padding": 4, ...layout },
    paint: { "text-color": colour(text), "text-halo-color": colour("halo"), "text-halo-width": wide },
  });

const along = { "symbol-placement": "line", "text-letter-spacing": 0.02, "symbol-spacing": 300 };
const point = { "text-anchor": "center" };

const labels = (colour) => [
  label("number", "numbers", is("house"), colour, { size: 11, minzoom: 17, text: "faint" }),
  label("water-name", "lines", is("river", "stream"), colour, { size: 12, font: SLANTED, text: "on-water", minzoom: 11, layout: along }),
  label("path-name", "roads", is("path", "service"), colour, { size: 11, minzoom: 16.5, layout: along }),
  label("street-name", "roads", is("street", "pedestrian", "tertiary"), colour, {
    size: ["interpolate", ["linear"], ["zoom"], 13, 11, 18, 15], minzoom: 14, layout: along,
  }),
  label("road-name", "roads", is(...LARGE), colour, {
    size: ["interpolate", ["linear"], ["zoom"], 12, 11, 18, 15], minzoom: 12.5, layout: along,
  }),
  label("stop", "points", is("stop"), colour, { size: 11, minzoom: 16.5, text: "faint", layout: point }),
  label("public-name", "points", is("public", "square"), colour, { size: 12, minzoom: 15.5, layout: point }),
  label("green-name", "points", is("green", "play"), colour, { size: 12, font: SLANTED, text: "on-green", minzoom: 14, layout: point }),
  label("small-place", "places", is("quarter", "neighbourhood", "hamlet"), colour, { size: 12, minzoom: 13, text: "faint", layout: point }),
  label("place", "places", is("borough", "suburb", "village"), colour, {
    size: ["interpolate", ["linear"], ["zoom"], 10, 12, 15, 16], font: BOLD, text: "faint",
    layout: { ...point, "text-letter-spacing": 0.05 },
  }),
  label("town", "places", is("city", "town"), colour, {
    size: ["interpolate", ["linear"], ["zoom"], 9, 14, 13, 20], font: BOLD, layout: point,
  }),
];

export const streets = (about, colour) => {
  const own = (name) => colour(`streets-${name}`);
  const { origin } = location;
  const source = { type: "vector", tiles: [`${origin}${about.streets}`], minzoom: 8, maxzoom: 16, attribution: about.attribution };
  return {
    source: { streets: source },
    below: [{ id: "ground", type: "background", paint: { "background-color": own("land") } }, ...fills(own), ...roads(own)],
    above: labels(own),
  };
};
