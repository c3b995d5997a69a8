// From a symbol or a number on the map to what is behind it, by pointer or by keyboard.
const SEEN = { layers: ["requests", "clusters"] };
const CLOSER = 2;
const NEAR = 18;
const REACH = 6;

const fragment = async (about, number) => {
  const answer = await fetch(about.card.replace(/\/0\//, `/${number}/`));
  const body = document.createElement("div");
  if (!answer.ok) {
    body.textContent = about.words.gone;
    return body;
  }
  const part = new DOMParser().parseFromString(await answer.text(), "text/html");
  body.append(...part.body.childNodes);
  return body;
};

export const opens = (library, map, about) => {
  const canvas = map.getCanvas();
  let ring;
  const mark = (where) => {
    ring?.remove();
    ring = where && new library.Marker({ element: Object.assign(document.createElement("div"), { className: "map__ring" }) });
    ring?.setLngLat(where).addTo(map);
    ring?.getElement().removeAttribute("aria-label");
  };
  const card = (number) => document.querySelector(`#reports [data-number="${number}"]`);

  const open = async (feature) => {
    const where = feature.geometry.coordinates.slice();
    const number = feature.properties.id;
    const body = await fragment(about, number);
    const popup = new library.Popup({ maxWidth: "20rem", offset: 18, className: "map__card" });
    popup.setLngLat(where).setDOMContent(body).addTo(map);
    card(number)?.classList.add("card--active");
    body.addEventListener("keydown", ({ key }) => key === "Escape" && popup.remove());
    popup.on("close", () => {
      card(number)?.classList.remove("card--active");
      canvas.focus({ preventScroll: true });
    });
  };

  const closer = (feature) => {
    const zoom = Math.min(Math.max(map.getZoom() + CLOSER, 0), NEAR);
    map.easeTo({ center: feature.geometry.coordinates, zoom }, { byHand: true });
  };
  const enter = (feature) => (feature.layer.id === "requests" ? open(feature) : closer(feature));

  const at = ({ x, y }) =>
    map.queryRenderedFeatures([[x - REACH, y - REACH], [x + REACH, y + REACH]], SEEN)[0];

  map.on("click", (event) => {
    const feature = at(event.point);
    if (feature) enter(feature);
  });
  map.on("mousemove", (event) => {
    canvas.style.cursor = at(event.point) ? "pointer" : "";
  });

  canvas.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const middle = map.project(map.getCenter());
    const far = (feature) => map.project(feature.geometry.coordinates).dist(middle);
    const [nearest] = map.queryRenderedFeatures(undefined, SEEN).sort((one, other) => far(one) - far(other));
    if (nearest) enter(nearest);
  });

  const point = (event) => {
    const found = event.target.closest?.(".card[data-lat]");
    if (found) mark([Number(found.dataset.long), Number(found.dataset.lat)]);
    else mark(null);
  };
  for (const kind of ["pointerover", "focusin"]) document.querySelector(".browse__list")?.addEventListener(kind, point);
  document.querySelector(".browse__list")?.addEventListener("pointerleave", () => mark(null));
};
