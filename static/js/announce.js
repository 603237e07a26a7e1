/** Says something to people who listen to the page, once they have heard what they are hearing. */
export function announce(text) {
  document.getElementById("announcements").textContent = text;
}
