/** Copies a new link to a picture. Without JavaScript, the same element leads to a page that shows the link. */
import { announce } from "./announce.js";

const COPIED_MILLISECONDS = 2000;

async function fetchLink(url) {
  const response = await fetch(url, { headers: { Accept: "text/plain" } });
  // Without a session, the redirect leads to the sign-in page.
  if (!response.ok || response.redirected) {
    throw new Error(`HTTP ${response.status}`);
  }
  return response.text();
}

async function copy(link) {
  try {
    // The clipboard takes a promise, so that the click's permission is still valid when the link has been fetched.
    const text = fetchLink(link.href).then((url) => new Blob([url], { type: "text/plain" }));
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
    }, COPIED_MILLISECONDS);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-copy-link]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    copy(link);
  }
});
