// The place: addresses offered while they are typed; the device's own position and the map, only when asked for.
const WAIT = 250;

export const setPosition = (form, lat, long, placed = "") => {
  form.elements.lat.value = lat;
  form.elements.long.value = long;
  form.elements.placed.value = placed;
  form.dispatchEvent(new CustomEvent("position", { detail: { lat, long } }));
};

export const suggest = (form) => {
  const box = form.elements.address;
  const source = form.dataset.places;
  if (!box || !source) return;
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.setAttribute("aria-label", form.dataset.placesLabel);
  box.after(list);
  let waiting = 0;
  let asked = "";

  const take = (place) => {
    box.value = place.address;
    setPosition(form, place.lat, place.long, place.address);
    list.replaceChildren();
    box.focus();
  };

  const show = (places) => {
    list.replaceChildren(
      ...places.map((place) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = place.address;
        button.addEventListener("click", () => take(place));
        const item = document.createElement("li");
        item.append(button);
        return item;
      }),
    );
  };

  const ask = async () => {
    asked = box.value;
    try {
      const answer = await fetch(`${source}${source.includes("?") ? "&" : "?"}q=${encodeURIComponent(asked)}`);
      if (answer.ok && asked === box.value) show(await answer.json());
    } catch {
      // Without a connection the words alone will do.
    }
  };

  box.addEventListener("input", () => {
    clearTimeout(waiting);
    list.replaceChildren();
    if (box.value.trim().length >= 3) waiting = setTimeout(ask, WAIT);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") list.replaceChildren();
  });
};

export const locate = (form) => {
  const button = form.querySelector("[data-locate]");
  if (!button || !navigator.geolocation) return;
  const told = form.querySelector("[data-locate-told]");
  form.querySelector("[data-locate-line]").hidden = false;
  button.addEventListener("click", () => {
    told.textContent = button.dataset.searching;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setPosition(form, coords.latitude.toFixed(6), coords.longitude.toFixed(6));
        told.textContent = button.dataset.found;
      },
      () => {
        told.textContent = button.dataset.failed;
      },
      { enableHighAccuracy: true, timeout: 15000 },
    );
  });
};

export const offerMap = (form) => {
  const box = form.querySelector("[data-pick]");
  if (!box) return;
  const told = box.querySelector("[data-pick-told]");
  const draw = async () => {
    if (!box.open) return;
    box.removeEventListener("toggle", draw);
    try {
      const { pick } = await import("./map-pick.js");
      await pick(box, form, setPosition);
    } catch (problem) {
      console.warn(problem);
      box.querySelector("[data-pick-map]").hidden = true;
      told.textContent = told.dataset.failed;
    }
  };
  box.hidden = false;
  box.addEventListener("toggle", draw);
  draw();
};
