// Streets from a PMTiles file of the operator's: a library reads it by ranges, another knows how its layers look.
let reader;

// The library is a plain script, since the module of it names another by a word that browsers do not know.
const script = (address) =>
  new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement("script"), { src: address });
    element.addEventListener("load", resolve);
    element.addEventListener("error", reject);
    document.head.append(element);
  });

const dark = () => matchMedia("(prefers-color-scheme: dark)").matches;

export const fromFile = async (library, about) => {
  const [looks] = await Promise.all([import(about.fileLooks), script(about.fileCode)]);
  if (!reader) {
    reader = new globalThis.pmtiles.Protocol();
    library.addProtocol("pmtiles", reader.tile);
  }
  // Signs of roads and places would be pictures from a server of theirs; names alone will do.
  const named = (layer) => {
    const { "icon-image": picture, ...layout } = layer.layout ?? {};
    return { ...layer, layout };
  };
  const layers = () => {
    const flavor = looks.namedFlavor(dark() ? "dark" : "light");
    const lang = document.documentElement.lang;
    return looks.layers("streets", flavor, { lang }).filter((layer) => layer.type !== "symbol" || layer.layout?.["text-field"]).map(named);
  };
  const url = `pmtiles://${location.origin}${about.file}`;
  return { source: { streets: { type: "vector", url, attribution: about.attribution } }, layers };
};
