// One case: the print button, and the step that matters in view where the bar is longer than the screen.
const print = document.querySelector("[data-print]");
print.hidden = false;
print.addEventListener("click", () => window.print());

const bar = document.querySelector(".case-steps");
const current = bar.querySelector("[aria-current]") ?? bar.lastElementChild;
bar.scrollLeft = current.offsetLeft - (bar.clientWidth - current.offsetWidth) / 2;
