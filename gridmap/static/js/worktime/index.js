// The year as one stop of the Tab key: arrow keys move between the days that can be changed, Enter opens one.
const days = [...document.querySelectorAll("[data-days] a[data-day]")];
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7, PageUp: -28, PageDown: 28 };

/** Let the Tab key reach only `link`. */
function holdTab(link) {
  for (const day of days) day.tabIndex = day === link ? 0 : -1;
}

/** Return the day that a key leads to from the day at `index`, or undefined. */
function target(key, index) {
  if (key === "Home") return days[0];
  if (key === "End") return days.at(-1);
  return days[Math.min(Math.max(index + STEPS[key], 0), days.length - 1)];
}

if (days.length) {
  holdTab(days.find((day) => day.closest(".is-chosen")) ?? days[0]);
  document.querySelector("[data-days]").addEventListener("keydown", (event) => {
    const index = days.indexOf(event.target.closest("a[data-day]"));
    if (index < 0 || !(event.key in STEPS || event.key === "Home" || event.key === "End")) return;
    event.preventDefault();
    const next = target(event.key, index);
    holdTab(next);
    next.focus();
  });
}
