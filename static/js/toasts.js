/** Toasts for finished images, on pages that show no images. */
import { removeLater } from "./toast.js";

const IMAGE_PAGES = "#result-panel, #results, #detail, #overview";
const PAUSE_MILLISECONDS = 300;
let isWaiting = false;
const toasts = document.getElementById("toasts");

document.body.addEventListener("live-image", (event) => {
  if (!document.querySelector(IMAGE_PAGES) && !isWaiting) {
    // When many images change at once, the toast of one is enough.
    isWaiting = true;
    setTimeout(() => (isWaiting = false), PAUSE_MILLISECONDS);
    htmx.ajax("GET", `/dashboard/images/${event.detail.id}/toast`, { target: "#toasts", swap: "innerHTML" }).catch(() => {});
  }
});

toasts.addEventListener("htmx:afterSwap", () => {
  for (const toast of toasts.querySelectorAll("[data-toast]")) {
    removeLater(toast);
  }
});
