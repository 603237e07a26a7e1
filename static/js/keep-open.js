/** Keeps open <details> elements open when htmx replaces the content around them. */

let openIds = [];

document.addEventListener("htmx:beforeSwap", (event) => {
  openIds = [...event.detail.target.querySelectorAll("details[open][id]")].map((details) => details.id);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of openIds) {
    document.getElementById(id)?.setAttribute("open", "");
  }
  openIds = [];
});
