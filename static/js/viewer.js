/**
 * Zooms and moves the pictures of the viewer, by wheel, pinch, drag, buttons and keys. Two pictures move together: the
 * shift is a fraction of the pane's size, so that both show the same part.
 */

const SCALE_MAX = 16;
const STEP = 1.5;
const MOVE_STEP = 0.1;
// A press that moves less is a click.
const CLICK_PIXELS = 5;

let view = { scale: 1, x: 0, y: 0 };
let pressed = new Map();
let moved = 0;

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
    pane.setPointerCapture(event.pointerId);
    pressed.set(event.pointerId, event);
    moved = pressed.size > 1 ? CLICK_PIXELS : 0;
  }
});

function pinch(pane, event, before) {
  const other = [...pressed.values()].find(({ pointerId }) => pointerId !== event.pointerId);
  const distance = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
  const middle = { clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 };
  zoom(distance(event) / distance(before), ...fraction(pane, middle));
}

document.addEventListener("pointermove", (event) => {
  const before = pressed.get(event.pointerId);
  const pane = before && before.target.closest("[data-pane]");
  if (!pane) {
    return;
  }
  const [x, y] = [event.clientX - before.clientX, event.clientY - before.clientY];
  moved += Math.abs(x) + Math.abs(y);
  if (pressed.size > 1) {
    pinch(pane, event, before);
  }
  shift(x / pane.clientWidth / pressed.size, y / pane.clientHeight / pressed.size);
  pressed.set(event.pointerId, event);
  viewer().classList.toggle("is-moving", view.scale > 1);
});

for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(name, (event) => {
    pressed.delete(event.pointerId);
    viewer()?.classList.remove("is-moving");
  });
}

function onZoomButton(kind) {
  ({ in: () => zoom(STEP), out: () => zoom(1 / STEP), fit })[kind]();
}

document.addEventListener("click", (event) => {
  const pane = paneOf(event);
  const button = event.target.closest("[data-zoom]");
  // A modified click opens the picture in a new tab. The Enter key gives no position, and zooms at the middle.
  if (pane && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    if (moved < CLICK_PIXELS) {
      const at = event.detail ? fraction(pane, event) : [];
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
    document.querySelector({ ArrowLeft: "#viewer [rel=prev]", ArrowRight: "#viewer [rel=next]" }[key])?.click();
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
  if (!closer || event.ctrlKey || event.metaKey || event.shiftKey) {
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
