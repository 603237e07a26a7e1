/** The form of an upload link: takes a dropped or pasted picture, and checks its size before it is sent. */
import { announce } from "./announce.js";

const form = document.querySelector("[data-upload]");
const input = form.querySelector("input[type=file]");
const button = form.querySelector("button");
const drop = form.querySelector("[data-drop]");
const error = form.querySelector("[data-file-error]");

function check() {
  const isTooLarge = input.files.length > 0 && input.files[0].size > Number(form.dataset.maxBytes);
  const message = isTooLarge ? "This file is larger than 20 MB. Choose a smaller one." : "";
  error.textContent = message;
  input.setCustomValidity(message);
}

function use(files) {
  if (files.length === 0) {
    return;
  }
  const one = new DataTransfer();
  one.items.add(files[0]);
  input.files = one.files;
  check();
  announce(`${files[0].name} chosen`);
  button.focus();
}

function setBusy(isBusy) {
  button.disabled = isBusy;
  button.textContent = isBusy ? "Uploading…" : "Upload";
}

input.addEventListener("change", check);
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("is-over");
});
document.addEventListener("dragleave", (event) => event.relatedTarget || drop.classList.remove("is-over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("is-over");
  use(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => use(event.clipboardData.files));
form.addEventListener("submit", () => setBusy(true));
// A page that the browser restores from its cache is still as it was when the form was sent.
addEventListener("pageshow", () => setBusy(false));
form.querySelector("[data-drop-hint]").hidden = false;
