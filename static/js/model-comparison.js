/**
 * The form of a comparison: shows the total price, which models do not have the chosen options, and the limits of the
 * number of models. The server decides, and sends the prices again when an option is changed.
 */
import { balance } from "./balance.js";

const form = document.querySelector("[data-comparison-form]");
const boxes = () => [...form.querySelectorAll("[name=model_id]")];
const number = new Intl.NumberFormat("en");
const credits = (count) => `${number.format(count)} credit${count === 1 ? "" : "s"}`;

function update() {
  const button = form.querySelector("[data-submit]");
  const checked = boxes().filter((box) => box.checked);
  const total = checked.reduce((sum, box) => sum + Number(box.dataset.credits), 0);
  const available = balance();
  const isFull = checked.length >= Number(boxes()[0]?.dataset.max);
  for (const box of boxes()) {
    box.classList.toggle("is-full", isFull && !box.checked);
  }
  const cost = form.querySelector("[data-cost]");
  const unfit = checked.map((box) => box.closest("label")).find((label) => label.querySelector("[data-problem]"));
  if (unfit) {
    const [name, problem] = [unfit.querySelector("span"), unfit.querySelector("[data-problem]")];
    cost.textContent = `${name.textContent} ${problem.textContent}. Deselect it or change the option.`;
  } else if (checked.length < 2) {
    cost.textContent = `Select two models or more. You have ${credits(available)}.`;
  } else if (total > available) {
    cost.textContent = `Needs ${credits(total)}. You have ${number.format(available)}.`;
  } else {
    cost.textContent = `Will use ${number.format(total)} of ${credits(available)}.`;
  }
  button.textContent = unfit || checked.length < 2 ? "Compare models" : `Compare for ${credits(total)}`;
}

if (form) {
  form.addEventListener("change", (event) => {
    // The last choice gives way to the limit.
    const isTooMany = event.target.matches(".is-full:checked");
    if (isTooMany) {
      event.target.checked = false;
    }
    update();
    if (isTooMany) {
      form.querySelector("[data-cost]").textContent = `Up to ${event.target.dataset.max} models. Deselect one first.`;
    }
  });
  document.addEventListener("htmx:afterSettle", update);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-submit]"));
    }
  });
  update();
}
