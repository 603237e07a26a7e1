/** Keeps what a reader has opened open when a part of the page is replaced by a newer one. */

let open = [];

document.addEventListener("htmx:beforeSwap", (event) => {
  open = [...event.detail.target.querySelectorAll("details[open][id]")].map((details) => details.id);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) {
    document.getElementById(id)?.setAttribute("open", "");
  }
  open = [];
});
