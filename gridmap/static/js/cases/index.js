// The list of cases: counts on the filter's buttons, panels that close, quick periods, and what to show while and when loading fails.
// Without scripts the filter is a plain form; htmx swaps the list when there are.
const form = document.querySelector("#case-filter");
const list = () => document.querySelector("#case-list");

for (const extra of form.querySelectorAll("[data-period-quick], [data-filter-toggle]")) extra.hidden = false;

function count(pick) {
  const badge = pick.querySelector("[data-pick-count]");
  if (!badge) return;
  const chosen = pick.querySelectorAll("input:checked").length;
  if (pick.querySelector("[type=checkbox]")) {
    badge.textContent = String(chosen);
    badge.hidden = chosen === 0;
  }
}

function close(except = null) {
  for (const pick of form.querySelectorAll("[data-pick][open]")) if (pick !== except) pick.open = false;
}

// What is typed is looked up while typing; the change on leaving the field must not do it again and turn back to the first page.
form.elements.q.addEventListener("change", (event) => event.stopPropagation());

form.addEventListener("change", (event) => {
  const pick = event.target.closest("[data-pick]");
  if (pick) count(pick);
});

form.addEventListener("toggle", (event) => {
  if (event.target.matches("[data-pick]") && event.target.open) close(event.target);
}, true);

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-pick]")) close();
  const days = event.target.closest("[data-days]");
  if (days) period(Number(days.dataset.days));
  const toggle = event.target.closest("[data-filter-toggle]");
  if (toggle) toggle.setAttribute("aria-expanded", String(form.classList.toggle("case-filter-open")));
  if (event.target.closest("[data-retry]")) form.requestSubmit();
});

document.addEventListener("keydown", (event) => {
  const open = form.querySelector("[data-pick][open]");
  if (event.key !== "Escape" || !open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// A label inside a summary would also open it: ticking a family is not opening it.
for (const label of form.querySelectorAll(".pick-kinds summary label")) label.addEventListener("click", (event) => event.stopPropagation());

function period(days) {
  const china = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" });
  form.elements.from.value = china.format(Date.now() - (days - 1) * 86_400_000);
  form.elements.to.value = china.format(Date.now());
  form.elements.to.dispatchEvent(new Event("change", { bubbles: true }));
}

// Parameters that say nothing stay out of the address.
document.addEventListener("htmx:config:request", (event) => {
  const { body } = event.detail.ctx.request;
  if (!(body instanceof FormData)) return;
  for (const [name, value] of [...body]) if (value === "") body.delete(name);
});

document.addEventListener("htmx:before:request", () => {
  list().setAttribute("aria-busy", "true");
  list().querySelector(".case-failed").hidden = true;
});
document.addEventListener("htmx:finally:request", () => list().setAttribute("aria-busy", "false"));

function failed() {
  list().querySelector(".case-failed").hidden = false;
}
document.addEventListener("htmx:error", failed);
document.addEventListener("htmx:response:error", failed);
