/** Dialog with the secret of a key or a webhook: warns before it is closed without being copied. */
import { announce } from "./announce.js";

const COPIED_MILLISECONDS = 2000;

const secret = document.querySelector("[data-secret]");

/** Disables "Done" until the secret is copied or confirmed as saved. Returns the function that enables it. */
function requireCopy() {
  const done = document.querySelector("[data-exit]");
  const saved = document.querySelector("[data-saved]");
  const warning = document.querySelector("[data-copy-warning]");
  const allow = () => {
    done.removeAttribute("aria-disabled");
    warning.hidden = true;
  };
  done.setAttribute("aria-disabled", "true");
  saved.closest("label").hidden = false;
  saved.addEventListener("change", () => (saved.checked ? allow() : done.setAttribute("aria-disabled", "true")));
  done.addEventListener("click", (event) => {
    if (done.hasAttribute("aria-disabled")) {
      event.preventDefault();
      warning.hidden = false;
      warning.querySelector("button").focus();
    }
  });
  warning.querySelector("button").addEventListener("click", () => {
    warning.hidden = true;
    document.querySelector("[data-copy-secret]").focus();
  });
  return allow;
}

async function copySecret(button, allow) {
  try {
    await navigator.clipboard.writeText(secret.textContent);
  } catch {
    getSelection().selectAllChildren(secret);
    announce("Text selected. Use your keyboard to copy it.");
    return;
  }
  const label = button.querySelector("[data-label]");
  label.textContent = "Copied";
  announce("Copied");
  setTimeout(() => { label.textContent = button.dataset.copySecret; }, COPIED_MILLISECONDS);
  allow();
}

if (secret) {
  const allow = requireCopy();
  const button = document.querySelector("[data-copy-secret]");
  button.hidden = false;
  button.focus();
  button.addEventListener("click", () => copySecret(button, allow));
  // Copying a snippet, which contains the key, or copying the key by keyboard also counts.
  document.querySelector("dialog").addEventListener("click", (event) => event.target.closest("[data-copy]") && allow());
  secret.addEventListener("copy", allow);
}
