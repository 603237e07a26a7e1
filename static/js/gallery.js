/**
 * An open gallery follows what happens: new images come first, unfinished ones change where they stand.
 *
 * What is older stays as it was scrolled to. One request at a time, so that no image comes twice.
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
    await htmx.ajax("GET", results().dataset.whole, { target: "#results", swap: "outerHTML" });
  } else if (tiles().dataset.firstPage === "yes") {
    await htmx.ajax("GET", results().dataset.tiles + first.dataset.image, { target: "#tiles", swap: "afterbegin" });
  }
}

function next(work) {
  queue = queue.then(work).catch(() => {});
}

document.body.addEventListener("live-image", (event) => {
  next(() => {
    const tile = document.getElementById(`tile-${event.detail.id}`);
    return tile ? refreshTile(tile) : fetchNewer();
  });
});

function catchUp() {
  next(async () => {
    for (const tile of document.querySelectorAll(".is-unfinished[data-tile]")) {
      await refreshTile(tile);
    }
    await fetchNewer();
  });
}

document.body.addEventListener("live-anything", catchUp);
document.body.addEventListener("live-open", catchUp);
