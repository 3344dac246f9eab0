// Corners without a mouse: a panel beside the map that walks from corner to corner and moves, adds and removes them by keys
// or buttons. What happened is written in a live line, so that a screen reader says it.
import { token } from "../maps/style.js";
import { DIRECTIONS, inserted, moved, numbered, removed, stepped } from "./corners.js";
import { overlay, NOTHING } from "./shapes.js";

const AROUND_PX = 60;

/** Give the panel in `root` its behaviour over a board. `preview()` is called by Enter. Returns { start, refresh }. */
export function createCornerPanel(root, map, board, preview) {
  const panel = root.querySelector("[data-corners]");
  const [pad, words, place, step] = ["corner-pad", "corner-words", "corner-place", "corner-step"].map((name) => panel.querySelector(`[data-${name}]`));
  let here = { path: 0, at: 0 };

  const corner = () => board.paths()[here.path]?.corners[here.at];

  function where() {
    const [lon, lat] = corner();
    const { number, total } = numbered(board.paths(), here);
    return { name: `角点 ${number}／${total}`, spot: `经度 ${lon.toFixed(6)}，纬度 ${lat.toFixed(6)}` };
  }

  function show() {
    const at = corner();
    const point = at ? { type: "FeatureCollection", features: [{ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } }] } : NOTHING;
    overlay(map, "corner", point, [
      { id: "corner-ring", type: "circle", paint: { "circle-radius": 11, "circle-opacity": 0, "circle-stroke-color": token("focus"), "circle-stroke-width": 4 } },
    ]);
    place.textContent = at ? where().name : "";
  }

  function seen() {
    const { x, y } = map.project(corner());
    const { clientWidth, clientHeight } = map.getContainer();
    return x > AROUND_PX && y > AROUND_PX && x < clientWidth - AROUND_PX && y < clientHeight - AROUND_PX;
  }

  function tell(did = "") {
    show();
    if (!seen()) map.jumpTo({ center: corner() });
    const { name, spot } = where();
    words.textContent = did ? `${did}${name}：${spot}。` : `${name}：${spot}。`;
  }

  function put(path, corners) {
    try {
      board.setCorners(path, corners);
      return true;
    } catch {
      words.textContent = "不能这样修改，图形会变得不合法。";
      return false;
    }
  }

  const acts = {
    next: () => walk(1),
    previous: () => walk(-1),
    insert() {
      const done = inserted(board.paths()[here.path], here.at);
      if (!put(here.path, done.corners)) return;
      here = { path: here.path, at: done.at };
      tell("已加点。");
    },
    remove() {
      const path = board.paths()[here.path];
      const left = removed(path, here.at);
      if (!left) {
        words.textContent = path.closed ? "不能再删：一圈边界至少要有三个角点。" : "不能再删：线至少要有两个点。";
        return;
      }
      if (!put(here.path, left)) return;
      here = { path: here.path, at: Math.min(here.at, left.length - 1) };
      tell("已删点。");
    },
  };

  function walk(by) {
    here = stepped(board.paths(), here, by);
    tell();
  }

  function move({ name, east, north }) {
    const metres = Number(step.value);
    const corners = [...board.paths()[here.path].corners];
    corners[here.at] = moved(corners[here.at], east * metres, north * metres);
    if (put(here.path, corners)) tell(`已向${name}移动 ${metres} 米。`);
  }

  const keys = { PageDown: acts.next, PageUp: acts.previous, Insert: acts.insert, Delete: acts.remove, Enter: preview };

  pad.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = DIRECTIONS[event.key];
    const act = direction ? () => move(direction) : keys[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  panel.addEventListener("click", ({ target }) => acts[target.closest("[data-corner]")?.dataset.corner]?.());

  return {
    /** Begin at the first corner of what is on the board. */
    start() {
      here = { path: 0, at: 0 };
      words.textContent = "";
      show();
    },
    /** Follow the board: hide without corners, and stay within them after a step was taken back. */
    refresh() {
      const paths = board.paths();
      panel.hidden = !paths.length;
      if (paths.length && !corner()) here = { path: Math.min(here.path, paths.length - 1), at: 0 };
      show();
    },
  };
}
