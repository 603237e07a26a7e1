/**
 * Before and after: lays the picture of an edit over its source, with a line between them that a range input moves.
 *
 * Without a script, the two pictures are side by side.
 */

function move(range) {
  range.closest("[data-comparison]").style.setProperty("--at", `${range.value}%`);
}

function start() {
  for (const comparison of document.querySelectorAll("[data-comparison]:not(.is-sliding)")) {
    const range = comparison.querySelector(".comparison-range");
    comparison.classList.add("is-sliding");
    range.hidden = false;
    move(range);
  }
}

document.addEventListener("input", (event) => event.target.matches(".comparison-range") && move(event.target));
document.addEventListener("htmx:afterSettle", start);
start();
