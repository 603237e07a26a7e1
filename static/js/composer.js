/**
 * The composer: shows what the selected model costs and supports. The server makes every decision; this only displays.
 *
 * Event listeners are on the document, because htmx replaces the form when the server returns errors.
 */
import { announce } from "./announce.js";

const formatNumber = (value) => value.toLocaleString("en");
const composer = () => document.getElementById("composer");
const selectedModel = () => composer().querySelector("[name=model_id]:checked");
const isNarrow = matchMedia("(max-width: 900px)");

function balance() {
  return Number(document.querySelector("[data-balance]").firstChild.textContent.replaceAll(",", ""));
}

function updateThinking(model) {
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

function updateRatios(model, event) {
  const supported = model.dataset.ratios.split(" ");
  const help = document.getElementById("ratio-help");
  const chosen = event?.target.name;
  const tiles = [...composer().querySelectorAll("[name=aspect_ratio]")];
  for (const tile of tiles) {
    tile.disabled = !supported.includes(tile.value);
    tile.closest("label").title = tile.disabled ? "Not supported by this model" : "";
  }
  const invalid = tiles.find((tile) => tile.checked && tile.disabled);
  if (invalid) {
    tiles.find((tile) => !tile.disabled).checked = true;
    help.textContent = `This model doesn't support ${invalid.value}. ${supported[0]} is selected instead.`;
    announce(help.textContent);
  } else if (chosen === "model_id" || chosen === "aspect_ratio") {
    help.textContent = "";
  }
  help.hidden = !help.textContent;
}

function costOf(model) {
  const isDeep = model.dataset.deep && composer().querySelector("[name=thinking_level]:checked")?.value === "deep";
  return Number(isDeep ? model.dataset.deep : model.dataset.credits);
}

function element(tag, text) {
  const created = document.createElement(tag);
  created.textContent = text;
  return created;
}

function updateCost(model) {
  const [cost, available] = [costOf(model), balance()];
  const isShort = cost > available;
  const focused = document.activeElement;
  composer().querySelector("[data-cost]").replaceChildren(
    isShort ? "Needs " : "Will use ",
    element("strong", formatNumber(cost)),
    isShort ? ` credits. You have ${formatNumber(available)}.` : ` of ${formatNumber(available)} credit${available === 1 ? "" : "s"}`,
  );
  const [button, link] = [document.getElementById("generate-button"), document.getElementById("add-credits")];
  button.hidden = isShort;
  link.hidden = !isShort;
  // Hiding the focused button would move the focus to the start of the page.
  if (isShort && focused === button) {
    link.focus();
  }
  const state = document.getElementById("result-panel").dataset.state;
  button.querySelector("[data-label]").textContent =
    state === "queued" || state === "running" ? "Queue another" : "Generate";
}

function updateStyle() {
  const style = document.getElementById("style").value.trim();
  document.querySelector("[data-styles]").hidden = false;
  for (const pill of document.querySelectorAll("[data-style]")) {
    pill.setAttribute("aria-pressed", String(pill.dataset.style === style));
  }
}

function update(event) {
  const model = selectedModel();
  if (model) {
    updateThinking(model);
    updateRatios(model, event);
    updateCost(model);
  }
  updateStyle();
  composer().querySelector("[data-keys]")?.removeAttribute("hidden");
  if (/Mac|iPhone|iPad/.test(navigator.platform)) {
    composer().querySelector("[data-modifier]")?.replaceChildren("⌘");
  }
}

function scrollToCurrent() {
  const current = document.querySelector(".filmstrip-images [aria-current]");
  if (current) {
    const list = current.closest(".filmstrip-images");
    list.scrollLeft += Math.max(0, current.getBoundingClientRect().right - list.getBoundingClientRect().right);
  }
}

function applyExample(example) {
  const prompt = document.getElementById("prompt");
  prompt.value = example.dataset.example;
  prompt.dispatchEvent(new Event("input", { bubbles: true }));
  const ratio = composer().querySelector(`[name=aspect_ratio][value="${example.dataset.ratio}"]`);
  if (ratio && !ratio.disabled) {
    ratio.checked = true;
  }
  prompt.focus();
}

document.addEventListener("input", (event) => event.target.closest("#composer") && update(event));

document.addEventListener("click", (event) => {
  const pill = event.target.closest("[data-style]");
  if (pill) {
    const style = document.getElementById("style");
    style.value = pill.dataset.style;
    style.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const example = event.target.closest("[data-example]");
  // A modified click opens the link in a new tab; on narrow screens the link leads to the form.
  if (example && !event.ctrlKey && !event.metaKey && !event.shiftKey && !isNarrow.matches) {
    event.preventDefault();
    applyExample(example);
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
  // On narrow screens an accepted request replaces the form with the result panel.
  if (event.detail.elt.id === "composer" && event.detail.successful) {
    const isAccepted = !event.detail.xhr.getResponseHeader("HX-Retarget");
    document.getElementById("generate").classList.toggle("shows-result", isAccepted);
    if (isAccepted && isNarrow.matches) {
      scrollTo(0, 0);
      document.querySelector(".result-back a").focus();
    }
  }
});

document.addEventListener("htmx:afterSettle", (event) => {
  update();
  scrollToCurrent();
  const swapped = event.detail.elt;
  if (swapped.id === "result-panel" && swapped.dataset.announce) {
    announce(swapped.dataset.announce);
  }
  if (swapped.id === "composer") {
    document.getElementById("composer-problems").scrollIntoView({ block: "nearest" });
  }
});

update();
scrollToCurrent();
// The fragment of links such as "Edit prompt" names the field to focus.
const linkedField = document.getElementById(location.hash.slice(1));
if (linkedField?.closest("#composer")) {
  (linkedField.querySelector("input:checked") ?? linkedField).focus();
}
