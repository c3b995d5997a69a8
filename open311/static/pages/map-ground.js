// What lies below the reports: the city's own streets, those of a file, a style from elsewhere, or only the city's edge.
import { area, background, colours, edge } from "./map-layers.js";

// Style or its address; `layers` gives the layers anew in the colours of now, where they are ours.
export const ground = async (library, about) => {
  const quiet = () => background(about, colours());
  if (about.below) return { style: about.below, quiet };
  const sources = about.boundary ? { area: area(about) } : {};
  const border = () => (about.boundary ? edge(colours()) : []);
  if (about.streets) {
    const { streets } = await import("./map-streets.js");
    const layers = () => {
      const { below, above } = streets(about, colours());
      return [...below, ...border(), ...above];
    };
    const { source } = streets(about, colours());
    return { style: { version: 8, sources: { ...sources, ...source }, layers: layers() }, layers, quiet };
  }
  if (about.file) {
    const { fromFile } = await import("./map-file.js");
    const file = await fromFile(library, about);
    const layers = () => [...file.layers(), ...border()];
    return { style: { version: 8, sources: { ...sources, ...file.source }, layers: layers() }, layers, quiet };
  }
  return { style: quiet(), layers: () => quiet().layers, quiet };
};

// Words and where they lead to, as MapLibre wants them: text, whatever stands in it.
export const attribution = (given) =>
  given
    .map(({ words, href }) => {
      const element = document.createElement(href ? "a" : "span");
      element.textContent = words;
      if (href) Object.assign(element, { href, target: "_blank", rel: "noopener" });
      return element.outerHTML;
    })
    .join(" ");
