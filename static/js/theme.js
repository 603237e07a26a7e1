/** Theme button: system, light, dark. A cookie stores the theme, so that the server renders it without a flash. */
import { announce } from "./announce.js";

const NEXT = { system: "light", light: "dark", dark: "system" };
const YEAR_SECONDS = 365 * 24 * 3600;
const root = document.documentElement;

function store(theme) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const maxAge = theme === "system" ? 0 : YEAR_SECONDS;
  document.cookie = `theme=${theme}; Path=/; Max-Age=${maxAge}; SameSite=Lax${secure}`;
}

function apply(theme) {
  if (theme === "system") {
    delete root.dataset.theme;
  } else {
    root.dataset.theme = theme;
  }
}

function updateLabel(button) {
  const theme = root.dataset.theme ?? "system";
  const text = `Theme: ${theme}. Switch to ${NEXT[theme]}`;
  button.setAttribute("aria-label", text);
  button.title = text;
}

for (const button of document.querySelectorAll("[data-theme-toggle]")) {
  updateLabel(button);
  button.hidden = false;
  button.addEventListener("click", () => {
    const theme = NEXT[root.dataset.theme ?? "system"];
    apply(theme);
    store(theme);
    updateLabel(button);
    announce(`Theme: ${theme}`);
  });
}
