/**
 * The sources of the composer: takes files by picker, drag-and-drop and paste, and changes the list without a new page.
 * A mouse can drag a source to another position; the buttons do the same for keyboard and touch.
 *
 * The server stores every file and renders every change of the list, with the models, options and prices that depend on it.
 */
import { announce } from "./announce.js";

const MIB = 1024 * 1024;
const MAX_MIB = 20;
const NOT_UPLOADED = "The file couldn't be uploaded. Check your connection, then add it again.";
const SIGNED_OUT = 401;
const PICTURES = ["image/png", "image/jpeg", "image/webp"];

const composer = () => document.getElementById("composer");
const list = () => document.getElementById("composer-sources");
const uploads = () => document.getElementById("source-uploads");
const sourceCount = () => list().querySelectorAll("[name=source]").length;

let queue = Promise.resolve();

/** Sends the form with these values, and shows the list of sources that the server returns. One request at a time. */
export function change(values) {
  // The list is the source: with the form itself, htmx would require a prompt, and send the button that was pressed last.
  const send = () =>
    htmx.ajax("POST", composer().getAttribute("action"), { source: list(), values, target: "#composer-sources", swap: "outerHTML" });
  queue = queue.then(send, send);
  return queue.catch(() => {});
}

/** Stores a file. Returns its id, or throws an error with a message for people. */
export async function upload(file) {
  if (file.size > MAX_MIB * MIB) {
    throw new Error(`This file is ${Math.round(file.size / MIB)} MB. The limit is ${MAX_MIB} MB.`);
  }
  const form = new FormData();
  form.append("csrfmiddlewaretoken", composer().querySelector("[name=csrfmiddlewaretoken]").value);
  form.append("file", file);
  let response;
  let result;
  try {
    response = await fetch(list().dataset.uploadUrl, { method: "POST", body: form, headers: { "HX-Request": "true" } });
    result = await response.json();
  } catch {
    result = {};
  }
  if (response?.status === SIGNED_OUT) {
    // Shows that the session has ended, and keeps the text of the form.
    await change({ add: "" });
  }
  if (!result.id) {
    throw new Error(result.message ?? NOT_UPLOADED);
  }
  return result.id;
}

function showLine(name, text, isError) {
  const line = document.createElement("p");
  line.className = isError ? "field-over" : "field-help";
  line.textContent = `${name}: ${text}`;
  uploads().append(line);
  return line;
}

function setBusy(isBusy) {
  composer().setAttribute("aria-busy", String(isBusy));
  document.getElementById("generate-button").disabled = isBusy;
}

async function addFiles(files) {
  if (!files.length) {
    return;
  }
  uploads().replaceChildren();
  const room = Number(list().dataset.max) - sourceCount();
  const added = [];
  setBusy(true);
  for (const file of [...files].slice(0, room)) {
    const line = showLine(file.name, "Uploading…", false);
    try {
      added.push(await upload(file));
    } catch (error) {
      showLine(file.name, error.message, true);
    }
    line.remove();
  }
  if (files.length > room) {
    showLine(files[Math.max(room, 0)].name, `An edit can use ${list().dataset.max} images. Remove one first.`, true);
  }
  setBusy(false);
  if (added.length) {
    await change({ add: added.join() });
    announceChange(`${added.length} image${added.length > 1 ? "s" : ""} added.`);
  }
}

async function addMask(file) {
  uploads().replaceChildren();
  setBusy(true);
  try {
    await change({ set_mask: await upload(file) });
  } catch (error) {
    showLine(file.name, error.message, true);
  }
  setBusy(false);
}

/** Announces a change with the server's notes about it, such as another model. */
function announceChange(text) {
  announce(`${text} ${list().dataset.announce}`.replace(/\s+/g, " ").trim());
}

function focusFirst(...ids) {
  ids.map((id) => document.getElementById(id)).find((element) => element && !element.disabled)?.focus();
}

