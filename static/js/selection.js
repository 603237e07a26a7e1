/**
 * Selects images of the gallery and acts on them: favourites, collections, download, comparison, deletion with undo.
 *
 * The ids are kept here, because live updates replace tiles. With "select all", the server finds the images that match
 * the filter, and the page sends only those that were deselected again.
 */
import { announce } from "./announce.js";
import { setStar } from "./stars.js";

const gallery = document.getElementById("gallery");
const form = document.getElementById("selection");
const deleteDialog = document.getElementById("delete-selection");
const selected = new Set();
const excluded = new Set();
let isAll = false;
let anchor = null;
let isRange = false;
// What an undo brings back: the hidden tiles, or the stars that were set.
let undoable = { tiles: [], stars: [], isAll: false };

const number = new Intl.NumberFormat("en");
const images = (count) => `${typeof count === "number" ? number.format(count) : count} image${count === 1 ? "" : "s"}`;
const boxOf = (tile) => tile.querySelector("input[name=image]");
const starOf = (tile) => tile.querySelector("[data-star]");
const isLater = (tile) => tile.dataset.requested > gallery.querySelector("[name=shown_at]").value;

/** The tiles of the gallery that are not deleted. */
export const tiles = () => [...gallery.querySelectorAll(".tile:not([hidden])")];
export const isSelecting = () => gallery.classList.contains("is-selecting");

function isSelected(tile) {
  return isAll ? !excluded.has(tile.dataset.image) && !isLater(tile) : selected.has(tile.dataset.image);
}

/** The number of selected images, as a number, or as a text if there are more than the page counts. */
export function count() {
  if (!isAll) {
    return selected.size;
  }
  const total = document.getElementById("count").dataset.number;
  return total.endsWith("+") ? `${number.format(parseInt(total, 10))}+` : Number(total) - excluded.size;
}

const selectedTiles = () => tiles().filter(isSelected);

function updateButtons() {
  const isEmpty = count() === 0;
  for (const button of form.querySelectorAll("[data-action], summary")) {
    button.disabled = isEmpty;
    button.classList.toggle("is-disabled", isEmpty);
  }
  form.querySelector("[data-action=compare]").disabled = count() !== 2;
  const favourite = form.querySelector("[data-action=favourite]");
  const isFavourite = !isAll && !isEmpty && selectedTiles().every((tile) => starOf(tile).value === "no");
  favourite.dataset.remove = isFavourite ? "yes" : "";
  favourite.querySelector("span").textContent = isFavourite ? "Remove favourite" : "Favourite";
}

function update() {
  for (const tile of tiles()) {
    boxOf(tile).checked = isSelected(tile);
  }
  const status = form.querySelector("[data-count]");
  const text = count() === 0 ? "None selected" : `${typeof count() === "number" ? number.format(count()) : count()} selected`;
  if (isSelecting() && status.textContent !== text) {
    status.textContent = text;
  }
  form.querySelector("[name=all]").checked = isAll && !excluded.size;
  form.querySelector("[data-total]").textContent = document.getElementById("count")?.dataset.number ?? "";
  updateButtons();
}

/** Shows the checkboxes and the bar. */
export function start() {
  gallery.classList.add("is-selecting");
  document.querySelector("[data-select]").textContent = "Done";
  update();
}

function clear() {
  selected.clear();
  excluded.clear();
  isAll = false;
  anchor = null;
}

/** Ends the selection. */
export function stop() {
  const tile = document.activeElement?.closest(".tile");
  clear();
  update();
  gallery.classList.remove("is-selecting");
  form.querySelector("[data-count]").textContent = "";
  document.querySelector("[data-select]").textContent = "Select";
  tile?.querySelector("a.pic").focus();
}

function focusTile(tile) {
  const target = isSelecting() ? tile && boxOf(tile) : tile?.querySelector("a.pic");
  (target ?? document.querySelector("[data-select]")).focus();
}

function set(tile, isOn) {
  const id = tile.dataset.image;
  if (isAll) {
    excluded[isOn ? "delete" : "add"](id);
  } else {
    selected[isOn ? "add" : "delete"](id);
  }
}

/** Selects or deselects a tile; with a range, also all tiles from the last one on. */
export function toggle(tile, withRange = false) {
  const isOn = !isSelected(tile);
  const all = tiles();
  const from = withRange && anchor ? all.findIndex((each) => each.dataset.image === anchor) : -1;
  const to = all.indexOf(tile);
  const range = from < 0 ? [tile] : all.slice(Math.min(from, to), Math.max(from, to) + 1);
  range.forEach((each) => set(each, from < 0 ? isOn : true));
  anchor = tile.dataset.image;
  start();
}

function values() {
  const fields = ["csrfmiddlewaretoken", "filters", "shown_at"].map((name) => [name, form.elements[name].value]);
  return {
    ...Object.fromEntries(fields),
    images: isAll ? "" : [...selected].join(),
    excluded: [...excluded].join(),
    all: isAll ? "yes" : "",
  };
}

function post(url, extra = {}) {
  return new Promise((resolve) => {
    const finish = (event) => {
      if (event.detail.elt === gallery) {
        gallery.removeEventListener("htmx:afterRequest", finish);
        resolve(event.detail.successful && !document.querySelector("#toasts .toast-error"));
      }
    };
    gallery.addEventListener("htmx:afterRequest", finish);
    const options = { source: gallery, target: "#toasts", swap: "innerHTML", values: { ...values(), ...extra } };
    htmx.ajax("POST", url, options).catch(() => {});
  });
}

