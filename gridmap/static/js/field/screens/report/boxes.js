// Blacking out: the finger draws boxes over faces and number plates; they are burnt into the photo.
import { h } from "../../../dom.js";
import { asJpeg, blackOut, shrunk } from "../../photo.js";

const LEAST = 0.01; // of a side: less is a slip of the finger

/** Show a photo (JPEG bytes) to draw on. Returns its bytes with the boxes burnt in, or null when the person gave up. */
export async function askBoxes(bytes) {
  const canvas = await shrunk(new Blob([bytes], { type: "image/jpeg" }));
  const boxes = [];
  return new Promise((done) => {
    const over = h("div", { class: "boxes-over" });
    const stage = h("div", { class: "boxes-stage" }, canvas, over);
    const dialog = h("dialog", { class: "boxes", "aria-label": "涂黑人脸和车牌" },
      h("p", {}, "用手指框住人脸和车牌，框住的部分会被涂黑。"), stage,
      h("div", { class: "row" },
        h("button", { type: "button", class: "small", onclick: () => { boxes.pop(); draw(); } }, "撤销"),
        h("button", { type: "button", class: "small", onclick: () => finish(null) }, "取消"),
        h("button", { type: "button", class: "small primary", onclick: burn }, "涂黑")));
    const draw = (more = []) => over.replaceChildren(...[...boxes, ...more].map((box) => h("div", { class: "black", vars: { x: `${box.x * 100}%`, y: `${box.y * 100}%`, w: `${box.width * 100}%`, h: `${box.height * 100}%` } })));
    let from = null;
    const share = (event) => {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      return [Math.max(0, Math.min(1, (event.clientX - left) / width)), Math.max(0, Math.min(1, (event.clientY - top) / height))];
    };
    const boxTo = ([x, y]) => ({ x: Math.min(x, from[0]), y: Math.min(y, from[1]), width: Math.abs(x - from[0]), height: Math.abs(y - from[1]) });
    stage.addEventListener("pointerdown", (event) => {
      from = share(event);
      stage.setPointerCapture(event.pointerId);
    });
    stage.addEventListener("pointermove", (event) => from && draw([boxTo(share(event))]));
    stage.addEventListener("pointerup", (event) => {
      if (!from) return;
      const box = boxTo(share(event));
      from = null;
      if (box.width > LEAST && box.height > LEAST) boxes.push(box);
      draw();
    });
    function finish(result) {
      dialog.close();
      dialog.remove();
      done(result);
    }
    async function burn() {
      if (!boxes.length) return finish(null);
      blackOut(canvas, boxes);
      finish(await asJpeg(canvas));
    }
    dialog.addEventListener("cancel", () => { dialog.remove(); done(null); });
    document.body.append(dialog);
    dialog.showModal();
  });
}
