/** Write a text into an element, and an offer to try again where there is one to make. */
export function write(element, text, retry) {
  element.append(text);
  if (!retry) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-small";
  button.textContent = "重试";
  button.addEventListener("click", retry);
  element.append(" ", button);
}
