/** Copy buttons: copy the exact text of the surrounding code block. */
import { announce } from "./announce.js";

const COPIED_MILLISECONDS = 2000;

function select(element) {
  const selection = getSelection();
  selection.removeAllRanges();
  selection.selectAllChildren(element);
}

async function copy(button) {
  const code = button.closest("[data-code]").querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // The clipboard needs permission and HTTPS. Without them, the selected text can still be copied by keyboard.
    select(code);
    announce("Text selected. Use your keyboard to copy it.");
    return;
  }
  const label = button.querySelector("[data-label]");
  label.textContent = "Copied";
  announce("Copied");
  setTimeout(() => { label.textContent = "Copy"; }, COPIED_MILLISECONDS);
}

function showButtons() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
  }
}

showButtons();
// On the document, so that both also apply to content that htmx swaps in later.
document.addEventListener("htmx:afterSwap", showButtons);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) {
    copy(button);
  }
});
