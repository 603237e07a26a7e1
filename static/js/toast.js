/** Toasts: short messages at the edge of the page. A toast stays while it is hovered or focused. */

const SHOWN_MILLISECONDS = 6000;
const RECHECK_MILLISECONDS = 1000;

function removeUnlessInUse(toast) {
  if (toast.matches(":hover, :focus-within")) {
    setTimeout(removeUnlessInUse, RECHECK_MILLISECONDS, toast);
  } else {
    toast.remove();
  }
}

/** Removes a toast when it has been shown for a while: six seconds, or those in data-seconds. */
export function removeLater(toast) {
  setTimeout(removeUnlessInUse, 1000 * toast.dataset.seconds || SHOWN_MILLISECONDS, toast);
}

/** Shows a text as a toast. */
export function showToast(text) {
  const toast = document.createElement("p");
  toast.className = "toast";
  toast.textContent = text;
  document.getElementById("toasts").replaceChildren(toast);
  removeLater(toast);
}
