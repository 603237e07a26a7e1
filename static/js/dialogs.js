/**
 * Opens native dialogs from links that also lead to a page of their own, and closes menus that were left.
 *
 * A page that is a dialog over another one comes with it open ([data-modal]): here it becomes modal, and Escape is the
 * same as its way out ([data-leave]).
 */

for (const dialog of document.querySelectorAll("dialog[data-modal]")) {
  dialog.removeAttribute("open");
  dialog.showModal();
  const leave = (event) => {
    event.preventDefault();
    dialog.querySelector("[data-leave]").click();
  };
  // A browser asks once and then closes unasked: the key is caught before it counts as asking.
  dialog.addEventListener("keydown", (event) => event.key === "Escape" && leave(event));
  dialog.addEventListener("cancel", leave);
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  // A click that asks for a new tab is left to the link.
  if (dialog && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    dialog.showModal();
  }
  const closer = event.target.closest("[data-close-dialog]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
  for (const menu of document.querySelectorAll("details.menu[open], details.account-menu[open], details.tabs-more[open], details.dropdown[open]")) {
    if (!menu.contains(event.target)) {
      menu.open = false;
    }
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.activeElement?.closest("details.menu, details.account-menu, details.tabs-more, details.dropdown");
  if (menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
