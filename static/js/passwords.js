/** The buttons that show what a password field holds. */

for (const box of document.querySelectorAll("[data-password]")) {
  const input = box.querySelector("input");
  const button = box.querySelector("[data-show]");
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-pressed", String(shown));
  });
  // A browser keeps what stood in text fields; a password must leave as one.
  input.form.addEventListener("submit", () => { input.type = "password"; });
}
