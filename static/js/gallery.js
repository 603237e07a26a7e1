/**
 * Keeps the place of an open gallery, and updates it live: adds new images at the start and refreshes the tiles of unfinished ones.
 *
 * Older tiles and the scroll position stay as they are. Requests run one at a time, so that no image is added twice.
 */

let queue = Promise.resolve();

const results = () => document.getElementById("results");
const tiles = () => document.getElementById("tiles");

async function refreshTile(tile) {
  await htmx.ajax("GET", tile.dataset.tile, { target: tile, swap: "outerHTML" });
}

async function fetchNewer() {
  const first = tiles()?.querySelector("[data-image]");
  if (!first) {
    await htmx.ajax("GET", results().dataset.resultsUrl, { target: "#results", swap: "outerHTML" });
  } else if (tiles().dataset.firstPage === "yes") {
    await htmx.ajax("GET", results().dataset.newerUrl + first.dataset.image, { target: "#tiles", swap: "afterbegin" });
  }
}

// A failed request is dropped: the next event fetches the same images again.
function enqueue(task) {
  queue = queue.then(task).catch(() => {});
}

document.body.addEventListener("live-image", (event) => {
  enqueue(() => {
    const tile = document.getElementById(`tile-${event.detail.id}`);
    return tile ? refreshTile(tile) : fetchNewer();
  });
});

function refreshAll() {
  enqueue(async () => {
    for (const tile of document.querySelectorAll(".is-unfinished[data-tile]")) {
      await refreshTile(tile);
    }
    await fetchNewer();
  });
}

// The browser's Back button leads to this address: with as many images as are shown now, it returns to the same place.
document.addEventListener("click", (event) => {
  const image = event.target.closest(".tile a.pic")?.closest("[data-image]")?.dataset.image;
  if (image) {
    const url = new URL(location.href);
    url.searchParams.set("at", image);
    history.replaceState(history.state, "", url);
  }
});

document.body.addEventListener("live-anything", refreshAll);
document.body.addEventListener("live-open", refreshAll);
