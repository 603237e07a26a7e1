/** Password strength meter with zxcvbn, which is loaded when the password field gets the focus. */

const RATINGS = ["Too easy to guess.", "Too easy to guess.", "Could be stronger.", "Good.", "Strong."];
const GOOD_SCORE = 3;
const vendor = document.getElementById("strength-script").dataset.vendor;
let estimator = null;

function loadScript(name) {
  return new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = `${vendor}${name}.js`;
    element.addEventListener("load", resolve);
    element.addEventListener("error", reject);
    document.head.append(element);
  });
}

function loadEstimator() {
  estimator ??= Promise.all(["core", "language-common", "language-en"].map(loadScript)).then(() => {
    const { core, "language-common": common, "language-en": english } = window.zxcvbnts;
    return new core.ZxcvbnFactory({
      dictionary: { ...common.dictionary, ...english.dictionary },
      graphs: common.adjacencyGraphs,
      translations: english.translations,
    });
  });
  return estimator;
}

/** Returns words that make a password weak: the site's name, and the email address and its parts. */
function guessableWords(form) {
  const addresses = [...form.querySelectorAll("input[type=email]")].map((input) => input.value);
  return ["Get Images", ...addresses.flatMap((address) => [address, address.split("@")[0], ...address.split(/\W+/)])].filter(Boolean);
}

for (const bar of document.querySelectorAll("[data-strength]")) {
  const input = document.getElementById(bar.dataset.for);
  const message = bar.parentElement.querySelector("[data-strength-text]");
  const help = message.textContent;
  input.addEventListener("focus", loadEstimator, { once: true });
  input.addEventListener("input", async () => {
    const { score } = (await loadEstimator()).check(input.value, guessableWords(input.form));
    bar.hidden = !input.value;
    bar.dataset.score = input.value ? Math.max(score, 1) : 0;
    const text = input.value ? `${RATINGS[score]} ${score < GOOD_SCORE ? help : ""}`.trim() : help;
    // The message is a live region, which announces every assignment, even of the same text.
    if (message.textContent !== text) {
      message.textContent = text;
    }
  });
}
