// The tree of units: children are fetched when a node is opened; the keyboard works as in the ARIA tree pattern
// (up, down, left, right, home, end, enter, and typing the first characters of a name).
import { write } from "./retry.js";

const PAGES = 40;

function icon(host) {
  return host.querySelector(".tree-toggle svg").cloneNode(true);
}

function childItem(unit, level, arrow) {
  const item = document.createElement("li");
  item.setAttribute("role", "treeitem");
  item.setAttribute("aria-level", String(level));
  item.setAttribute("aria-selected", "false");
  item.tabIndex = -1;
  item.dataset.code = unit.code;
  item.dataset.url = unit.url;
  if (unit.children) item.setAttribute("aria-expanded", "false");
  const row = document.createElement("span");
  row.className = "tree-row";
  const toggle = document.createElement("span");
  toggle.className = "tree-toggle";
  toggle.setAttribute("aria-hidden", "true");
  toggle.append(arrow.cloneNode(true));
  const name = document.createElement("a");
  name.className = "tree-name";
  name.href = unit.url;
  name.tabIndex = -1;
  name.textContent = unit.name;
  row.append(toggle, name);
  if (!unit.has_outline) {
    const lack = document.createElement("span");
    lack.className = "tree-lack";
    lack.title = "没有边界";
    const words = document.createElement("span");
    words.className = "visually-hidden";
    words.textContent = "没有边界";
    lack.append(words);
    row.append(lack);
  }
  if (unit.children) {
    const count = document.createElement("span");
    count.className = "tree-count num";
    count.textContent = String(unit.children);
    row.append(count);
  }
  item.append(row);
  return item;
}

async function childrenOf(tree, code) {
  const items = [];
  let address = `${tree.dataset.list}?parent=${code}`;
  for (let page = 0; address && page < PAGES; page += 1) {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const body = await answer.json();
    items.push(...body.items);
    address = body.next;
  }
  return items;
}

function message(text, retry) {
  const group = document.createElement("ul");
  group.setAttribute("role", "group");
  const item = document.createElement("li");
  item.className = "tree-message muted";
  item.setAttribute("role", "none");
  write(item, text, retry);
  group.append(item);
  return group;
}

async function open(tree, item) {
  if (item.getAttribute("aria-expanded") !== "false") return;
  item.setAttribute("aria-expanded", "true");
  if (item.querySelector(':scope > [role="group"][data-loaded]')) return;
  item.querySelector(':scope > [role="group"]')?.remove();
  item.append(message("正在加载…"));
  let group;
  try {
    const units = await childrenOf(tree, item.dataset.code);
    group = document.createElement("ul");
    group.setAttribute("role", "group");
    group.dataset.loaded = "1";
    const level = Number(item.getAttribute("aria-level")) + 1;
    group.append(...units.map((unit) => childItem(unit, level, icon(tree))));
  } catch {
    group = message("加载失败，请检查网络。", () => {
      item.setAttribute("aria-expanded", "false");
      open(tree, item);
    });
  }
  item.querySelector(':scope > [role="group"]').replaceWith(group);
}

function close(item) {
  if (item.getAttribute("aria-expanded") === "true") item.setAttribute("aria-expanded", "false");
}

function shown(tree) {
  return [...tree.querySelectorAll('[role="treeitem"]')].filter((item) => !item.parentElement.closest('[aria-expanded="false"]'));
}

function focus(tree, item) {
  if (!item) return;
  for (const other of tree.querySelectorAll('[role="treeitem"][tabindex="0"]')) other.tabIndex = -1;
  item.tabIndex = 0;
  item.focus();
  item.querySelector(".tree-row").scrollIntoView({ block: "nearest" });
}

let typed = "";
let typedAt = 0;
function search(tree, item, key) {
  const now = Date.now();
  typed = now - typedAt > 800 ? key : typed + key;
  typedAt = now;
  const items = shown(tree);
  const start = items.indexOf(item) + (typed.length === 1 ? 1 : 0);
  const order = [...items.slice(start), ...items.slice(0, start)];
  focus(tree, order.find((other) => other.querySelector(".tree-name").textContent.startsWith(typed)));
}

function keyed(tree, event) {
  const item = event.target.closest('[role="treeitem"]');
  if (!item || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("button")) return;
  const items = shown(tree);
  const place = items.indexOf(item);
  const expanded = item.getAttribute("aria-expanded");
  const acts = {
    ArrowDown: () => focus(tree, items[place + 1]),
    ArrowUp: () => focus(tree, items[place - 1]),
    Home: () => focus(tree, items[0]),
    End: () => focus(tree, items.at(-1)),
    ArrowRight: () => (expanded === "false" ? open(tree, item) : expanded && focus(tree, items[place + 1])),
    ArrowLeft: () => (expanded === "true" ? close(item) : focus(tree, item.parentElement.closest('[role="treeitem"]'))),
    Enter: () => location.assign(item.dataset.url),
    " ": () => location.assign(item.dataset.url),
  };
  const act = acts[event.key];
  if (act) {
    event.preventDefault();
    event.stopPropagation();
    act();
  } else if (event.key.length === 1) {
    search(tree, item, event.key);
  }
}

async function reveal(tree) {
  const { selected, path } = tree.dataset;
  if (!selected) return;
  for (const code of path.split(" ").filter(Boolean)) {
    const item = tree.querySelector(`[data-code="${code}"]`);
    if (item) await open(tree, item);
  }
  const item = tree.querySelector(`[data-code="${selected}"]`);
  if (!item) return;
  for (const other of tree.querySelectorAll('[role="treeitem"][tabindex="0"]')) other.tabIndex = -1;
  item.tabIndex = 0;
  item.setAttribute("aria-selected", "true");
  const row = item.querySelector(".tree-row");
  tree.scrollTop = Math.max(0, row.offsetTop - tree.clientHeight / 3);
}

/** Give every `[data-tree]` of the page its behaviour; on narrow screens the directory starts folded. */
export function startTrees() {
  for (const tree of document.querySelectorAll("[data-tree]")) {
    tree.addEventListener("click", (event) => {
      const toggle = event.target.closest(".tree-toggle");
      if (!toggle) return;
      const item = toggle.closest('[role="treeitem"]');
      if (item.getAttribute("aria-expanded") === "true") close(item);
      else open(tree, item);
    });
    tree.addEventListener("keydown", (event) => keyed(tree, event));
    reveal(tree);
    const roots = [...tree.children];
    if (!tree.dataset.selected && roots.length === 1) open(tree, roots[0]);
  }
  const narrow = matchMedia("(width <= 960px)");
  for (const fold of document.querySelectorAll(".unit-side-fold")) fold.open = !narrow.matches;
}
