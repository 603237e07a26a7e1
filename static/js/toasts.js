/** Toasts for finished images, on pages that show no images. A toast stays while it is hovered or focused. */

const SHOWN_MILLISECONDS = 6000;
const RECHECK_MILLISECONDS = 1000;
const IMAGE_PAGES = "#result-panel, #results, #detail, #overview";
const toasts = document.getElementById("toasts");

function removeUnlessInUse(toast) {
  if (toast.matches(":hover, :focus-within")) {
    setTimeout(removeUnlessInUse, RECHECK_MILLISECONDS, toast);
  } else {
    toast.remove();
  }
}

document.body.addEventListener("live-image", (event) => {
  if (!document.querySelector(IMAGE_PAGES)) {
    htmx.ajax("GET", `/dashboard/images/${event.detail.id}/toast`, { target: "#toasts", swap: "innerHTML" });
  }
});

toasts.addEventListener("htmx:afterSwap", () => {
  for (const toast of toasts.querySelectorAll("[data-toast]")) {
    setTimeout(removeUnlessInUse, SHOWN_MILLISECONDS, toast);
  }
});
