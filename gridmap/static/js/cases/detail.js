// One case: the print button, and the step that matters in view where the bar is longer than the screen.
const print = document.querySelector("[data-print]");
print.hidden = false;
print.addEventListener("click", () => window.print());

const bar = document.querySelector(".case-steps");
const current = bar.querySelector("[aria-current]") ?? bar.lastElementChild;
bar.scrollLeft = current.offsetLeft - (bar.clientWidth - current.offsetWidth) / 2;

// Copying what is sent by hand; without scripts the field can be selected.
for (const button of document.querySelectorAll("[data-copy]")) {
    const field = document.getElementById(button.dataset.copy);
    button.hidden = false;
    button.addEventListener("click", async () => {
        field.select();
        try {
            await navigator.clipboard.writeText(field.value);
            document.querySelector("[data-copied]").textContent = "已复制，请用手机短信或微信发给当事人。";
        } catch {
            document.querySelector("[data-copied]").textContent = "已选中，请按 Ctrl+C 复制。"; // no clipboard without HTTPS
        }
    });
}
