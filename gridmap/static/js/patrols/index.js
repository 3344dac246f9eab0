// The slider says its days while it is moved, and asks for them when it is let go.
const days = document.getElementById("days");
const shown = document.getElementById("days-shown");
days.addEventListener("input", () => { shown.textContent = days.value; });
days.addEventListener("change", () => days.form.requestSubmit());
