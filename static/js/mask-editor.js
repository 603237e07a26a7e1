/**
 * The mask editor: paints on a canvas in the real size of the first source, which is sent as a PNG file.
 *
 * The canvas holds opaque stripes where the picture may change, and CSS lets the picture show through. The file is black,
 * and transparent in the painted part.
 */
import { change, upload } from "./sources.js";

const STRIPE_PIXELS = 9;
// Part of the picture's longer side.
const SIZES = { min: 1 / 250, initial: 1 / 14, max: 1 / 3 };
const FAST = 4;
const STATE_MILLISECONDS = 120;
const OPAQUE = 255;
const MIDDLE = 128;
const BAND_ROWS = 512;

const dialog = document.getElementById("mask-editor");
const part = (name) => dialog.querySelector(`[data-mask-${name}]`);
const canvas = dialog.querySelector(".mask-canvas");
const ring = dialog.querySelector(".mask-ring");
const picture = part("picture");
const sizeInput = part("size");
const context = canvas.getContext("2d", { willReadFrequently: true });

let first = null;
let strokes = [];
let undone = [];
let stroke = null;
let cursor = { x: 0, y: 0 };
let pattern = null;
let stateTimer = 0;

const scale = () => canvas.width / (canvas.getBoundingClientRect().width || canvas.width);
const isEraser = () => dialog.querySelector("[name=mask-tool]:checked").value === "eraser";
const layer = () => Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });

/** Returns the pattern of painted parts, with stripes of the same width in every size of picture. */
function createPattern() {
  const side = Math.max(4, Math.round(STRIPE_PIXELS * scale()));
  const tile = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const tileContext = tile.getContext("2d");
  const colours = getComputedStyle(canvas);
  tileContext.fillStyle = colours.getPropertyValue("--mask-fill");
  tileContext.fillRect(0, 0, side, side);
  tileContext.strokeStyle = colours.getPropertyValue("--mask-stripe");
  tileContext.lineWidth = Math.max(1, side / 7);
  // The lines at the corners continue those of the neighbouring tiles.
  for (const offset of [-side, 0, side]) {
    tileContext.beginPath();
    tileContext.moveTo(offset - side, 2 * side);
    tileContext.lineTo(offset + 2 * side, -side);
    tileContext.stroke();
  }
  return context.createPattern(tile, "repeat");
}

function fillAll(target) {
  target.fillStyle = pattern;
  target.fillRect(0, 0, canvas.width, canvas.height);
}

