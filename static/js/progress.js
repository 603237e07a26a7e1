/**
 * Elapsed time of an unfinished image, and a progress bar that approaches its usual duration.
 *
 * The bar stops at 92 %, because only the server knows when the image is finished. After the longest usual duration, a
 * text about the end of the wait replaces it. Time is counted from the elapsed time in the HTML and not from a timestamp,
 * because the clocks of server and browser can differ.
 */
import { announce } from "./announce.js";

const MAX_PERCENT = 92;
// The bar reaches 80 % of its maximum after the usual duration: 1 - e^-1.6.
const SPEED = 1.6;
const firstSeen = new WeakMap();

function elapsedSeconds(element, elapsedAtRender) {
  if (!firstSeen.has(element)) {
    firstSeen.set(element, performance.now());
  }
  return Number(elapsedAtRender) + (performance.now() - firstSeen.get(element)) / 1000;
}

function tick() {
  for (const element of document.querySelectorAll("[data-elapsed]")) {
    element.textContent = `${Math.round(elapsedSeconds(element, element.dataset.elapsed))} s`;
  }
  for (const bar of document.querySelectorAll("progress[data-most]")) {
    const isOverdue = elapsedSeconds(bar, bar.dataset.since) > Number(bar.dataset.most);
    if (isOverdue && !bar.hidden) {
      const text = bar.parentElement.querySelector("[data-overdue]");
      bar.hidden = true;
      text.hidden = false;
      announce(text.textContent);
    }
    const usual = (Number(bar.dataset.least) + Number(bar.dataset.most)) / 2;
    bar.value = MAX_PERCENT * (1 - Math.exp((-SPEED * elapsedSeconds(bar, bar.dataset.since)) / usual));
  }
}

setInterval(tick, 250);
tick();
