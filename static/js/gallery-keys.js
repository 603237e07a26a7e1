/**
 * Keyboard shortcuts of the gallery. Letters act only while an image has the focus; "/" and "?" work on the whole page
 * unless the user has turned them off.
 */
import { confirmDeletion, count, favourite, isSelecting, stop, tiles, toggle } from "./selection.js";

const STORED = "gallery-page-shortcuts";
const shortcuts = document.getElementById("shortcuts");
const opener = document.querySelector("[data-show-shortcuts]");
const setting = shortcuts.querySelector("[data-page-shortcuts]");

const targetOf = (tile) => tile.querySelector(isSelecting() ? "input[name=image]" : "a.pic");
const middle = (tile) => {
  const { left, right } = tile.getBoundingClientRect();
  return (left + right) / 2;
};
const topOf = (tile) => tile.getBoundingClientRect().top;

function focus(tile) {
  targetOf(tile).focus({ preventScroll: true });
  tile.scrollIntoView({ block: "nearest" });
}

/** The tile of the nearest row in this direction that is nearest to the middle of the current one. */
function inNextRow(all, index, step) {
  const current = all[index];
  let row = null;
  let best = null;
  for (let at = index + step; at >= 0 && at < all.length; at += step) {
    const top = topOf(all[at]);
    if (Math.abs(top - topOf(current)) < 2) {
      continue;
    }
    row ??= top;
    if (Math.abs(top - row) > 2) {
      break;
    }
    if (!best || Math.abs(middle(all[at]) - middle(current)) < Math.abs(middle(best) - middle(current))) {
      best = all[at];
    }
  }
  return best;
}

function move(key, tile) {
  const all = tiles();
  const index = all.indexOf(tile);
  const next = {
    ArrowLeft: () => all[index - 1],
    ArrowRight: () => all[index + 1],
    ArrowUp: () => inNextRow(all, index, -1),
    ArrowDown: () => inNextRow(all, index, 1),
  }[key]();
  if (next) {
    focus(next);
  } else {
    // Loads more images.
    document.querySelector(key === "ArrowRight" || key === "ArrowDown" ? ".older-link" : ".newer-link")?.scrollIntoView({ block: "nearest" });
  }
}

function select(event, tile) {
  // A checkbox reacts to the key itself.
  if (event.target.matches("a.pic")) {
    event.preventDefault();
    toggle(tile, event.shiftKey);
    focus(tile);
  }
}

function remove(tile) {
  if (count() === 0) {
    toggle(tile);
  }
  confirmDeletion();
}

function onTile(event, tile) {
  if (event.key.startsWith("Arrow")) {
    event.preventDefault();
    move(event.key, tile);
  } else if (event.key === " ") {
    select(event, tile);
  } else if (event.key.toLowerCase() === "f") {
    event.preventDefault();
    if (count() === 0) {
      tile.querySelector("[data-star]").click();
    } else {
      favourite();
    }
  } else if (event.key === "Delete") {
    event.preventDefault();
    remove(tile);
  }
}

function onPage(event) {
  if (event.key === "Escape" && isSelecting()) {
    stop();
  } else if (event.key === "/" && setting.checked) {
    event.preventDefault();
    document.getElementById("search")?.focus();
  } else if (event.key === "?" && setting.checked) {
    event.preventDefault();
    shortcuts.showModal();
  } else if (event.key === "ArrowRight" && event.target === document.body && tiles().length) {
    event.preventDefault();
    focus(tiles().find((tile) => topOf(tile) >= 0) ?? tiles()[0]);
  }
}

// In the capture phase: an open menu, which Escape closes, is still open.
document.addEventListener("keydown", (event) => {
  const isText = event.target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], details.dropdown[open]")) {
    return;
  }
  const tile = event.target.closest?.(".tile");
  if (tile && event.target.matches("a.pic, input[name=image]") && event.key !== "Escape" && !"/?".includes(event.key)) {
    onTile(event, tile);
  } else if (!isText || event.key === "Escape") {
    onPage(event);
  }
}, { capture: true });

setting.checked = localStorage.getItem(STORED) !== "off";
setting.addEventListener("change", () => localStorage.setItem(STORED, setting.checked ? "on" : "off"));
if (opener) {
  opener.hidden = false;
  opener.addEventListener("click", () => shortcuts.showModal());
}
