/**
 * Zooms and moves the pictures of the viewer, by wheel, pinch, drag, double tap, buttons and keys. Two pictures move
 * together: the shift is a fraction of the pane's size, so that both show the same part. On a picture that is not
 * zoomed, a swipe leads to its neighbours.
 */
import { isModified } from "./clicks.js";

const SCALE_MAX = 16;
const STEP = 1.5;
const MOVE_STEP = 0.1;
// A press that moves less is a click.
const CLICK_PIXELS = 5;
const SWIPE_MIN_PIXELS = 50;
const DOUBLE_TAP_MILLISECONDS = 350;
const DOUBLE_TAP_PIXELS = 40;

let view = { scale: 1, x: 0, y: 0 };
// The last event of each pressed button or finger, by its id; the first one stays first.
let pressed = new Map();
let moved = 0;
// Where a finger was put on a picture that is not zoomed, until a second one follows.
let swipeStart = null;
let pointerType = "";
let lastTap = null;

const viewer = () => document.getElementById("viewer");
const panes = () => [...document.querySelectorAll("[data-pane]")];
const paneOf = (event) => event.target.closest?.("[data-pane]");

function show() {
  const limit = (value) => Math.min(0, Math.max(1 - view.scale, value));
  view.x = limit(view.x);
  view.y = limit(view.y);
  for (const pane of panes()) {
    const { style } = pane.querySelector("img");
    style.setProperty("--scale", view.scale);
    style.setProperty("--x", `${100 * view.x}%`);
    style.setProperty("--y", `${100 * view.y}%`);
  }
  viewer().classList.toggle("is-zoomed", view.scale > 1);
  viewer().querySelector("[data-scale]").textContent = `${Math.round(100 * view.scale)}%`;
}

/** Zooms by a factor around a point, given as fractions of the pane's size. */
function zoom(factor, atX = 0.5, atY = 0.5) {
  const scale = Math.min(SCALE_MAX, Math.max(1, view.scale * factor));
  const ratio = scale / view.scale;
  view = { scale, x: atX - (atX - view.x) * ratio, y: atY - (atY - view.y) * ratio };
  show();
}

function fit() {
  view = { scale: 1, x: 0, y: 0 };
  show();
}

function shift(x, y) {
  view.x += x;
  view.y += y;
  show();
}

function fraction(pane, { clientX, clientY }) {
  const box = pane.getBoundingClientRect();
  return [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
}

function start() {
  if (!viewer() || viewer().matches(".is-zoomable")) {
    return;
  }
  viewer().classList.add("is-zoomable");
  viewer().querySelector(".viewer-zoom").hidden = false;
  viewer().querySelector("[data-fullscreen]").hidden = !document.fullscreenEnabled;
  pressed = new Map();
  fit();
}

document.addEventListener("wheel", (event) => {
  const pane = paneOf(event);
  if (pane) {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 300), ...fraction(pane, event));
  }
}, { passive: false });

document.addEventListener("pointerdown", (event) => {
  const pane = paneOf(event);
  if (pane && event.button === 0) {
    ({ pointerType } = event);
    pane.setPointerCapture(event.pointerId);
    pressed.set(event.pointerId, event);
    moved = pressed.size > 1 ? CLICK_PIXELS : 0;
    swipeStart = pressed.size === 1 && view.scale === 1 && pointerType === "touch" ? event : null;
  }
});

// Chromium takes a quick pan for the start of a scroll that goes on, and the next tap for its end.
document.addEventListener("touchmove", (event) => paneOf(event) && event.preventDefault(), { passive: false });

function distance(one, other) {
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
}

/** Returns the middle of the pressed pointers, and how far the first two are apart. */
function hold() {
  const all = [...pressed.values()];
  const mean = (name) => all.reduce((sum, each) => sum + each[name], 0) / all.length;
  const spread = (all.length > 1 && distance(all[0], all[1])) || 1;
  return { clientX: mean("clientX"), clientY: mean("clientY"), spread };
}

