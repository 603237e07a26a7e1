/**
 * The composer: what the chosen model costs and can do, before it is asked. The server decides; this only shows.
 *
 * Listens on the document, because the form is replaced when the server has something to say about it.
 */
import { announce } from "./announce.js";

const number = (value) => value.toLocaleString("en");
const composer = () => document.getElementById("composer");
const chosenModel = () => composer().querySelector("[name=model_id]:checked");
const narrow = matchMedia("(max-width: 900px)");

function balance() {
  return Number(document.querySelector("[data-balance]").firstChild.textContent.replaceAll(",", ""));
}

function showThinking(model) {
  const thinking = document.getElementById("thinking");
  if (!thinking) {
    return;
  }
  const { credits, deep } = model.dataset;
  thinking.hidden = !deep;
  if (deep) {
    thinking.querySelector("[data-price=plain]").textContent = credits;
    thinking.querySelector("[data-price=deep]").textContent = deep;
  }
}

function showRatios(model) {
  const made = model.dataset.ratios.split(" ");
  const help = document.getElementById("ratio-help");
  const tiles = [...composer().querySelectorAll("[name=aspect_ratio]")];
  for (const tile of tiles) {
    tile.disabled = !made.includes(tile.value);
  }
  const lost = tiles.find((tile) => tile.checked && tile.disabled);
  if (lost) {
    tiles.find((tile) => !tile.disabled).checked = true;
    announce(`This model does not make ${lost.value}. ${made[0]} is chosen.`);
  }
  const missing = tiles.filter((tile) => tile.disabled).map((tile) => tile.value);
  help.hidden = !missing.length;
  help.textContent = missing.length ? `This model does not make ${missing.join(", ")}.` : "";
}

function costOf(model) {
  const isDeep = model.dataset.deep && composer().querySelector("[name=thinking_level]:checked")?.value === "deep";
  return Number(isDeep ? model.dataset.deep : model.dataset.credits);
}

function part(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

function showCost(model) {
  const [cost, has] = [costOf(model), balance()];
  const line = composer().querySelector("[data-cost]");
  const isShort = cost > has;
  const before = document.activeElement;
  line.replaceChildren(
    isShort ? "Needs " : "Will use ",
    part("strong", number(cost)),
    isShort ? `, you have ${number(has)}.` : ` of ${number(has)} credit${has === 1 ? "" : "s"}`,
  );
  const [button, link] = [document.getElementById("generate-button"), document.getElementById("add-credits")];
  button.hidden = isShort;
  link.hidden = !isShort;
  if (isShort && before === button) {
    link.focus();
  }
  const state = document.getElementById("stage").dataset.state;
  button.querySelector("[data-label]").textContent =
    state === "queued" || state === "running" ? "Queue another" : "Generate";
}

function showStyle() {
  const style = document.getElementById("style").value.trim();
  document.querySelector("[data-styles]").hidden = false;
  for (const pill of document.querySelectorAll("[data-style]")) {
    pill.setAttribute("aria-pressed", String(pill.dataset.style === style));
  }
}

function show() {
  const model = chosenModel();
  if (model) {
    showThinking(model);
    showRatios(model);
    showCost(model);
  }
  showStyle();
  if (/Mac|iPhone|iPad/.test(navigator.platform)) {
    composer().querySelector("[data-modifier]").textContent = "⌘";
  }
}

function showCurrent() {
  const current = document.querySelector(".strip-images [aria-current]");
  if (current) {
    const list = current.closest(".strip-images");
    list.scrollLeft += Math.max(0, current.getBoundingClientRect().right - list.getBoundingClientRect().right);
  }
}

function fill(example) {
  const prompt = document.getElementById("prompt");
  prompt.value = example.dataset.example;
  const ratio = composer().querySelector(`[name=aspect_ratio][value="${example.dataset.ratio}"]`);
  if (ratio && !ratio.disabled) {
    ratio.checked = true;
  }
  prompt.focus();
}

document.addEventListener("input", (event) => event.target.closest("#composer") && show());

document.addEventListener("click", (event) => {
  const pill = event.target.closest("[data-style]");
  if (pill) {
    document.getElementById("style").value = pill.dataset.style;
    showStyle();
  }
  const example = event.target.closest("[data-example]");
  if (example && !event.ctrlKey && !event.metaKey && !event.shiftKey && !narrow.matches) {
    event.preventDefault();
    fill(example);
  }
});

document.addEventListener("keydown", (event) => {
  const button = document.getElementById("generate-button");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !button.hidden && !button.disabled) {
    event.preventDefault();
    composer().requestSubmit();
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  // What was asked for has the narrow screen to itself.
  if (event.detail.elt.id === "composer" && event.detail.successful) {
    const isAsked = !event.detail.xhr.getResponseHeader("HX-Retarget");
    document.getElementById("generate").classList.toggle("is-result", isAsked);
    if (isAsked && narrow.matches) {
      scrollTo(0, 0);
      document.querySelector(".stage-back a").focus();
    }
  }
});

document.addEventListener("htmx:afterSettle", (event) => {
  show();
  showCurrent();
  if (event.detail.elt.id === "stage" && event.detail.elt.dataset.announce) {
    announce(event.detail.elt.dataset.announce);
  }
  if (event.detail.elt.id === "composer") {
    document.getElementById("composer-problems").scrollIntoView({ block: "nearest" });
  }
});

show();
showCurrent();
const wanted = document.getElementById(location.hash.slice(1));
if (wanted?.closest("#composer")) {
  (wanted.querySelector("input:checked") ?? wanted).focus();
}
