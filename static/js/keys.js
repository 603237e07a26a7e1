/** The key dialogs: what a cap buys, and a secret that is not left behind uncopied. */
import { announce } from "./announce.js";

const COPIED_MILLISECONDS = 2000;

const cap = document.querySelector("input[name=monthly_credit_cap]");
const secret = document.querySelector("[data-secret]");

function sayWhatItBuys() {
  const line = document.querySelector("[data-cap-images]");
  const models = [...document.querySelectorAll("input[name=allowed_models]:checked")];
  const cheapest = models.sort((a, b) => a.dataset.credits - b.dataset.credits)[0];
  const images = cheapest ? Math.floor(cap.valueAsNumber / cheapest.dataset.credits) : 0;
  line.hidden = !(images > 0);
  line.textContent = `About ${images.toLocaleString("en")} image${images === 1 ? "" : "s"} a month with ${cheapest?.dataset.model}`;
}

if (cap) {
  cap.form.addEventListener("input", sayWhatItBuys);
  sayWhatItBuys();
}

function guard() {
  const done = document.querySelector("[data-leave]");
  const saved = document.querySelector("[data-saved]");
  const question = document.querySelector("[data-question]");
  const allow = () => {
    done.removeAttribute("aria-disabled");
    question.hidden = true;
  };
  done.setAttribute("aria-disabled", "true");
  saved.closest("label").hidden = false;
  saved.addEventListener("change", () => (saved.checked ? allow() : done.setAttribute("aria-disabled", "true")));
  done.addEventListener("click", (event) => {
    if (done.hasAttribute("aria-disabled")) {
      event.preventDefault();
      question.hidden = false;
      question.querySelector("button").focus();
    }
  });
  question.querySelector("button").addEventListener("click", () => {
    question.hidden = true;
    document.querySelector("[data-copy-secret]").focus();
  });
  return allow;
}

async function copySecret(button, allow) {
  try {
    await navigator.clipboard.writeText(secret.textContent);
  } catch {
    getSelection().selectAllChildren(secret);
    announce("Selected. Press the copy keys.");
    return;
  }
  const label = button.querySelector("[data-label]");
  label.textContent = "Copied";
  announce("Copied");
  setTimeout(() => { label.textContent = "Copy key"; }, COPIED_MILLISECONDS);
  allow();
}

if (secret) {
  const allow = guard();
  const button = document.querySelector("[data-copy-secret]");
  button.hidden = false;
  button.focus();
  button.addEventListener("click", () => copySecret(button, allow));
  // The key is in what a snippet's button copies, too; and whoever copies by hand has it as well.
  document.querySelector("dialog").addEventListener("click", (event) => event.target.closest("[data-copy]") && allow());
  secret.addEventListener("copy", allow);
}
