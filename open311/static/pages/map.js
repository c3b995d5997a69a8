// Brings the map to a page that is complete without it: after everything else, and only where it can be drawn.
import { inSight } from "./map-sight.js";
import { idle, loaded } from "./page-load.js";

const place = document.getElementById("map");

const drawable = () => {
  try {
    return Boolean(document.createElement("canvas").getContext("webgl2"));
  } catch {
    return false;
  }
};

const leave = () => {
  const box = place.closest(".mapbox") ?? place;
  box.closest(".browse")?.classList.remove("browse--map");
  box.remove();
};

// Without a connection the list is what the device has kept, and a map would be empty beside it.
if (place && (!drawable() || navigator.onLine === false)) leave();
else if (place) {
  await loaded();
  await inSight(place);
  await idle();
  try {
    const { show } = await import("./map-view.js");
    await show(place);
  } catch (problem) {
    console.warn(problem);
    leave();
  }
}
