/** Copies a new link to a picture. Without JavaScript, the same element leads to a page that shows the link. */
import { announce } from "./announce.js";
import { isModified } from "./clicks.js";
import { showToast } from "./toast.js";

const COPIED_MILLISECONDS = 2000;
const GONE = [404, 410];

/** Returns a new link, and shows a message and throws if there is none. */
async function fetchLink(url) {
  let status = 0;
  try {
    const response = await fetch(url, { headers: { Accept: "text/plain" } });
    status = response.status;
    // The session has ended: the page with the link leads through sign-in.
    if (response.redirected) {
      location.assign(url);
      return new Promise(() => {});
    }
    if (response.ok) {
      return await response.text();
    }
  } catch {
    // The server cannot be reached.
  }
  showToast(GONE.includes(status) ? "This image was deleted, so there is no link to copy." : "The link couldn't be created. Try again.");
  throw new Error(`No link: HTTP ${status}`);
}

async function copy(link) {
  const fetched = fetchLink(link.href);
  try {
    // The clipboard takes a promise, so that the click's permission is still valid when the link has been fetched.
    const text = fetched.then((url) => new Blob([url], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
  } catch {
    // A browser that cannot copy leads to the page that shows the link.
    fetched.then(() => location.assign(link.href), () => {});
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
  if (link && !isModified(event)) {
    event.preventDefault();
    copy(link);
  }
});
