/** Copies a fresh link to a picture. The link that does it leads, without script, to a page that shows the same. */
import { announce } from "./announce.js";

const SHOWN_MILLISECONDS = 2000;

async function fresh(address) {
  const answer = await fetch(address, { headers: { Accept: "text/plain" } });
  if (!answer.ok) {
    throw new Error(`HTTP ${answer.status}`);
  }
  return answer.text();
}

async function copy(link) {
  try {
    // Given as a promise, so that the click still counts as one when the link has come.
    const text = fresh(link.href).then((url) => new Blob([url], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
  } catch {
    location.assign(link.href);
    return;
  }
  announce("Link copied. It works for 15 minutes.");
  const label = link.querySelector("[data-label]");
  const text = label.textContent;
  if (text !== "Copied") {
    label.textContent = "Copied";
    link.classList.add("is-copied");
    setTimeout(() => {
      label.textContent = text;
      link.classList.remove("is-copied");
    }, SHOWN_MILLISECONDS);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-copy-link]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    copy(link);
  }
});
