// The work list: tick all of a page, and how many are ticked. Without scripts the boxes and the button work as they are.
const form = document.querySelector("[data-batch]");

if (form) {
  const boxes = [...form.querySelectorAll("input[name=case]")];
  const all = form.querySelector("[data-all]");
  const told = form.querySelector("[data-ticked]");

  const count = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    if (told) told.textContent = ticked ? ` ${ticked} 件` : "";
    if (!all) return;
    const box = all.querySelector("input");
    box.checked = ticked > 0 && ticked === boxes.length;
    box.indeterminate = ticked > 0 && ticked < boxes.length;
  };

  if (all) {
    all.hidden = false;
    all.addEventListener("change", (event) => {
      for (const box of boxes) box.checked = event.target.checked;
      count();
    });
  }
  form.addEventListener("change", count);
  count();
}