/** Replaces the painted part with the part that is not painted. */
function invert() {
  const rest = layer();
  const restContext = rest.getContext("2d");
  fillAll(restContext);
  restContext.globalCompositeOperation = "destination-out";
  restContext.drawImage(canvas, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(rest, 0, 0);
}

function drawLine({ erases, size, points }, from = 0) {
  context.save();
  context.globalCompositeOperation = erases ? "destination-out" : "source-over";
  Object.assign(context, { strokeStyle: pattern, lineWidth: size, lineCap: "round", lineJoin: "round" });
  context.beginPath();
  context.moveTo(points[from].x, points[from].y);
  for (const { x, y } of points.slice(from + 1)) {
    context.lineTo(x, y);
  }
  // A line without a length is not drawn.
  context.lineTo(points.at(-1).x + 0.01, points.at(-1).y);
  context.stroke();
  context.restore();
}

function draw(action) {
  if (action === "clear") {
    context.clearRect(0, 0, canvas.width, canvas.height);
  } else if (action === "invert") {
    invert();
  } else {
    drawLine(action);
  }
}

function redraw() {
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (first) {
    context.drawImage(first, 0, 0);
  }
  strokes.forEach(draw);
  showState();
}

/** Returns the number of painted pixels as the server counts them: those that are less than half visible in the file. */
function paintedPixels() {
  let count = 0;
  for (let top = 0; top < canvas.height; top += BAND_ROWS) {
    const { data } = context.getImageData(0, top, canvas.width, Math.min(BAND_ROWS, canvas.height - top));
    for (let at = 3; at < data.length; at += 4) {
      count += data[at] >= MIDDLE ? 1 : 0;
    }
  }
  return count;
}

function stateText(painted, total) {
  if (painted === 0) {
    return "Nothing is painted. Paint the area to change.";
  }
  if (painted === total) {
    return "Everything is painted. Leave the area to keep unpainted.";
  }
  return `${Math.min(99, Math.max(1, Math.round((100 * painted) / total)))}% painted`;
}

function showStateNow() {
  const [painted, total] = [paintedPixels(), canvas.width * canvas.height];
  const text = stateText(painted, total);
  if (part("state").textContent !== text) {
    part("state").textContent = text;
  }
  part("use").disabled = painted === 0 || painted === total;
}

function showState() {
  part("undo").disabled = strokes.length === 0;
  part("redo").disabled = undone.length === 0;
  clearTimeout(stateTimer);
  stateTimer = setTimeout(showStateNow, STATE_MILLISECONDS);
}

function add(action) {
  strokes.push(action);
  undone = [];
  draw(action);
  showState();
}

function step(from, to) {
  if (from.length) {
    to.push(from.pop());
    redraw();
  }
}

function showRing(isShown = true) {
  const size = Number(sizeInput.value) / scale();
  ring.hidden = !isShown;
  ring.style.width = ring.style.height = `${size}px`;
  ring.style.transform = `translate(${cursor.x / scale() - size / 2}px, ${cursor.y / scale() - size / 2}px)`;
  part("pixels").textContent = `${sizeInput.value} px`;
}

function begin() {
  stroke = { erases: isEraser(), size: Number(sizeInput.value), points: [{ ...cursor }] };
  add(stroke);
}

function extend() {
  stroke.points.push({ ...cursor });
  drawLine(stroke, stroke.points.length - 2);
  showState();
}

function place(event) {
  const box = canvas.getBoundingClientRect();
  cursor = { x: (event.clientX - box.left) * scale(), y: (event.clientY - box.top) * scale() };
}

canvas.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || stroke) {
    return;
  }
  event.preventDefault();
  canvas.focus({ preventScroll: true });
  canvas.setPointerCapture(event.pointerId);
  place(event);
  begin();
  stroke.pointer = event.pointerId;
  showRing();
});
canvas.addEventListener("pointermove", (event) => {
  if (stroke?.pointer === event.pointerId) {
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) {
      place(move);
      extend();
    }
  } else if (!stroke) {
    place(event);
  }
  showRing();
});
for (const name of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(name, () => {
    stroke = null;
  });
}
canvas.addEventListener("pointerleave", () => stroke || showRing(canvas.matches(":focus-visible")));
canvas.addEventListener("focus", () => showRing());
canvas.addEventListener("blur", () => {
  stroke = null;
  showRing(false);
});

function moveCursor([x, y], isFast) {
  const length = Math.max(scale(), Number(sizeInput.value) / 4) * (isFast ? FAST : 1);
  cursor = {
    x: Math.min(canvas.width, Math.max(0, cursor.x + x * length)),
    y: Math.min(canvas.height, Math.max(0, cursor.y + y * length)),
  };
  if (stroke) {
    extend();
  }
  showRing();
}

function resize(factor) {
  sizeInput.value = Math.round(Number(sizeInput.value) * factor);
  showRing();
}

function toggleEraser() {
  dialog.querySelector(`[name=mask-tool][value=${isEraser() ? "brush" : "eraser"}]`).checked = true;
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS = {
  "[": () => resize(1 / 1.2),
  "]": () => resize(1.2),
  e: toggleEraser,
  " ": () => stroke || begin(),
};

canvas.addEventListener("keydown", (event) => {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) {
    const isRedo = key === "y" || (key === "z" && event.shiftKey);
    if (key === "z" || key === "y") {
      event.preventDefault();
      step(...(isRedo ? [undone, strokes] : [strokes, undone]));
    }
  } else if (ARROWS[key] || KEYS[key]) {
    event.preventDefault();
    if (ARROWS[key]) {
      moveCursor(ARROWS[key], event.shiftKey);
    } else {
      KEYS[key]();
    }
  }
});
canvas.addEventListener("keyup", (event) => {
  if (event.key === " ") {
    stroke = null;
  }
});

