/**
 * Keeps the place of an open gallery, and updates it live: adds new images at the start and refreshes the tiles of unfinished ones.
 *
 * Older tiles and the scroll position stay as they are. Requests run one at a time, so that no image is added twice.
 */
import { isModified } from "./clicks.js";

let queue = Promise.resolve();

const results = () => document.getElementById("results");
const tiles = () => document.getElementById("tiles");
const topOf = (tile) => tile.getBoundingClientRect().top;

/** Scrolls until this tile is at this distance from the top of the window. */
function scrollTile(tile, top) {
  window.scrollBy({ top: topOf(tile) - top, behavior: "instant" });
}

async function refreshTile(tile) {
  await htmx.ajax("GET", tile.dataset.tile, { target: tile, swap: "outerHTML" });
}

async function fetchNewer() {
  const first = tiles()?.querySelector("[data-image]");
  if (!first) {
    await htmx.ajax("GET", results().dataset.resultsUrl, { target: "#results", swap: "outerHTML" });
  } else if (!tiles().querySelector(".newer-link")) {
    await htmx.ajax("GET", results().dataset.newerUrl + first.dataset.image, { target: "#tiles", swap: "afterbegin" });
  }
}

// A failed request is dropped: the next event fetches the same images again.
function enqueue(task) {
  queue = queue.then(task).catch(() => {});
}

// Many images may change at once, for example when a selection is deleted.
const changed = new Set();

async function refreshChanged() {
  const found = [...changed].map((id) => document.getElementById(`tile-${id}`));
  changed.clear();
  // A hidden tile was deleted on this page, which may undo that.
  for (const tile of found.filter((each) => each && !each.closest("[hidden]"))) {
    await refreshTile(tile);
  }
  if (found.some((tile) => !tile)) {
    await fetchNewer();
  }
}

document.body.addEventListener("live-image", (event) => {
  changed.add(event.detail.id);
  enqueue(() => changed.size && refreshChanged());
});

function refreshAll() {
  enqueue(async () => {
    for (const tile of document.querySelectorAll(".is-unfinished[data-tile]")) {
      await refreshTile(tile);
    }
    await fetchNewer();
  });
}

// The browser's Back button leads to this address, which shows the images around this one. The browser's own scroll
// position would be wrong, because the page then begins with another image.
document.addEventListener("click", (event) => {
  const tile = event.target.closest(".tile a.pic")?.closest("[data-image]");
  if (tile && !isModified(event)) {
    const url = new URL(location.href);
    url.searchParams.delete("before");
    url.searchParams.delete("after");
    url.searchParams.set("at", tile.dataset.image);
    url.hash = "";
    history.replaceState({ ...history.state, tileTop: topOf(tile) }, "", url);
    history.scrollRestoration = "manual";
  }
});

// Links to an image's place have a fragment, to which the browser scrolls.
function restorePlace() {
  const tile = document.getElementById(`tile-${new URLSearchParams(location.search).get("at")}`);
  if (tile && !location.hash) {
    scrollTile(tile, history.state?.tileTop ?? 0);
  }
}

// Tiles that are added above the others do not move those that are visible.
let below = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.shouldSwap && event.detail.target.matches(".newer-link")) {
    const tile = event.detail.target.nextElementSibling;
    below = { tile, top: topOf(tile) };
  }
});

document.addEventListener("htmx:afterSwap", () => {
  if (below) {
    scrollTile(below.tile, below.top);
    below = null;
  }
});

restorePlace();
document.body.addEventListener("live-anything", refreshAll);
document.body.addEventListener("live-open", refreshAll);
