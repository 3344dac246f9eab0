// Turning up to a whistle: where the browser says we are, when the person wants to say so.
const button = document.querySelector("[data-here]");
const words = document.querySelector("[data-here-words]");
const form = button.closest("form");

function found({ coords }) {
  form.elements.lon.value = coords.longitude.toFixed(7);
  form.elements.lat.value = coords.latitude.toFixed(7);
  form.elements.accuracy.value = coords.accuracy.toFixed(1);
  words.textContent = `已取得位置：${coords.longitude.toFixed(5)}，${coords.latitude.toFixed(5)}，误差约 ${Math.round(coords.accuracy)} 米。`;
}

if (navigator.geolocation) {
  button.hidden = false;
  button.addEventListener("click", () => {
    words.textContent = "正在定位……";
    navigator.geolocation.getCurrentPosition(found, () => {
      words.textContent = "没有取得位置，可稍后重试，或不填位置直接报到。";
    }, { enableHighAccuracy: true, timeout: 15_000 });
  });
}
