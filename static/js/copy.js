/** Copy buttons: the exact text of the code block that they stand in. */
import { announce } from "./announce.js";

const SHOWN_MILLISECONDS = 2000;

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
    // Without permission, or on a page that did not come over HTTPS, the person can still press the copy keys.
    select(code);
    announce("Selected. Press the copy keys.");
    return;
  }
  const label = button.querySelector("[data-label]");
  label.textContent = "Copied";
  announce("Copied");
  setTimeout(() => { label.textContent = "Copy"; }, SHOWN_MILLISECONDS);
}

function show() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
  }
}

show();
// On the document, so that both also work for what is swapped in later.
document.addEventListener("htmx:afterSwap", show);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) {
    copy(button);
  }
});
