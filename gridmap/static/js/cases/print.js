// A page that is meant for paper: its print button.
const print = document.querySelector("[data-print]");
print.hidden = false;
print.addEventListener("click", () => window.print());
