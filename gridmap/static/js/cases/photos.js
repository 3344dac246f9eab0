/**
 * Show chosen photos, let them be added to and removed. `input` is the file field, `list` the <ul> of previews.
 * `refuse(message)` is told what cannot be used. Returns an object whose `changed` is called after each change.
 */
export function photoPicker(input, list, { most, mostMb, refuse }) {
  const picker = { changed: () => {} };
  input.closest(".field").classList.add("case-choose"); // the previews say what is chosen; the browser's own words are not needed
  input.labels[0].classList.add("button");
  let chosen = [];

  function keep(files) {
    chosen = files;
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    input.files = transfer.files;
    draw();
    picker.changed();
  }

  function draw() {
    for (const image of list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    list.replaceChildren(...chosen.map((file, place) => {
      const item = document.createElement("li");
      const image = Object.assign(document.createElement("img"), { src: URL.createObjectURL(file), alt: file.name });
      const remove = Object.assign(document.createElement("button"), { type: "button", className: "case-remove", textContent: "×" });
      remove.setAttribute("aria-label", `移除照片 ${file.name}`);
      remove.addEventListener("click", () => keep(chosen.filter((_, other) => other !== place)));
      item.append(image, remove);
      return item;
    }));
  }

  input.addEventListener("change", () => {
    const added = [...input.files];
    const large = added.find((file) => file.size > mostMb * 1024 * 1024);
    const all = [...chosen, ...added.filter((file) => file.size <= mostMb * 1024 * 1024)];
    keep(all.slice(0, most));
    if (large) refuse(`照片“${large.name}”超过 ${mostMb} MB，请压缩后再选择。`);
    else if (all.length > most) refuse(`照片至多 ${most} 张，多出的没有加入。`);
  });
  return picker;
}
