/**
 * Time that passes while an image is made, and a bar that eases towards what is usual.
 *
 * The bar stops at 92 %: only the server knows when it is done. What the server said last counts on from the moment
 * it came, because two clocks need not agree.
 */

const STOP_PERCENT = 92;
const came = new WeakMap();

function seconds(element, said) {
  if (!came.has(element)) {
    came.set(element, performance.now());
  }
  return Number(said) + (performance.now() - came.get(element)) / 1000;
}

function tick() {
  for (const element of document.querySelectorAll("[data-elapsed]")) {
    element.textContent = `${Math.round(seconds(element, element.dataset.elapsed))} s`;
  }
  for (const bar of document.querySelectorAll("progress[data-most]")) {
    const usual = (Number(bar.dataset.least) + Number(bar.dataset.most)) / 2;
    bar.value = STOP_PERCENT * (1 - Math.exp((-1.6 * seconds(bar, bar.dataset.since)) / usual));
  }
}

setInterval(tick, 250);
tick();
