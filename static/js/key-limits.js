/** Form with the limits of a key or a connected app: shows how many images a cap pays for and how many models are selected, and selects all or none. */

const cap = document.querySelector("input[name=monthly_credit_cap]");
const models = [...document.querySelectorAll("input[name=allowed_models]")];

function showCapImages(selected) {
  const line = document.querySelector("[data-cap-images]");
  const cheapest = [...selected].sort((a, b) => a.dataset.credits - b.dataset.credits)[0];
  const images = cheapest ? Math.floor(cap.valueAsNumber / cheapest.dataset.credits) : 0;
  line.hidden = !(images > 0);
  line.textContent = `About ${images.toLocaleString("en")} image${images === 1 ? "" : "s"} a month with ${cheapest?.dataset.model}`;
}

/** Updates the label of a folded list of models: the same words as ConnectionForm.models_selected. */
function showModels(selected) {
  const label = document.querySelector("[data-models-selected]");
  if (label) {
    label.textContent = selected.length === models.length ? `All ${models.length} models` : `${selected.length} of ${models.length} models`;
  }
}

function show() {
  const selected = models.filter((model) => model.checked);
  showCapImages(selected);
  showModels(selected);
}

/** Shows the buttons that select all models or none. */
function offerChecks() {
  const buttons = document.querySelector("[data-check-buttons]");
  buttons.hidden = false;
  buttons.addEventListener("click", (event) => {
    const button = event.target.closest("[data-check]");
    if (button) {
      for (const model of models) {
        model.checked = button.dataset.check === "all";
      }
      cap.form.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
}

if (cap) {
  offerChecks();
  cap.form.addEventListener("input", show);
  // A page that the browser restores has its fields filled after the script has run.
  addEventListener("pageshow", show);
  show();
}
