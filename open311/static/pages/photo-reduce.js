// A photo no larger than the server keeps it, made before it is sent, for those who pay for each byte or wait for it.
const LONGEST = 2560;
const QUALITY = 0.85;
// Below this little is to be won.
const SMALL = 700 * 1024;

const asImage = async (file) => {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(image.src);
  }
};

// Upright: what the camera noted about how it was held is obeyed.
const decoded = (file) =>
  window.createImageBitmap
    ? createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => asImage(file))
    : asImage(file);

const drawn = (picture) => {
  const width = picture.naturalWidth ?? picture.width, height = picture.naturalHeight ?? picture.height;
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  const canvas = Object.assign(document.createElement("canvas"), size);
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close?.();
  return canvas;
};

const written = (canvas) => new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));

// The smaller photo, or the file as it is: what this browser cannot decode, the server may.
export const reduced = async (file) => {
  if (file.size <= SMALL && file.type === "image/jpeg") return file;
  try {
    const blob = await written(drawn(await decoded(file)));
    if (blob?.type !== "image/jpeg" || blob.size >= file.size) return file;
    const name = `${file.name.replace(/\.[^.]*$/, "")}.jpg`;
    return new File([blob], name, { type: blob.type, lastModified: file.lastModified });
  } catch {
    return file;
  }
};
