// A photo from the camera to what is sent: place and time out of its EXIF, never more than 1600 px, black boxes burnt in.

const LONGEST_PX = 1600;
const QUALITY = 0.85;

/** Return { taken_at, lon, lat } of a photo's EXIF: what is there, `taken_at` as written ("2026-11-23T09:30:00", the camera's clock). */
export async function readOrigin(file) {
  try {
    await import("../../vendor/exif-reader.js");
    const tags = self.ExifReader.load(await file.slice(0, 512 * 1024).arrayBuffer(), { expanded: true });
    return originOf(tags);
  } catch {
    return {}; // no EXIF, or one that nobody can read: the photo is as good without
  }
}

function originOf(tags) {
  const origin = {};
  const written = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)/.exec(tags.exif?.DateTimeOriginal?.description ?? "");
  if (written) origin.taken_at = `${written[1]}-${written[2]}-${written[3]}T${written[4]}`;
  const { Longitude: lon, Latitude: lat } = tags.gps ?? {};
  if (Number.isFinite(lon) && Number.isFinite(lat)) Object.assign(origin, { lon, lat });
  return origin;
}

/** Decode a photo, upright and at most 1600 px long. Returns a canvas; raises when it is no photo that this phone can read. */
export async function shrunk(file) {
  const image = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST_PX / Math.max(image.width, image.height));
  const canvas = Object.assign(document.createElement("canvas"), {
    width: Math.max(1, Math.round(image.width * scale)), height: Math.max(1, Math.round(image.height * scale)),
  });
  const ground = canvas.getContext("2d");
  ground.imageSmoothingQuality = "high";
  ground.fillStyle = "#fff";
  ground.fillRect(0, 0, canvas.width, canvas.height);
  ground.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  return canvas;
}

/** Return a canvas as JPEG bytes. */
export async function asJpeg(canvas) {
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return blob.arrayBuffer();
}

/** Black out boxes of a canvas, each { x, y, width, height } in shares (0 to 1) of its sides, for good. */
export function blackOut(canvas, boxes) {
  const ground = canvas.getContext("2d");
  ground.fillStyle = "#000";
  for (const { x, y, width, height } of boxes) {
    ground.fillRect(Math.floor(x * canvas.width), Math.floor(y * canvas.height), Math.ceil(width * canvas.width), Math.ceil(height * canvas.height));
  }
}
