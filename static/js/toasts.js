/** Says on pages that show no images that one is ready. It leaves after a while, but not while somebody is at it. */

const SHOWN_MILLISECONDS = 6000;
const SHOWS_IMAGES = "#stage, #results, #detail, #overview";
const toasts = document.getElementById("toasts");

function leaveUnlessHeld(toast) {
  if (toast.matches(":hover, :focus-within")) {
    setTimeout(leaveUnlessHeld, 1000, toast);
  } else {
    toast.remove();
  }
}

document.body.addEventListener("live-image", (event) => {
  if (!document.querySelector(SHOWS_IMAGES)) {
    htmx.ajax("GET", `/dashboard/images/${event.detail.id}/toast`, { target: "#toasts", swap: "innerHTML" });
  }
});

toasts.addEventListener("htmx:afterSwap", () => {
  for (const toast of toasts.querySelectorAll("[data-toast]")) {
    setTimeout(leaveUnlessHeld, SHOWN_MILLISECONDS, toast);
  }
});
