// The place on the check page: a map with the reports nearby. Whoever moves the place is offered the address there.
import { LINK, button } from "./buttons.js";
import { pick } from "./map-pick.js";
import { numbered } from "./staff-neighbours.js";

// So close that ten metres can be told apart.
const CLOSE = 18;
const WIDE = matchMedia("(min-width: 64rem)");

const setPosition = (form, lat, long) => {
  form.elements.lat.value = lat;
  form.elements.long.value = long;
  form.dispatchEvent(new CustomEvent("position"));
};

const choose = (line, event) => {
  // The map would take the press for a new place.
  event.stopPropagation();
  line.querySelector("[name=parent]").click();
  line.scrollIntoView({ block: "nearest" });
};

const offersAddress = (form, box) => {
  const status = box.querySelector("[data-place-status]");
  const { address } = form.elements;
  form.addEventListener("position", async () => {
    const { lat, long } = form.elements;
    status.textContent = "";
    try {
      const source = box.dataset.near;
      const query = new URLSearchParams({ lat: lat.value, long: long.value });
      const answer = await fetch(`${source}${source.includes("?") ? "&" : "?"}${query}`);
      const found = answer.ok ? await answer.json() : {};
      if (!found.inside) status.textContent = found.message ?? "";
      else if (found.address && found.address !== address.value) {
        const take = () => {
          address.value = found.address;
          status.textContent = "";
          address.focus();
        };
        status.append(button(`${box.dataset.useAddress} ${found.address}`, LINK, take));
      }
    } catch {
      // Without a connection the figures will do.
    }
  });
};

export const place = (box) => {
  const form = box.closest("form");
  const status = box.querySelector("[data-pick-status]");
  const draw = async () => {
    if (!box.open) return;
    box.removeEventListener("toggle", draw);
    try {
      const drawn = await pick(box, form, setPosition);
      if (form.elements.lat.value) drawn.map.jumpTo({ zoom: CLOSE });
      numbered(drawn, choose);
    } catch (problem) {
      console.warn(problem);
      box.dataset.mapless = "";
      status.textContent = status.dataset.failed;
    }
  };
  offersAddress(form, box);
  for (const name of ["lat", "long"])
    form.elements[name].addEventListener("change", () => form.dispatchEvent(new CustomEvent("position")));
  box.hidden = false;
  box.open = WIDE.matches;
  box.addEventListener("toggle", draw);
};
