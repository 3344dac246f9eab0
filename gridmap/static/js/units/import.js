// The upload form: drop a file, show its name and size, upload with progress. Without this script the form still works.
const form = document.querySelector("[data-import]");
const input = form.querySelector('input[type="file"]');
const drop = form.querySelector("[data-drop]");
const name = form.querySelector("[data-drop-name]");
const options = form.querySelector("[data-outline-options]");
const progress = form.querySelector("[data-progress]");
const words = form.querySelector("[data-progress-text]");
const button = form.querySelector("[data-submit]");
const unchosen = name.textContent;

function size(bytes) {
  return bytes < 1 << 20 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / (1 << 20)).toFixed(1)} MB`;
}

function chosen() {
  const [file] = input.files;
  name.textContent = file ? `${file.name}（${size(file.size)}）` : unchosen;
  drop.classList.toggle("drop-chosen", Boolean(file));
  if (file && /\.(csv|txt)$/i.test(file.name)) form.querySelector('input[value="divisions"]').checked = true;
  else if (file) form.querySelector('input[value="outlines"]').checked = true;
  kind();
}

function kind() {
  options.hidden = form.elements.kind.value === "divisions";
}

for (const type of ["dragenter", "dragover"]) {
  drop.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.add("drop-over");
  });
}
for (const type of ["dragleave", "drop"]) drop.addEventListener(type, () => drop.classList.remove("drop-over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) {
    input.files = event.dataTransfer.files;
    chosen();
  }
});
input.addEventListener("change", chosen);
form.addEventListener("change", kind);
chosen();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { kind: chosenKind, datum } = form.elements;
  if (chosenKind.value === "outlines" && input.files.length && !datum.value) {
    failed(form.dataset.datumMissing);
    datum.focus();
    return;
  }
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "text/html");
  progress.hidden = false;
  button.disabled = true;
  const bar = progress.querySelector("progress");
  request.upload.addEventListener("progress", ({ loaded, total, lengthComputable }) => {
    if (!lengthComputable) return;
    bar.value = (loaded / total) * 100;
    words.textContent = loaded < total ? `正在上传 ${size(loaded)} / ${size(total)}` : "已上传，正在读取和比对…";
    if (loaded === total) bar.removeAttribute("value");
  });
  request.addEventListener("load", () => {
    if (request.status < 300 && request.responseURL !== form.action) {
      location.assign(request.responseURL);
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const fresh = page.querySelector("main");
    const here = document.querySelector("main");
    const fault = fresh?.querySelector(".import-fault, .empty, .field-error");
    if (!fault) {
      failed("服务器没有给出说明，请稍后再试。");
      return;
    }
    here.querySelector(".import-fault")?.remove();
    if (fault.classList.contains("import-fault")) form.before(document.adoptNode(fault));
    else failed(fault.textContent.trim().replace(/\s+/g, "，"));
    ready();
    here.querySelector(".import-fault")?.scrollIntoView({ block: "start", behavior: "smooth" });
  });
  request.addEventListener("error", () => failed("上传中断：网络不通，或文件超过服务器允许的大小。请检查后重试。"));
  request.send(new FormData(form));
});

function ready() {
  progress.hidden = true;
  button.disabled = false;
}

function failed(text) {
  ready();
  document.querySelector(".import-fault")?.remove();
  const box = document.createElement("section");
  box.className = "card import-fault";
  box.setAttribute("role", "alert");
  const body = document.createElement("div");
  body.className = "card-body";
  body.textContent = text;
  box.append(body);
  form.before(box);
}
