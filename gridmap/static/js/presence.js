// Who asks the server: the person, or the page by itself. Only the person puts off the idle limit of the sign-in
// (gridmap/web.py, by_person); whatever a page says, the longest time of a sign-in holds.
const BY = "X-Gridmap-By";
let alone = false;
let acted = false;

for (const kind of ["pointerdown", "keydown", "wheel"]) {
  window.addEventListener(kind, (event) => {
    if (!event.isTrusted) return;
    alone = false;
    acted = true;
  }, { capture: true, passive: true });
}

/** Say that what is asked from now on, until the person does something, is asked by a timer. */
export function byTimer() {
  alone = true;
}

/** Return the headers of a request: whether a timer asks. */
export const asker = () => (alone ? { [BY]: "timer" } : {});

/** Return the headers of a request that a timer makes: whether somebody has typed or clicked since it was last asked this. */
export function pollHeaders() {
  const by = acted ? "person" : "timer";
  acted = false;
  return { [BY]: by };
}