/** Makes the selected images favourites; if all of them are, removes them from the favourites. */
export async function favourite() {
  const button = form.querySelector("[data-action=favourite]");
  const isOn = button.dataset.remove !== "yes";
  const stars = selectedTiles().map(starOf).filter((star) => (star.value === "yes") === isOn);
  stars.forEach((star) => setStar(star, isOn));
  update();
  const url = isOn ? button.formAction : button.formAction.replace(/favourite$/, "unfavourite");
  if (await post(url)) {
    undoable = { tiles: [], stars: isOn ? stars : [], isAll };
  } else {
    stars.forEach((star) => setStar(star, !isOn));
    update();
  }
}

/** Asks whether to delete the selected images. */
export function confirmDeletion() {
  deleteDialog.querySelector("[data-delete-count]").textContent = images(count());
  deleteDialog.querySelector("[data-confirm-delete]").textContent = `Delete ${images(count())}`;
  deleteDialog.showModal();
}

async function deleteSelected() {
  // With "select all" the results are fetched again. Hiding only the tiles would reveal the link that loads more.
  const hidden = isAll
    ? [document.getElementById("tiles")]
    : selectedTiles().filter((tile) => !tile.matches(".is-unfinished"));
  const next = hidden.at(-1)?.nextElementSibling;
  hidden.forEach((tile) => (tile.hidden = true));
  const wasAll = isAll;
  deleteDialog.close();
  if (await post(form.querySelector("[data-action=delete]").formAction, { confirmed: "yes" })) {
    undoable = { tiles: hidden, stars: [], isAll: wasAll };
    clear();
    if (wasAll || !tiles().length) {
      await htmx.ajax("GET", document.getElementById("results").dataset.resultsUrl, { target: "#results", swap: "outerHTML" });
      undoable.isAll = true;
    }
    (next?.matches(".tile:not([hidden])") ? boxOf(next) : document.querySelector("[data-select]")).focus();
  } else {
    hidden.forEach((tile) => (tile.hidden = false));
  }
  update();
}

function afterUndo(kind) {
  if (undoable.isAll) {
    location.reload();
    return;
  }
  undoable.tiles.forEach((tile) => (tile.hidden = false));
  undoable.stars.forEach((star) => setStar(document.getElementById(star.id) ?? star, false));
  update();
  // The button that had the focus is gone.
  focusTile(undoable.tiles[0] ?? undoable.stars[0]?.closest(".tile"));
  announce(kind === "deletion" ? "Images restored." : "Favourites removed.");
}

async function collect(button) {
  const name = form.elements.new_collection;
  const isNew = !button.name && button.dataset.action === "collect";
  const extra = isNew ? { new_collection: name.value } : button.name ? { collection: button.value } : {};
  if (await post(button.formAction, extra)) {
    const menu = form.querySelector(".selection-collect");
    menu.open = false;
    menu.querySelector("summary").focus();
    if (isNew) {
      name.value = "";
    }
  }
}

/** Shows how many pictures are downloaded and their size, and lets the browser download them: it shows the progress. */
async function download(button) {
  if (await post(button.formAction)) {
    // Without an event: the page stays, and its live updates go on.
    form.action = button.formAction;
    form.submit();
  }
}

const ACTIONS = { favourite, delete: confirmDeletion, collect, uncollect: collect, download };

form.addEventListener("submit", (event) => {
  const action = event.submitter?.dataset.action;
  if (ACTIONS[action]) {
    event.preventDefault();
    ACTIONS[action](event.submitter);
  }
});

// A script sends all ids in one field: Django limits the number of fields.
form.addEventListener("formdata", ({ formData }) => {
  formData.delete("image");
  formData.delete("all");
  for (const [name, value] of Object.entries(values())) {
    formData.set(name, value);
  }
});

form.elements.new_collection.addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    event.preventDefault();
    event.target.parentElement.querySelector("button").click();
  }
});

deleteDialog.querySelector("[data-confirm-delete]").addEventListener("click", deleteSelected);
document.querySelector("[data-select]")?.addEventListener("click", (event) => {
  event.preventDefault();
  (isSelecting() ? stop : start)();
});
form.querySelector("[data-stop-selecting]").addEventListener("click", (event) => {
  event.preventDefault();
  stop();
});

// Before the click, because the click on the checkbox that follows one on its label may lack the key.
document.addEventListener("pointerdown", (event) => {
  isRange = event.shiftKey;
}, { capture: true });
document.addEventListener("keydown", (event) => {
  isRange = event.key === " " && event.shiftKey;
}, { capture: true });

gallery.addEventListener("change", (event) => {
  if (event.target.name === "image") {
    toggle(event.target.closest(".tile"), isRange);
    isRange = false;
  } else if (event.target.name === "all" && event.target.form === form) {
    clear();
    isAll = event.target.checked;
    update();
  }
});

// A filter changes what "all" selects.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.id === "filters") {
    clear();
  }
});
document.addEventListener("htmx:afterSettle", update);
document.addEventListener("htmx:afterRequest", (event) => {
  // Not the event's element: the response replaces the form.
  const { requestConfig: { elt }, successful } = event.detail;
  if (elt.matches?.("[data-undo]") && successful && !document.querySelector("#toasts .toast-error")) {
    afterUndo(elt.dataset.undo);
  }
});

if (isSelecting()) {
  start();
} else {
  update();
}
