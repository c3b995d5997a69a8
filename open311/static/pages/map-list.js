// Map, list and filters are about the same reports: what one of them changes, the others follow. The address keeps it.
import { placed, placeIn, tiles } from "./map-tiles.js";

const PARTS = ["#found", ".tongues"];
const AT_REST = 300;

const form = document.querySelector("form.filters");
let asking = new AbortController();

const bring = async (address) => {
  asking.abort();
  asking = new AbortController();
  const found = document.querySelector("#found");
  found.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { signal: asking.signal, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.querySelector("#found")) throw new Error(`no list at ${address}`);
    for (const part of PARTS) page.querySelector(part) && document.querySelector(part)?.replaceWith(page.querySelector(part));
    return page;
  } catch (problem) {
    // The next question has overtaken this one; anything else the browser can say better than we.
    if (problem.name !== "AbortError") location.assign(address);
    return null;
  }
};

const controls = (within) => [...within.querySelectorAll("form.filters :is(input, select)[name]")];

const filled = () => {
  const given = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value) given.append(name, value);
  return given;
};

const copy = (page) => {
  const from = controls(page);
  for (const own of controls(document)) {
    const twin = from.find((field) => field.name === own.name && (own.type !== "checkbox" || field.value === own.value));
    if (own.type === "checkbox") own.checked = Boolean(twin?.checked);
    else own.value = twin?.value ?? "";
  }
};

const edges = (map) => map.getBounds().toArray().flat().map((edge) => edge.toFixed(5)).join(",");

const keepPlace = (box) => {
  let field = form.elements.namedItem("bbox");
  if (!field) {
    field = Object.assign(document.createElement("input"), { type: "hidden", name: "bbox" });
    form.append(field);
  }
  field.value = box;
};

const address = (given) => {
  const to = new URL(form.action);
  to.hash = "";
  to.search = given;
  return to.href;
};

// On a telephone the answer lies below the filters, and a search that shows nothing new seems to have failed.
const lookAtFound = () => {
  const heading = document.querySelector("#results");
  if (heading && heading.getBoundingClientRect().top > innerHeight - 100) document.querySelector("#found").scrollIntoView();
};

// Tells whoever cannot see the list change; the heading says how many there are and where.
const announce = (place) => {
  const said = document.querySelector("#results")?.textContent.replace(/\s+/g, " ").trim();
  if (said) place.textContent = said;
};

export const follow = (map, about) => {
  const status = Object.assign(document.createElement("p"), { className: "map__keys" });
  status.setAttribute("role", "status");
  form.after(status);

  const filter = async (to) => {
    if (to !== location.href) history.pushState(null, "", to);
    map.getSource("reports").setTiles([tiles(about)]);
    if (await bring(to)) announce(status);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await filter(address(filled()));
    lookAtFound();
  });
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, [type=checkbox]")) filter(address(filled()));
  });

  let resting;
  map.on("moveend", (event) => {
    // By pointer, key or button, by a number that was opened, or by the place of the device.
    if (!event.originalEvent && !event.byHand && !event.geolocateSource) return;
    clearTimeout(resting);
    resting = setTimeout(async () => {
      keepPlace(edges(map));
      const to = address(filled());
      history.replaceState(null, "", to);
      if (await bring(to)) announce(status);
    }, AT_REST);
  });

  // Everything as the address says, the form and the map too.
  const obey = async () => {
    map.getSource("reports").setTiles([tiles(about)]);
    const where = placeIn(location.search) ?? placed(about.bounds);
    if (where) map.fitBounds(where, { animate: false });
    const page = await bring(location.href);
    if (page) copy(page);
  };
  addEventListener("popstate", obey);
  form.parentElement.addEventListener("click", async (event) => {
    const link = event.target.closest("#found .pager a, #found .browse__reset a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    await obey();
    const heading = document.querySelector("#results");
    heading.tabIndex = -1;
    heading.focus();
  });
};
