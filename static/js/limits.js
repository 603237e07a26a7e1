/**
 * Limits of text fields: shows how many characters a text has, and stops a form with a text that is too long.
 *
 * A field with data-max-characters has a counter ([data-count]) and a warning ([data-over]) beside it. Characters are
 * counted as on the server, by code point: `maxlength` would count UTF-16 units, and cut a pasted text silently.
 */

// A counter without data-always appears when this part of the limit is used.
const SHOWN_FROM = 0.8;
const LIMITED = "[data-max-characters]";

const formatNumber = (value) => value.toLocaleString("en");

function show(field) {
  const maximum = Number(field.dataset.maxCharacters);
  const characters = [...field.value].length;
  const over = characters - maximum;
  const [counter, warning] = ["[data-count]", "[data-over]"].map((name) => field.closest(".field").querySelector(name));
  const message =
    over > 0 ? `${formatNumber(over)} character${over === 1 ? "" : "s"} over the limit of ${formatNumber(maximum)}. Shorten the text.` : "";
  counter.hidden = !("always" in counter.dataset) && characters < SHOWN_FROM * maximum;
  counter.textContent = `${formatNumber(characters)} / ${formatNumber(maximum)}`;
  counter.classList.toggle("is-over", over > 0);
  if (warning.textContent !== message) {
    const isNew = !warning.textContent;
    warning.textContent = message;
    // A long text grows until its warning is behind the buttons below the form.
    if (isNew && field === document.activeElement) {
      warning.scrollIntoView({ block: "nearest" });
    }
  }
  if (message) {
    field.setAttribute("aria-invalid", "true");
  } else if (field.validity.customError) {
    field.removeAttribute("aria-invalid");
  }
  field.setCustomValidity(message);
}

function showAll() {
  document.querySelectorAll(LIMITED).forEach(show);
}

document.addEventListener("input", (event) => event.target.matches(LIMITED) && show(event.target));
document.addEventListener("htmx:afterSettle", showAll);
// A page that the browser restores has its fields filled after the script has run.
addEventListener("pageshow", showAll);
showAll();
