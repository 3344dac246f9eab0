// What every page does: the pointer, theme, the badge of unread notices, menus that close.
const root = document.documentElement;
const darkSheet = document.querySelector("link[data-dark]");

/** Turn the page "light" or "dark", whatever the system prefers. */
function turn(theme) {
  root.dataset.theme = theme;
  darkSheet.media = theme === "dark" ? "all" : "not all";
}

const saved = localStorage.getItem("gridmap-theme");
if (saved) turn(saved);

// Browsers honour autofocus with the first picture they paint: words typed before it would be lost.
if (document.activeElement === document.body) {
  (document.querySelector("main [aria-invalid]") ?? document.querySelector("[autofocus]"))?.focus();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-switch]")) {
    const dark = getComputedStyle(root).colorScheme === "dark";
    turn(dark ? "light" : "dark");
    localStorage.setItem("gridmap-theme", root.dataset.theme);
    document.dispatchEvent(new CustomEvent("gridmap:theme"));
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

const bell = document.querySelector("[data-notices]");
async function countNotices() {
  if (!bell || document.hidden) return;
  try {
    const answer = await fetch(bell.dataset.notices, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { unread } = await answer.json();
    const dot = bell.querySelector(".badge-dot");
    dot.hidden = unread === 0;
    dot.textContent = unread > 99 ? "99+" : String(unread);
    bell.setAttribute("aria-label", unread ? `通知，${unread} 条未读` : "通知");
  } catch {
    // no network: the badge keeps what it last knew
  }
}
const waiting = document.querySelector("[data-waiting]");
async function countWork() {
  if (!waiting || document.hidden) return;
  try {
    const answer = await fetch(waiting.dataset.waiting, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const found = (await answer.json()).waiting;
    waiting.hidden = found === 0;
    waiting.textContent = found > 999 ? "999+" : String(found);
    waiting.setAttribute("aria-label", `${found} 件`);
  } catch {
    // no network: the count keeps what it last knew
  }
}

function countAll() {
  countNotices();
  countWork();
}
countAll();
setInterval(countAll, 60_000);
