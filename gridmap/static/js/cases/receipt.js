// The receipt: F9 prints, F2 goes to the next person at the desk.
const print = document.querySelector("[data-print]");
print.hidden = false;
print.addEventListener("click", () => window.print());

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "F9") print.click();
  else if (event.key === "F2") document.querySelector("[data-next]")?.click();
  else return;
  event.preventDefault();
});
