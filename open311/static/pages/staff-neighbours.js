// What lies near a report, on its map under the numbers of the list.
export const numbered = ({ library, map }, choose) => {
  for (const line of document.querySelectorAll("[data-neighbour]")) {
    const { lat, long, neighbour } = line.dataset;
    const element = Object.assign(document.createElement("div"), { className: "pick__neighbour", textContent: neighbour });
    const marker = new library.Marker({ element }).setLngLat([Number(long), Number(lat)]).addTo(map);
    // The list says more.
    marker.getElement().setAttribute("aria-hidden", "true");
    marker.getElement().removeAttribute("tabindex");
    element.addEventListener("click", (event) => choose(line, event));
  }
};
