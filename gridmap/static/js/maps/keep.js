// Drawing rows again without losing where somebody is: the rows that stay, the place scrolled to, the keyboard's focus.
// A row is what has `data-code`; rows of one box have different codes.

const CONTROLS = "a[href], button, input";
const rowsOf = (box) => [...box.querySelectorAll("[data-code]")];
const codeOf = (one) => one.dataset.code ?? one.querySelector("[data-code]")?.dataset.code ?? "";

/** Put `fresh` elements into `parent`; what is there already and says the same stays itself. */
export function settle(parent, fresh) {
  const old = new Map([...parent.children].map((one) => [codeOf(one), one]));
  const wanted = fresh.map((one) => (old.get(codeOf(one))?.isEqualNode(one) ? old.get(codeOf(one)) : one));
  for (const one of [...parent.children]) if (!wanted.includes(one)) one.remove();
  wanted.forEach((one, i) => parent.children[i] === one || parent.insertBefore(one, parent.children[i] ?? null));
}

/** Return what scrolls `box` up and down: itself or what it lies in; null where nothing does. */
function scrollerOf(box) {
  for (let one = box; one && one !== document.body; one = one.parentElement) {
    if (one.scrollHeight > one.clientHeight && /auto|scroll/.test(getComputedStyle(one).overflowY)) return one;
  }
  return null;
}

function focusIn(box) {
  const at = document.activeElement;
  if (at === box || !box.contains(at)) return null;
  const row = at.closest("[data-code]");
  const inside = row !== null && box.contains(row);
  const home = inside ? row : box;
  return { code: inside ? row.dataset.code : null, row: rowsOf(box).indexOf(row), control: [...home.querySelectorAll(CONTROLS)].indexOf(at) };
}

function focusAgain(box, spot) {
  if (!spot || box.contains(document.activeElement)) return;
  const rows = rowsOf(box);
  const home = spot.code === null ? box : rows.find((one) => one.dataset.code === spot.code) ?? rows[Math.min(spot.row, rows.length - 1)];
  const target = spot.control < 0 ? home : home?.querySelectorAll(CONTROLS)[spot.control];
  target?.focus({ preventScroll: true });
}

/**
 * Run `draw`, which changes what is in `box`: afterwards the keyboard is on the same control (of the same row, or of the one that
 * took its place), and the first row in sight stands where it stood, unless the list is at its beginning.
 */
export function keeping(box, draw) {
  const spot = focusIn(box);
  const scroller = scrollerOf(box);
  const top = scroller?.scrollTop ?? 0;
  const edge = scroller?.getBoundingClientRect().top ?? 0;
  const first = top > 0 ? rowsOf(box).find((one) => one.getBoundingClientRect().bottom > edge) : undefined;
  const [code, stood] = first ? [first.dataset.code, first.getBoundingClientRect().top] : ["", 0];
  draw();
  if (top > 0) {
    scroller.scrollTop = top;
    const again = rowsOf(box).find((one) => one.dataset.code === code);
    if (again) scroller.scrollTop += again.getBoundingClientRect().top - stood;
  }
  focusAgain(box, spot);
}
