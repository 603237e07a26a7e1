/** Buttons that show and hide the value of a password field. */

for (const field of document.querySelectorAll("[data-password]")) {
  const input = field.querySelector("input");
  const button = field.querySelector("[data-show]");
  button.hidden = false;
  button.addEventListener("click", () => {
    const isVisible = input.type === "password";
    input.type = isVisible ? "text" : "password";
    button.textContent = isVisible ? "Hide" : "Show";
    button.setAttribute("aria-pressed", String(isVisible));
  });
  // Browsers save the values of text fields for autofill, so the field is a password field again when it is submitted.
  input.form.addEventListener("submit", () => { input.type = "password"; });
}