document.addEventListener("pointermove", (event) => {
  if (!pressed.has(event.pointerId)) {
    return;
  }
  // Two fingers may be on different panes.
  const pane = paneOf([...pressed.values()][0]);
  const before = hold();
  moved += distance(event, pressed.get(event.pointerId));
  pressed.set(event.pointerId, event);
  const after = hold();
  zoom(after.spread / before.spread, ...fraction(pane, before));
  shift((after.clientX - before.clientX) / pane.clientWidth, (after.clientY - before.clientY) / pane.clientHeight);
  viewer().classList.toggle("is-moving", view.scale > 1);
});

function openNeighbour(rel) {
  document.querySelector(`#viewer [rel=${rel}]`)?.click();
}

function swipe(start, end) {
  const [x, y] = [end.clientX - start.clientX, end.clientY - start.clientY];
  if (Math.abs(x) > SWIPE_MIN_PIXELS && Math.abs(x) > 2 * Math.abs(y)) {
    openNeighbour(x < 0 ? "next" : "prev");
  }
}

for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(name, (event) => {
    if (swipeStart && name === "pointerup") {
      swipe(swipeStart, event);
    }
    swipeStart = null;
    pressed.delete(event.pointerId);
    viewer()?.classList.remove("is-moving");
  });
}

function isDoubleTap(event) {
  const isSecond =
    lastTap && event.timeStamp - lastTap.timeStamp < DOUBLE_TAP_MILLISECONDS && distance(event, lastTap) < DOUBLE_TAP_PIXELS;
  lastTap = isSecond ? null : event;
  return isSecond;
}

function onZoomButton(kind) {
  ({ in: () => zoom(STEP), out: () => zoom(1 / STEP), fit })[kind]();
}

document.addEventListener("click", (event) => {
  const pane = paneOf(event);
  const button = event.target.closest("[data-zoom]");
  // The Enter key gives no position, and zooms at the middle.
  if (pane && !isModified(event)) {
    event.preventDefault();
    const isKey = event.detail === 0;
    if (isKey || (moved < CLICK_PIXELS && (pointerType !== "touch" || isDoubleTap(event)))) {
      const at = isKey ? [] : fraction(pane, event);
      view.scale > 1 ? fit() : zoom(STEP * STEP, ...at);
    }
  } else if (button) {
    onZoomButton(button.dataset.zoom);
  } else if (event.target.closest("[data-fullscreen]")) {
    document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
  }
});

const MOVES = { ArrowLeft: [MOVE_STEP, 0], ArrowRight: [-MOVE_STEP, 0], ArrowUp: [0, MOVE_STEP], ArrowDown: [0, -MOVE_STEP] };
const ZOOMS = { "+": "in", "=": "in", "-": "out", 0: "fit" };

function onArrow(key) {
  if (view.scale > 1) {
    shift(...MOVES[key]);
  } else {
    openNeighbour({ ArrowLeft: "prev", ArrowRight: "next" }[key]);
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") || !viewer()) {
    return;
  }
  if (ZOOMS[event.key]) {
    event.preventDefault();
    onZoomButton(ZOOMS[event.key]);
  } else if (MOVES[event.key]) {
    event.preventDefault();
    onArrow(event.key);
  } else if (event.key === "Escape") {
    view.scale > 1 ? fit() : viewer().querySelector("[data-close-viewer]").click();
  }
});

// Closing leaves no entry of the viewer in the history, so that Back leads on from the page that opened it.
document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-close-viewer]");
  if (!closer || isModified(event)) {
    return;
  }
  event.preventDefault();
  const isOpener = document.referrer.split(/[?#]/)[0] === closer.href.split(/[?#]/)[0];
  if (isOpener && history.length > 1) {
    history.back();
  } else {
    location.replace(closer.href);
  }
});

document.addEventListener("htmx:afterSettle", start);
start();
