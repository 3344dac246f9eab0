// The reception desk by keyboard: Enter goes on, F-keys jump, F9 saves; cases that may be the same appear while the words are typed,
// and one key joins. Without scripts the form still works: the number of the case to join can be typed.
const form = document.querySelector("#desk");
const field = (name) => form.elements[name];
const list = document.querySelector("#similar");
const none = document.querySelector("#similar-none");
const TARGETS = { F2: "party_name", F4: "title", F8: "category" };
const WAIT_MS = 250;
let timer = 0;
let asked = 0;
let sent = false;

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey) return;
  if (event.altKey) {
    const button = /^[1-5]$/.test(event.key) ? list.querySelectorAll("button")[Number(event.key) - 1] : null;
    if (!button) return;
    event.preventDefault();
    return button.click();
  }
  if (event.key === "F9") form.requestSubmit();
  else if (TARGETS[event.key]) field(TARGETS[event.key]).focus();
  else if (event.key === "Enter" && event.target.matches("#desk input:not([type=file])")) next(event.target);
  else return;
  event.preventDefault();
});

/** Enter in a line goes to the next control, as staff expect; it never sends by accident. */
function next(control) {
  const stops = [...form.querySelectorAll("input:not([type=hidden]), select, textarea, button")].filter((stop) => stop.offsetParent !== null);
  stops[stops.indexOf(control) + 1]?.focus();
}

form.addEventListener("submit", (event) => {
  if (sent) return event.preventDefault();
  sent = true;
  document.querySelector("#desk-sending").textContent = "正在登记……";
});
window.addEventListener("pageshow", () => (sent = false));

for (const name of ["title", "category", "address_text", "unit", "lon", "lat"]) {
  field(name).addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, WAIT_MS);
  });
}

async function look() {
  const number = ++asked;
  const body = new FormData();
  for (const name of ["csrf_token", "title", "category", "address_text", "unit", "lon", "lat", "datum"]) body.set(name, field(name).value);
  try {
    const answer = await fetch(form.dataset.similar, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok || number !== asked) return;
    show((await answer.json()).items);
  } catch {
    none.textContent = "暂时无法查找相近事件，可以照常登记。";
    none.hidden = false;
  }
}

function show(items) {
  none.hidden = items.length > 0;
  if (!items.length) none.textContent = "没有找到相近的未办结事件。";
  list.replaceChildren(...items.map(entry));
}

function entry(item, place) {
  const line = document.createElement("li");
  const link = Object.assign(document.createElement("a"), { href: item.url, textContent: item.title, target: "_blank", rel: "noopener" });
  const facts = Object.assign(document.createElement("span"), { className: "case-small muted", textContent: `${item.distance}　${item.age}　${item.status}　${item.why}` });
  const where = Object.assign(document.createElement("span"), { className: "case-small", textContent: item.address_text });
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button button-small", textContent: "登记并并入 " });
  button.append(Object.assign(document.createElement("kbd"), { textContent: `Alt ${place + 1}` }));
  button.addEventListener("click", () => {
    field("join_into").value = item.case_code;
    form.requestSubmit();
  });
  line.append(link, where, facts, button);
  return line;
}
