/** How long a password would withstand guessing, by a real estimator, which is fetched when the field is entered. */

const WORDS = ["Too easy to guess.", "Too easy to guess.", "Could be guessed with effort.", "Good.", "Strong."];
const HELP = "8 characters or more; a sentence works well.";
const vendor = document.getElementById("strength-script").dataset.vendor;
let estimator = null;

function script(name) {
  return new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = `${vendor}${name}.js`;
    element.addEventListener("load", resolve);
    element.addEventListener("error", reject);
    document.head.append(element);
  });
}

function load() {
  estimator ??= Promise.all(["core", "language-common", "language-en"].map(script)).then(() => {
    const { core, "language-common": common, "language-en": english } = window.zxcvbnts;
    return new core.ZxcvbnFactory({
      dictionary: { ...common.dictionary, ...english.dictionary },
      graphs: common.adjacencyGraphs,
      translations: english.translations,
    });
  });
  return estimator;
}

for (const bar of document.querySelectorAll("[data-strength]")) {
  const input = document.getElementById(bar.dataset.for);
  const words = bar.parentElement.querySelector("[data-strength-words]");
  const addresses = () => [...input.form.querySelectorAll("input[type=email]")].map((each) => each.value);
  // What stands in the address, whole or in parts, is the first thing that is tried.
  const known = () => ["Get Images", ...addresses().flatMap((each) => [each, each.split("@")[0], ...each.split(/\W+/)])].filter(Boolean);
  input.addEventListener("focus", load, { once: true });
  input.addEventListener("input", async () => {
    const { score } = (await load()).check(input.value, known());
    bar.hidden = !input.value;
    bar.dataset.score = input.value ? Math.max(score, 1) : 0;
    const text = input.value ? `${WORDS[score]} ${score < 3 ? HELP : ""}`.trim() : HELP;
    if (words.textContent !== text) {
      words.textContent = text;
    }
  });
}
