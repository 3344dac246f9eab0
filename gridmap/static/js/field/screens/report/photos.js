// Photos: taken with the phone's camera, shrunk on the phone, faces and number plates blacked out before anything is sent.
import { h } from "../../../dom.js";
import { asJpeg, readOrigin, shrunk } from "../../photo.js";
import { askBoxes } from "./boxes.js";

const MOST = 9;

/** Photos of an item or of the draft. Returns { element, taken() → [{ id, bytes, … }], key: what to drop once they are taken }. */
export async function photoStrip(app, owner, { say, signal }) {
  const about = (await app.store.get(`photos-${owner}`)) ?? app.items.find(({ id }) => id === owner)?.photos ?? [];
  const photos = [];
  for (const one of about) {
    const bytes = await app.store.photoBytes(one.id);
    if (bytes) photos.push({ ...one, bytes });
  }
  const list = h("ul", { class: "photos" });
  const input = h("input", { type: "file", id: "photos", accept: "image/*", capture: "environment", class: "visually-hidden", onchange: () => add([...input.files]) });
  const shoot = h("label", { class: "wide shoot", for: "photos" }, "拍照");
  const element = h("section", { class: "photo-part", "aria-label": "照片" }, h("h3", {}, "照片（可不拍）"), list, input, shoot);
  const addresses = new Map();
  signal.addEventListener("abort", () => addresses.forEach((address) => URL.revokeObjectURL(address)));

  const keep = () => app.store.set(`photos-${owner}`, photos.map(({ bytes: _bytes, ...one }) => one));

  async function add(files) {
    input.value = "";
    for (const file of files) {
      if (photos.length >= MOST) return void (say.textContent = `照片至多 ${MOST} 张。`);
      say.textContent = "正在处理照片…";
      try {
        const [origin, canvas] = await Promise.all([readOrigin(file), shrunk(file)]);
        const photo = { id: crypto.randomUUID(), ...origin, bytes: await asJpeg(canvas) };
        await app.store.keepPhoto(photo.id, "draft", photo.bytes);
        photos.push(photo);
        await keep();
        say.textContent = "";
      } catch (fault) {
        say.textContent = fault?.name === "QuotaExceededError" ? "手机存储空间已满，照片没有保存。" : "这张照片无法读取，请重新拍摄。";
      }
    }
    draw();
  }

  async function remove(photo) {
    photos.splice(photos.indexOf(photo), 1);
    await keep();
    await app.store.dropPhoto(photo.id);
    draw();
  }

  async function hide(photo) {
    const bytes = await askBoxes(photo.bytes);
    if (!bytes) return;
    const blacked = { ...photo, id: crypto.randomUUID(), bytes };
    await app.store.keepPhoto(blacked.id, "draft", bytes);
    photos.splice(photos.indexOf(photo), 1, blacked);
    await keep();
    await app.store.dropPhoto(photo.id);
    draw();
  }

  function addressOf(photo) {
    if (!addresses.has(photo.id)) addresses.set(photo.id, URL.createObjectURL(new Blob([photo.bytes], { type: "image/jpeg" })));
    return addresses.get(photo.id);
  }

  function draw() {
    list.replaceChildren(...photos.map((photo, i) => h("li", {},
      h("img", { src: addressOf(photo), alt: `照片 ${i + 1}` }),
      h("button", { type: "button", class: "small", onclick: () => hide(photo) }, "涂黑"),
      h("button", { type: "button", class: "small", "aria-label": `删除照片 ${i + 1}`, onclick: () => remove(photo) }, "删除"))));
    shoot.hidden = photos.length >= MOST;
    shoot.textContent = photos.length ? "再拍一张" : "拍照";
  }

  draw();
  return {
    element,
    taken: async () => photos.map((photo) => ({ ...photo })),
    key: `photos-${owner}`,
  };
}
