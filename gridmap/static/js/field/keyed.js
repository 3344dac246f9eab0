// A screen drawn anew while somebody reads and taps: what did not change stays in place, with its focus.

/** Make the children of `parent` be `nodes`: one that is there already and looks the same stays; lists keep those of their rows. */
export function redraw(parent, nodes) {
  const focus = placeOf(parent);
  const old = [...parent.children];
  const kept = nodes.filter((node) => node instanceof Element).map((node) => take(old, node));
  if (kept.length !== parent.childNodes.length || kept.some((node, i) => node !== parent.childNodes[i])) parent.replaceChildren(...kept);
  if (focus && !parent.contains(document.activeElement)) find(parent, focus)?.focus({ preventScroll: true });
}

function take(old, node) {
  const same = old.findIndex((one) => one.isEqualNode(node));
  if (same >= 0) return old.splice(same, 1)[0];
  const list = /^[OU]L$/.test(node.nodeName) && old.findIndex((one) => one.nodeName === node.nodeName && one.dataset.list === node.dataset.list);
  if (list === false || list < 0) return node;
  const [found] = old.splice(list, 1);
  redraw(found, [...node.children]);
  return found;
}

/** Which button or link has the focus: the how many-th of which row (`data-key`); null for none. */
function placeOf(parent) {
  const at = document.activeElement;
  if (!parent.contains(at) || at === parent) return null;
  const row = at.closest("[data-key]");
  return row && { key: row.dataset.key, turn: [...row.querySelectorAll("button, a")].indexOf(at) };
}

const find = (parent, { key, turn }) => parent.querySelector(`[data-key="${CSS.escape(key)}"]`)?.querySelectorAll("button, a")[turn];
