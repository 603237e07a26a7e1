/** Returns the balance in the sidebar, which live updates keep current. */
export function balance() {
  return Number(document.querySelector("[data-balance]").firstChild.textContent.replaceAll(",", ""));
}
