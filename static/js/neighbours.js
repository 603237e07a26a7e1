/** Left and right arrow keys open the newer and the older image, except in form fields and dialogs. */

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || document.querySelector("dialog[open]")) {
    return;
  }
  if (event.target.closest("input, textarea, select, [contenteditable]")) {
    return;
  }
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  const link = rel && document.querySelector(`#detail a[rel=${rel}]`);
  if (link) {
    event.preventDefault();
    link.click();
  }
});
