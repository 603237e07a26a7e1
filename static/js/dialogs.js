/**
 * Opens native dialogs from links, which lead to a page of their own without JavaScript, and closes open menus.
 *
 * A page that consists of a dialog over another page has the dialog open in its HTML ([data-modal]). The script makes it
 * modal, and maps Escape to the link that leaves the page ([data-exit]). The fragment of that link names the control that
 * opened the dialog, which gets the focus back.
 */
import { isModified } from "./clicks.js";

const MENUS = ["details.menu", "details.account-menu", "details.tabs-more", "details.dropdown"];
const OPEN_MENUS = MENUS.map((menu) => `${menu}[open]`).join();

function makeModal(dialog) {
  dialog.removeAttribute("open");
  dialog.showModal();
  const exit = (event) => {
    event.preventDefault();
    dialog.querySelector("[data-exit]").click();
  };
  // The "cancel" event cannot be prevented twice in a row: a second Escape would close the dialog. So the key itself is
  // handled first.
  dialog.addEventListener("keydown", (event) => event.key === "Escape" && exit(event));
  dialog.addEventListener("cancel", exit);
}

const makeAllModal = () => document.querySelectorAll("dialog[data-modal][open]:not(:modal)").forEach(makeModal);

makeAllModal();
document.addEventListener("htmx:afterSettle", makeAllModal);

const opener = /^#(create|change|revoke|disable|delete|rotate)-/.test(location.hash) && document.getElementById(location.hash.slice(1));
if (opener && !document.querySelector("dialog[data-modal]")) {
  opener.focus();
  history.replaceState(history.state, "", location.pathname + location.search);
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog && !isModified(event)) {
    event.preventDefault();
    dialog.showModal();
  }
  const closer = event.target.closest("[data-close-dialog]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
  for (const menu of document.querySelectorAll(OPEN_MENUS)) {
    if (!menu.contains(event.target)) {
      menu.open = false;
    }
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.activeElement?.closest(OPEN_MENUS);
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A panel that would reach past the window ends with its button.
document.addEventListener("toggle", (event) => {
  const panel = event.target.matches?.(".dropdown[open]") && event.target.querySelector(".dropdown-panel");
  if (panel) {
    panel.classList.remove("is-end");
    panel.classList.toggle("is-end", panel.getBoundingClientRect().right > document.documentElement.clientWidth);
  }
}, { capture: true });
