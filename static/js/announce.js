/** Announces a text to screen readers through the page's polite live region. */
export function announce(text) {
  document.getElementById("announcements").textContent = text;
}
