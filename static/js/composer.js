/**
 * The composer: shows what the selected model costs and supports. The server makes every decision; this only displays.
 *
 * Event listeners are on the document, because htmx replaces the form when the server returns errors.
 */
import { announce } from "./announce.js";
import { balance } from "./balance.js";
import { isModified } from "./clicks.js";

const formatNumber = (value) => value.toLocaleString("en");
const composer = () => document.getElementById("composer");
const selectedModel = () => composer().querySelector("[name=model_id]:checked");
const isNarrow = matchMedia("(max-width: 900px)");

// The order of the options in a row of the prices, before the credits.
const PRICED = ["quality", "resolution", "thinking_level"];
const AUTOMATIC = "";

const optionInputs = (name) => [...composer().querySelectorAll(`[name=${name}]`)];
const checkedValue = (name) => composer().querySelector(`[name=${name}]:checked`)?.value ?? "";
const sourceCount = () => Number(document.getElementById("composer-foot").dataset.sources);
// The shape of the first source is there if there is one, for every model.
const isOffered = (model, name, value) =>
  name === "aspect_ratio" && value === "auto" ? sourceCount() > 0 : model.dataset.offers.split(" ").includes(`${name}-${value}`);
const offersChoice = (model, name) => model.dataset.offers.split(" ").some((word) => word.startsWith(`${name}-`));

/** Returns the price in credits of one image with the form's values, some of them replaced; undefined if there is no such combination. */
function priceOf(model, replaced = {}) {
  const rows = JSON.parse(document.getElementById("composer-prices").value)[model.value] ?? [];
  const values = PRICED.map((name) => replaced[name] ?? checkedValue(name));
  // A model that leaves no choice has one value in all of its prices.
  const row = rows.find((row) => PRICED.every((name, at) => !offersChoice(model, name) || row[at] === values[at]));
  return row?.at(-1);
}

function defaultOf(model, name) {
  const defaults = { quality: model.dataset.quality, resolution: "1K", thinking_level: "default", background: "opaque" };
  return defaults[name] ?? optionInputs(name).find((input) => isOffered(model, name, input.value))?.value;
}

/** Shows the values that the model offers, and selects its default in place of another value. Returns a note about that. */
function fitChoice(model, name, label, previousDefault) {
  const inputs = optionInputs(name);
  const selected = inputs.find((input) => input.checked);
  for (const input of inputs) {
    input.disabled = !isOffered(model, name, input.value);
    input.closest("label").hidden = input.disabled;
  }
  if (selected && !selected.disabled) {
    return "";
  }
  const replacement = inputs.find((input) => input.value === defaultOf(model, name));
  if (replacement) {
    replacement.checked = true;
  } else if (selected) {
    selected.checked = false;
  }
  if (!selected || selected.value === previousDefault) {
    return "";
  }
  const now = replacement && !replacement.disabled ? ` ${label} is now ${nameOf(replacement)}.` : "";
  return `This model doesn't support ${selected.dataset.words ?? selected.value}.${now}`;
}

function nameOf(input) {
  return input.closest("label").querySelector("[data-name]")?.textContent ?? input.value;
}

/** Disables JPEG for a transparent picture. Returns a note if it was selected. */
function fitFormat() {
  const [jpeg, automatic] = ["jpeg", AUTOMATIC].map((value) => composer().querySelector(`[name=output_format][value="${value}"]`));
  jpeg.disabled = checkedValue("background") === "transparent";
  jpeg.closest("label").title = jpeg.disabled ? "JPEG can't be transparent" : "";
  if (!jpeg.checked || !jpeg.disabled) {
    return "";
  }
  automatic.checked = true;
  return "JPEG can't be transparent. Format is now Auto.";
}

function showNote(id, note, isOutdated) {
  const help = document.getElementById(id);
  if (note || isOutdated) {
    help.textContent = note;
  }
  help.hidden = !help.textContent;
  if (note) {
    // On a phone, the price and the button cover the end of the form.
    help.scrollIntoView({ block: "nearest" });
  }
}

let previousModel = null;

