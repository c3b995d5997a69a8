// How the map looks: a quiet background of our own, numbers, and symbols. Colours come from the style sheet.
const FONT = ["Noto Sans Bold"];

export const colours = () => {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--map-${name}`).trim();
};

export const area = (about) => ({ type: "geojson", data: `${location.origin}${about.boundary}` });

export const edge = (colour) => [
  { id: "area-edge", source: "area", type: "line", paint: { "line-color": colour("edge"), "line-width": 2 } },
];

export const background = (about, colour) => {
  const style = { version: 8, sources: {}, layers: [] };
  const ground = about.boundary ? "outside" : "inside";
  style.layers.push({ id: "ground", type: "background", paint: { "background-color": colour(ground) } });
  if (!about.boundary) return style;
  style.sources.area = area(about);
  const fill = { id: "area", source: "area", type: "fill", paint: { "fill-color": colour("inside") } };
  style.layers.push(fill, ...edge(colour));
  return style;
};

const count = (about) => {
  const said = (number, digits) => ["number-format", number, { locale: document.documentElement.lang, "max-fraction-digits": digits }];
  const thousands = ["/", ["get", "count"], 1000];
  const word = `\u202f${about.words.thousand}`;
  const number = [
    "step", ["get", "count"],
    said(["get", "count"], 1),
    1000, ["concat", said(thousands, 1), word],
    // No digits at all cannot be asked for.
    10000, ["concat", said(["round", thousands], 1), word],
  ];
  return ["case", ["has", "estimate"], ["concat", "~", number], number];
};

// What was closed grows paler until it goes.
const paleness = (about) => [
  "case",
  ["has", "days_left"],
  ["interpolate", ["linear"], ["get", "days_left"], 0, 0.35, Math.max(1, Number(about.closedDays)), 1],
  1,
];

export const layers = (about, small) => {
  const colour = colours();
  const symbol = {
    id: "requests",
    type: "symbol",
    source: "reports",
    layout: {
      "icon-image": ["concat", ["get", "service_code"], "|", ["get", "detailed_status"]],
      "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.8, 16, small ? 1.1 : 1],
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
      // The newest on top.
      "symbol-sort-key": ["coalesce", ["get", "id"], 0],
    },
    paint: { "icon-opacity": paleness(about) },
  };
  if (small) return [symbol];
  const numbers = { source: "reports", "source-layer": "clusters" };
  const radius = ["interpolate", ["linear"], ["log10", ["get", "count"]], 0.5, 14, 3, 24, 5, 30];
  return [
    { ...symbol, "source-layer": "requests" },
    {
      id: "clusters",
      type: "circle",
      ...numbers,
      paint: {
        "circle-radius": radius,
        "circle-color": colour("number"),
        "circle-stroke-color": colour("inside"),
        "circle-stroke-width": 2,
      },
    },
    {
      id: "counts",
      type: "symbol",
      ...numbers,
      layout: { "text-field": count(about), "text-font": FONT, "text-size": 13, "text-allow-overlap": true },
      paint: { "text-color": colour("on-number") },
    },
  ];
};
