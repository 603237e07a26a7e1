/** Toasts for finished images, on pages that show no images. */
import { removeLater } from "./toast.js";

const IMAGE_PAGES = "#result-panel, #results, #detail, #overview";
const PAUSE_MILLISECONDS = 300;
// When many images change at once, the toasts of the last ones are enough.
const IDS_MAX = 3;
const changedIds = new Set();
const toasts = document.getElementById("toasts");

document.body.addEventListener("live-image", (event) => {
  if (!document.querySelector(IMAGE_PAGES)) {
    if (!changedIds.size) {
      setTimeout(requestToasts, PAUSE_MILLISECONDS);
    }
    changedIds.add(event.detail.id);
  }
});

function requestToasts() {
  const ids = [...changedIds].slice(-IDS_MAX);
  changedIds.clear();
  for (const id of ids) {
    htmx.ajax("GET", `/dashboard/images/${id}/toast`, { target: "#toasts", swap: "innerHTML" }).catch(() => {});
  }
}

toasts.addEventListener("htmx:afterSwap", () => {
  for (const toast of toasts.querySelectorAll("[data-toast]")) {
    removeLater(toast);
  }
});