function updateChoices(model, event) {
  const changed = event?.target.name;
  const fieldsets = [...document.querySelectorAll("[data-option]")];
  const notes = fieldsets.map((fieldset) => {
    const { option: name, label } = fieldset.dataset;
    fieldset.hidden = !offersChoice(model, name);
    return fitChoice(model, name, label, defaultOf(previousModel ?? model, name));
  });
  const optionNote = [...notes, fitFormat()].filter(Boolean).join(" ");
  const ratioNote = fitChoice(model, "aspect_ratio", "Aspect ratio");
  const isOption = fieldsets.some((fieldset) => fieldset.dataset.option === changed);
  showNote("option-help", optionNote, changed === "model_id" || isOption);
  showNote("ratio-help", ratioNote, changed === "model_id" || changed === "aspect_ratio");
  if (optionNote || ratioNote) {
    announce([optionNote, ratioNote].filter(Boolean).join(" "));
  }
  for (const name of PRICED.filter((name) => offersChoice(model, name))) {
    for (const input of optionInputs(name)) {
      input.closest("label").querySelector("[data-price]").textContent = priceOf(model, { [name]: input.value }) ?? "–";
    }
  }
  previousModel = model;
}

function element(tag, text) {
  const created = document.createElement(tag);
  created.textContent = text;
  return created;
}

function costText(model, cost, count, available) {
  if (cost === undefined) {
    return [`${model.closest("label").querySelector(".composer-model").textContent} doesn't support this combination of options.`];
  }
  const total = `${formatNumber(available)} credit${available === 1 ? "" : "s"}`;
  return cost > available
    ? ["Needs ", element("strong", formatNumber(cost)), ` credit${cost === 1 ? "" : "s"}. You have ${formatNumber(available)}.`]
    : ["Will use ", element("strong", formatNumber(cost)), ` of ${total}${count > 1 ? ` (${count} × ${formatNumber(cost / count)})` : ""}`];
}

function updateCost(model) {
  const count = Number(checkedValue("count") || 1);
  const [price, available] = [priceOf(model), balance()];
  const cost = price && count * price;
  const isShort = cost > available;
  const focused = document.activeElement;
  composer().querySelector("[data-cost]").replaceChildren(...costText(model, cost, count, available));
  const [button, link] = [document.getElementById("generate-button"), document.getElementById("add-credits")];
  button.hidden = isShort;
  link.hidden = !isShort;
  // Hiding the focused button would move the focus to the start of the page.
  if (isShort && focused === button) {
    link.focus();
  }
  const state = document.getElementById("result-panel").dataset.state;
  const verb = state === "queued" || state === "running" ? "Queue another" : "Generate";
  button.querySelector("[data-label]").textContent = count > 1 ? `Generate ${count} images` : verb;
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
    updateChoices(model, event);
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

/** Opens a page with the texts and options of the composer. They are sent by POST: prompts belong in no address. */
function openWithDraft(url) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = url;
  form.hidden = true;
  const fields = [...new FormData(composer())].filter(([, value]) => typeof value === "string");
  for (const [name, value] of [...fields, ["update_price", "yes"]]) {
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}

document.addEventListener("input", (event) => event.target.closest("#composer") && update(event));

document.addEventListener("click", (event) => {
  const comparison = event.target.closest("[data-compare]");
  if (comparison && !isModified(event)) {
    event.preventDefault();
    openWithDraft(comparison.href);
  }
  const pill = event.target.closest("[data-style]");
  if (pill) {
    const style = document.getElementById("style");
    style.value = pill.dataset.style;
    style.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const example = event.target.closest("[data-example]");
  // On narrow screens the link leads to the form.
  if (example && !isModified(event) && !isNarrow.matches) {
    event.preventDefault();
    applyExample(example);
  }
});

document.addEventListener("keydown", (event) => {
  const button = document.getElementById("generate-button");
  if (document.querySelector("dialog[open]")) {
    return;
  }
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
  document.getElementById("prompt").placeholder = document.getElementById("prompt-label").dataset.placeholder;
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