async function press(button) {
  const { name, value } = button;
  const position = Number(value);
  await change({ [name]: value });
  if (name === "earlier") {
    focusFirst(`source-earlier-${position - 1}`, `source-later-${position - 1}`);
  } else if (name === "later") {
    focusFirst(`source-later-${position + 1}`, `source-earlier-${position + 1}`);
  } else if (name === "remove_source") {
    focusFirst(`source-remove-${position}`, `source-remove-${position - 1}`, "source-files");
  } else {
    focusFirst("open-mask");
  }
  const words = { earlier: `Image moved to position ${position}.`, later: `Image moved to position ${position + 2}.`, remove_source: "Image removed." };
  announceChange(words[name] ?? "Mask removed.");
}

async function use(button) {
  await change({ [button.name]: button.value });
  document.getElementById("generate").classList.remove("shows-result");
  document.getElementById("prompt").focus();
  announceChange(button.name === "edit" ? "Image added to edit." : "Image added as a reference.");
}

const isDialogOpen = () => Boolean(document.querySelector("dialog[open]"));
const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
const setOver = (isOver) => composer().classList.toggle("is-over", isOver);

const positionOf = (item) => [...list().querySelectorAll(".source")].indexOf(item);
// The source that is dragged, and the one above which it is.
let dragged = null;
let target = null;

function setTarget(item) {
  target?.classList.remove("is-target");
  target = item;
  target?.classList.add("is-target");
}

async function moveDragged() {
  const [from, to] = [positionOf(dragged), positionOf(target)];
  if (from !== to) {
    await change({ move: `${from},${to}` });
    announceChange(`Image moved to position ${to + 1}.`);
  }
}

document.addEventListener("pointerdown", (event) => {
  const item = event.target.closest(".source");
  if (item) {
    item.draggable = event.pointerType === "mouse" && !event.target.closest("button");
  }
});
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("#composer-sources .source") ?? null;
  if (dragged) {
    event.dataTransfer.effectAllowed = "move";
  }
});
document.addEventListener("dragend", () => {
  setTarget(null);
  dragged = null;
});
document.addEventListener("dragover", (event) => {
  if (dragged) {
    setTarget(event.target.closest(".source"));
    if (target) {
      event.preventDefault();
    }
  }
});
document.addEventListener("drop", (event) => {
  if (dragged && target) {
    event.preventDefault();
    moveDragged();
  }
});

document.addEventListener("click", (event) => {
  const used = event.target.closest("[data-use-source]");
  const button = event.target.closest("#composer-sources button[type=submit]");
  if (used || button) {
    event.preventDefault();
    (used ? use : press)(used ?? button);
  }
});
document.addEventListener("change", (event) => {
  const { id, files } = event.target;
  if (id === "source-files" || id === "mask-file") {
    const chosen = [...files];
    // The file is sent at once, and not again with the form.
    event.target.value = "";
    if (id === "source-files") {
      addFiles(chosen);
    } else if (chosen.length) {
      addMask(chosen[0]);
    }
  }
});
document.addEventListener("dragover", (event) => {
  if (hasFiles(event) && !dragged) {
    event.preventDefault();
    setOver(!isDialogOpen());
  }
});
document.addEventListener("dragleave", (event) => event.relatedTarget || setOver(false));
document.addEventListener("drop", (event) => {
  if (hasFiles(event) && !dragged) {
    event.preventDefault();
    setOver(false);
    if (!isDialogOpen()) {
      addFiles(event.dataTransfer.files);
    }
  }
});
document.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files].filter((file) => PICTURES.includes(file.type));
  // A copied text may come with its picture, as from an office program.
  if (files.length && !isDialogOpen() && !event.clipboardData.types.includes("text/plain")) {
    event.preventDefault();
    addFiles(files);
  }
});
// The page without a script does not show these; the server's responses to this script do.
for (const element of document.querySelectorAll("[data-open-mask], [data-drop-hint]")) {
  element.hidden = false;
}
