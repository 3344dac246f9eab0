// What every page does: the pointer, theme, the badge of unread notices, menus that close, a word when the sign-in has ended.
import { pollHeaders } from "./presence.js";

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
// What has to be corrected goes before the field a blank form begins with, even where the browser was faster than this.
const wrong = document.querySelector("main [aria-invalid]");
if (document.activeElement === document.body || (wrong && document.activeElement.matches("[autofocus]"))) {
  (wrong ?? document.querySelector("[autofocus]"))?.focus();
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
async function countNotices(headers) {
  if (!bell) return;
  try {
    const answer = await fetch(bell.dataset.notices, { headers });
    if (answer.status === 401) return signedOut();
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
async function countWork(headers) {
  if (!waiting) return;
  try {
    const answer = await fetch(waiting.dataset.waiting, { headers });
    if (answer.status === 401) return signedOut();
    if (!answer.ok) return;
    const found = (await answer.json()).waiting;
    waiting.hidden = found === 0;
    waiting.textContent = found > 999 ? "999+" : String(found);
    waiting.setAttribute("aria-label", `${found} 件`);
  } catch {
    // no network: the count keeps what it last knew
  }
}

/** Say that the sign-in has ended, and stop asking; a map says it in its own place. */
function signedOut() {
  clearInterval(counting);
  const unsaid = document.dispatchEvent(new CustomEvent("gridmap:signed-out", { cancelable: true }));
  if (!unsaid || document.querySelector("#signed-out")) return;
  const link = Object.assign(document.createElement("a"), { className: "button button-small button-primary", textContent: "重新登录" });
  link.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
  const words = Object.assign(document.createElement("span"), { textContent: "登录已失效，请重新登录；本页没有保存的内容请先复制。" });
  const note = Object.assign(document.createElement("div"), { id: "signed-out", className: "flash flash-warn signed-out no-print", role: "alert" });
  note.append(words, link);
  document.querySelector(".head")?.after(note);
}

function countAll() {
  if (document.hidden) return;
  const headers = { Accept: "application/json", ...pollHeaders() };
  countNotices(headers);
  countWork(headers);
}
const counting = setInterval(countAll, 60_000);
countAll();
