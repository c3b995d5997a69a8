// Which tiles hold the reports that the filters of the page ask for.
const ASKED = ["q", "service_code", "detailed_status"];
const LONGEST = 366;
// A number every 64 pixels at most; where a cell has few reports they are shown themselves.
const CELLS = "8";
// From here on each report is a point.
export const DEEPEST = 18;

// Four edges as the two corners that MapLibre wants; nothing where there are none.
export const placed = (edges) =>
  edges.length === 4 && edges.every(Number.isFinite) ? [edges.slice(0, 2), edges.slice(2)] : undefined;

export const placeIn = (query) => placed((new URLSearchParams(query).get("bbox") ?? "").split(",").map(Number));

export const tiles = (about) => {
  const filters = new URLSearchParams(location.search);
  const asked = new URLSearchParams({ cells: CELLS });
  for (const [name, value] of filters) if (value && ASKED.includes(name)) asked.append(name, value);
  const days = Number(filters.get("days"));
  if (days > 0 && days <= LONGEST) asked.set("days", days);
  // Who asks for a status or a span of time wants all of it.
  const fading = !asked.has("days") && !asked.has("detailed_status") && Number(about.closedDays);
  if (fading) asked.set("closed_days", fading);
  return `${location.origin}${about.tiles}?${asked}`;
};

// What is open, whatever the address of the page says.
export const openOnes = (about) => `${location.origin}${about.tiles}?cells=${CELLS}&status=open`;