/** Returns a mask file as painted stripes: its transparent part, or its white part if it is opaque. */
function fromFile(image) {
  const loaded = layer();
  const loadedContext = loaded.getContext("2d");
  loadedContext.drawImage(image, 0, 0, canvas.width, canvas.height);
  const pixels = loadedContext.getImageData(0, 0, canvas.width, canvas.height);
  const { data } = pixels;
  let hasAlpha = false;
  for (let at = 3; at < data.length && !hasAlpha; at += 4) {
    hasAlpha = data[at] < OPAQUE;
  }
  for (let at = 0; at < data.length; at += 4) {
    const isMarked = hasAlpha ? data[at + 3] < MIDDLE : 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2] >= MIDDLE;
    data[at + 3] = isMarked ? OPAQUE : 0;
  }
  loadedContext.putImageData(pixels, 0, 0);
  loadedContext.globalCompositeOperation = "source-in";
  fillAll(loadedContext);
  return loaded;
}

async function load(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

async function open({ picture: url, width, height, mask }) {
  Object.assign(canvas, { width: Number(width), height: Number(height) });
  picture.src = url;
  Object.assign(picture, { width: canvas.width, height: canvas.height });
  const side = Math.max(canvas.width, canvas.height);
  for (const [name, value] of [["min", SIZES.min], ["max", SIZES.max], ["value", SIZES.initial]]) {
    sizeInput[name] = Math.max(2, Math.round(value * side));
  }
  [first, strokes, undone, stroke] = [null, [], [], null];
  cursor = { x: canvas.width / 2, y: canvas.height / 2 };
  showDiscard(false);
  dialog.showModal();
  pattern = createPattern();
  redraw();
  showStateNow();
  canvas.focus();
  if (mask) {
    // The mask may have been removed meanwhile: then painting begins without it.
    first = await load(mask).then(fromFile, () => null);
    redraw();
  }
}

/** Returns the mask as a file: black, and transparent in the painted part. */
function toFile() {
  const file = layer();
  const fileContext = file.getContext("2d");
  fileContext.fillRect(0, 0, file.width, file.height);
  fileContext.globalCompositeOperation = "destination-out";
  fileContext.drawImage(canvas, 0, 0);
  return new Promise((resolve) => {
    file.toBlob((blob) => resolve(new File([blob], "mask.png", { type: "image/png" })), "image/png");
  });
}

function close() {
  dialog.close();
  document.getElementById("open-mask")?.focus();
}

function showDiscard(isShown) {
  part("discard").hidden = !isShown;
  part("buttons").hidden = isShown;
  if (isShown) {
    part("keep").focus();
  }
}

function leave() {
  if (strokes.length) {
    showDiscard(true);
  } else {
    close();
  }
}

async function use() {
  const button = part("use");
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    await change({ set_mask: await upload(await toFile()) });
    close();
  } catch (error) {
    part("state").textContent = error.message;
    button.disabled = false;
  }
  button.removeAttribute("aria-busy");
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open-mask]");
  if (opener) {
    open(opener.dataset);
  }
});
for (const button of dialog.querySelectorAll("[data-mask-close]")) {
  button.addEventListener("click", leave);
}
part("undo").addEventListener("click", () => step(strokes, undone));
part("redo").addEventListener("click", () => step(undone, strokes));
part("invert").addEventListener("click", () => add("invert"));
part("clear").addEventListener("click", () => add("clear"));
part("use").addEventListener("click", use);
part("drop").addEventListener("click", close);
part("keep").addEventListener("click", () => {
  showDiscard(false);
  canvas.focus();
});
sizeInput.addEventListener("input", () => showRing(false));
// The "cancel" event cannot be prevented twice in a row, so the key is handled (as in dialogs.js).
dialog.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    event.preventDefault();
    leave();
  }
});
dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  leave();
});
