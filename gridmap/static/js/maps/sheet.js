// The side panel's two tabs, and on a phone the sheet that is pulled up from below.

const STEPS = ["low", "half", "full"];

/** Take over the sheet and its handle. Returns { tab(name), open(step) }. */
export function makeSheet(sheet, handle) {
  function open(step) {
    sheet.dataset.step = step;
    handle.setAttribute("aria-expanded", String(step !== "low"));
  }

  let from = null;
  handle.addEventListener("pointerdown", (event) => {
    from = event.clientY;
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointerup", (event) => {
    const way = from === null ? 0 : event.clientY - from;
    from = null;
    const at = STEPS.indexOf(sheet.dataset.step);
    if (Math.abs(way) < 8) open(STEPS[(at + 1) % STEPS.length]);
    else open(STEPS[Math.max(0, Math.min(STEPS.length - 1, at + (way < 0 ? 1 : -1)))]);
  });
  handle.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open(STEPS[(STEPS.indexOf(sheet.dataset.step) + 1) % STEPS.length]);
    }
  });

  return {
    open,
    tab(name) {
      sheet.dataset.tab = name;
      for (const button of document.querySelectorAll("[data-tab]")) {
        if (button !== sheet) button.setAttribute("aria-pressed", String(button.dataset.tab === name));
      }
    },
  };
}
