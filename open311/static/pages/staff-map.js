// The map beside the staff's list: its points are what the reader may see, and follow the part of the map that is shown.
import { around, drawn, read } from "./map-base.js";
import { placed, placeIn } from "./map-tiles.js";

const AT_REST = 300;
const place = document.getElementById("map");

const late = {
  id: "late",
  type: "symbol",
  source: "reports",
  filter: ["get", "late"],
  layout: { "text-field": "!", "text-font": ["Noto Sans Bold"], "text-size": 18, "text-offset": [0.9, -0.7], "text-allow-overlap": true, "text-ignore-placement": true },
  paint: { "text-color": "#b3261e", "text-halo-color": "#fff", "text-halo-width": 3 },
};

const card = ({ title, text, href }) => {
  const link = Object.assign(document.createElement("a"), { href, textContent: title, className: "kern-link" });
  const words = Object.assign(document.createElement("p"), { textContent: text });
  const whole = Object.assign(document.createElement("div"), { className: "desk-card" });
  whole.append(link, words);
  return whole;
};

const edges = (map) => map.getBounds().toArray().flat().map((edge) => edge.toFixed(5)).join(",");

const brought = async (address, signal) => {
  const answer = await fetch(address, { signal, headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#found");
  if (!page) throw new Error(`no list at ${address}`);
  document.querySelector("#found").replaceWith(page);
};

const show = async () => {
  const about = read(place);
  const status = document.getElementById("map-status");
  const asked = new URL(about.cases, location);
  const within = (box) => {
    const address = new URL(asked);
    if (box) address.searchParams.set("bbox", box);
    return address;
  };
  const points = async (box, signal) => {
    const found = await (await fetch(within(box), { signal })).json();
    status.textContent = found.more ? status.dataset.more : "";
    return found;
  };
  const box = new URLSearchParams(location.search).get("bbox");
  const data = await points(box);
  const longs = data.features.map(({ geometry }) => geometry.coordinates[0]);
  const lats = data.features.map(({ geometry }) => geometry.coordinates[1]);
  const all = longs.length && [[Math.min(...longs), Math.min(...lats)], [Math.max(...longs), Math.max(...lats)]];
  const { library, map } = await drawn(place, about, {
    bounds: placeIn(location.search) ?? (all || placed(about.bounds)),
    fitBoundsOptions: { padding: 48, maxZoom: 16 },
    maxBounds: around(about.bounds),
    small: true,
    reports: { type: "geojson", data },
    cooperativeGestures: matchMedia("(max-width: 63.99rem)").matches,
  });
  map.addLayer(late);
  map.on("click", "requests", ({ features: [first] }) => {
    new library.Popup({ maxWidth: "20rem" })
      .setLngLat(first.geometry.coordinates)
      .setDOMContent(card(first.properties))
      .addTo(map);
  });
  for (const [event, cursor] of [["mouseenter", "pointer"], ["mouseleave", ""]])
    map.on(event, "requests", () => (map.getCanvas().style.cursor = cursor));

  let asking = new AbortController(), resting;
  const follow = async () => {
    asking.abort();
    asking = new AbortController();
    const here = new URL(location);
    here.searchParams.set("bbox", edges(map));
    history.replaceState(null, "", here);
    try {
      const [found] = await Promise.all([points(edges(map), asking.signal), brought(here, asking.signal)]);
      map.getSource("reports").setData(found);
    } catch (problem) {
      // The next move has overtaken this one; anything else the page itself says better.
      if (problem.name !== "AbortError") location.assign(here);
    }
  };
  map.on("moveend", (event) => {
    if (!event.originalEvent) return;
    clearTimeout(resting);
    resting = setTimeout(follow, AT_REST);
  });
  place.dataset.ready = "";
};

const leave = (problem) => {
  console.warn(problem);
  place.closest(".mapbox").remove();
};

if (document.createElement("canvas").getContext("webgl2")) show().catch(leave);
else leave("no WebGL");
