// Symbols of the map, drawn when first needed: a shape and colour for the status, on it the sign of the service.
const SIZE = 42;
const SIGN = 20;
// Where the sign sits best in each shape, and how large.
const FIT = { triangle: [0.62, 0.85], diamond: [0.5, 0.9], star: [0.53, 0.8], pentagon: [0.54, 1], cross: [0.5, 0.9] };
const UNKNOWN = ["#5f6b76", "circle"];

const sheet = async (address) => {
  const text = await (await fetch(address)).text();
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
  return new Map([...parsed.querySelectorAll("symbol")].map((symbol) => [symbol.id, symbol]));
};

const picture = (symbol, colour) => {
  const inner = [...symbol.attributes].map(({ name, value }) => (name === "id" ? "" : `${name}="${value}"`)).join(" ");
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" color="${colour}" ${inner}>${symbol.innerHTML}</svg>`;
  const image = new Image(96, 96);
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  return image.decode().then(() => image);
};

export const drawing = (map, about) => {
  let symbols;
  return async (id) => {
    const [service, status] = id.split("|");
    if (status === undefined) return;
    symbols ??= sheet(about.symbols);
    const known = await symbols;
    const [colour, shape] = about.statuses[status] ?? UNKNOWN;
    const sign = known.get(about.services[service]) ?? known.get("marker");
    const form = known.get(`shape-${shape}`) ?? known.get("shape-circle");
    const [rim, body, mark] = await Promise.all([
      picture(form, "#fff"),
      picture(form, colour),
      picture(sign, "#fff"),
    ]);
    const ratio = Math.min(3, Math.ceil(devicePixelRatio));
    const canvas = Object.assign(document.createElement("canvas"), { width: SIZE * ratio, height: SIZE * ratio });
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    const [middle, large] = FIT[shape] ?? [0.5, 1];
    const side = SIGN * large;
    context.shadowColor = "rgb(0 0 0 / 45%)";
    context.shadowBlur = 2 * ratio;
    context.drawImage(rim, 1, 1, SIZE - 2, SIZE - 2);
    context.shadowColor = "transparent";
    context.drawImage(body, 4, 4, SIZE - 8, SIZE - 8);
    context.drawImage(mark, (SIZE - side) / 2, SIZE * middle - side / 2, side, side);
    const data = context.getImageData(0, 0, canvas.width, canvas.height);
    if (!map.hasImage(id)) map.addImage(id, data, { pixelRatio: ratio });
  };
};
