/** The arrow keys lead to the newer and the older image, unless they are needed where the focus is. */

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
