// Where a JPEG was taken, read from its Exif data in the browser; nothing of it is sent.
const GPS_POINTER = 0x8825;
const HEAD = 256 * 1024;

const exifOf = (view) => {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 4 <= view.byteLength; ) {
    const marker = view.getUint16(at);
    const length = view.getUint16(at + 2);
    if (marker === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return at + 10;
    if ((marker & 0xff00) !== 0xff00 || marker === 0xffda || length < 2) return null;
    at += 2 + length;
  }
  return null;
};

const entries = (view, start, at, little) => {
  const found = new Map();
  const count = view.getUint16(start + at, little);
  for (let number = 0; number < Math.min(count, 200); number += 1) {
    const place = start + at + 2 + number * 12;
    found.set(view.getUint16(place, little), place);
  }
  return found;
};

const degrees = (view, start, entry, little) => {
  const at = start + view.getUint32(entry + 8, little);
  const part = (number) => view.getUint32(at + number * 8, little) / view.getUint32(at + number * 8 + 4, little);
  return part(0) + part(1) / 60 + part(2) / 3600;
};

const read = (view) => {
  const start = exifOf(view);
  if (start === null) return null;
  const little = view.getUint16(start) === 0x4949;
  const pointer = entries(view, start, view.getUint32(start + 4, little), little).get(GPS_POINTER);
  if (!pointer) return null;
  const gps = entries(view, start, view.getUint32(pointer + 8, little), little);
  if (![1, 2, 3, 4].every((tag) => gps.has(tag))) return null;
  const side = (tag) => String.fromCharCode(view.getUint8(gps.get(tag) + 8));
  const lat = degrees(view, start, gps.get(2), little) * (side(1) === "S" ? -1 : 1);
  const long = degrees(view, start, gps.get(4), little) * (side(3) === "W" ? -1 : 1);
  const possible = Number.isFinite(lat) && Number.isFinite(long) && Math.abs(lat) <= 90 && Math.abs(long) <= 180;
  return possible && (lat || long) ? { lat, long } : null;
};

export const placeOf = async (file) => {
  try {
    return read(new DataView(await file.slice(0, HEAD).arrayBuffer()));
  } catch {
    return null;
  }
};
