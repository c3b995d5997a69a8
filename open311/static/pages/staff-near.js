// The small map of a case: where it is, and what else was reported there under the numbers of the list.
import { drawn, read, styled } from "./map-base.js";
import { inSight } from "./map-sight.js";
import { numbered } from "./staff-neighbours.js";

// So close that ten metres can be told apart.
const CLOSE = 18;

const point = ({ lat, long, look }) => {
  const [service_code, detailed_status] = look.split("|");
  return { type: "Feature", geometry: { type: "Point", coordinates: [long, lat] }, properties: { service_code, detailed_status } };
};

const open = (line) => {
  line.closest("details")?.setAttribute("open", "");
  line.querySelector("a").focus();
};

const show = async (place) => {
  place.hidden = false;
  await inSight(place);
  const about = read(place);
  await styled(about.ownStyles, "append");
  const drawing = await drawn(place, about, {
    center: [about.long, about.lat],
    zoom: CLOSE,
    small: true,
    reports: { type: "geojson", data: point(about) },
    cooperativeGestures: true,
  });
  numbered(drawing, open);
  place.dataset.ready = "";
};

const drawable = Boolean(document.createElement("canvas").getContext("webgl2"));
for (const place of drawable ? document.querySelectorAll("[data-near-map]") : [])
  show(place).catch((problem) => {
    console.warn(problem);
    place.remove();
  });
