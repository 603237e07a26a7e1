/** The theme button: system, light, dark. The cookie lets the server render the choice, so that nothing flashes. */
import { announce } from "./announce.js";

const NEXT = { system: "light", light: "dark", dark: "system" };
const YEAR_SECONDS = 365 * 24 * 3600;
const root = document.documentElement;

function keep(theme) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const life = theme === "system" ? 0 : YEAR_SECONDS;
  document.cookie = `theme=${theme}; Path=/; Max-Age=${life}; SameSite=Lax${secure}`;
}

function apply(theme) {
  if (theme === "system") {
    delete root.dataset.theme;
  } else {
    root.dataset.theme = theme;
  }
}

function label(button) {
  const theme = root.dataset.theme ?? "system";
  const text = `Theme: ${theme}. Change to ${NEXT[theme]}`;
  button.setAttribute("aria-label", text);
  button.title = text;
}

for (const button of document.querySelectorAll("[data-theme-toggle]")) {
  label(button);
  button.hidden = false;
  button.addEventListener("click", () => {
    const theme = NEXT[root.dataset.theme ?? "system"];
    apply(theme);
    keep(theme);
    label(button);
    announce(`Theme: ${theme}`);
  });
}
