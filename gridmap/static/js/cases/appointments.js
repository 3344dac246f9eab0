// Appointments by keyboard: F2 takes the first free slot, F4 goes to the date, F6 and F7 turn the day, F9 saves.
const press = {
  F2: () => document.querySelector("[data-free]")?.click(),
  F4: () => document.querySelector("#on")?.focus(),
  F9: () => document.querySelector("form[data-save]")?.requestSubmit(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const link = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (link) link.click();
  else if (press[event.key]) press[event.key]();
  else return;
  event.preventDefault();
});

// A chosen centre is shown at once; a date when it is complete.
const days = document.querySelector("form[data-go]");
days?.querySelector("select")?.addEventListener("change", () => days.requestSubmit());
