/**
 * News of what changed, for every page of the dashboard: events on the body, to which parts of the page ask anew.
 *
 * live-image, live-balance and live-key come over the WebSocket; live-anything after a time without it, and every
 * three seconds while there is none; live-open when it begins, for what may have changed since the page was made.
 */

const POLL_MILLISECONDS = 3000;
const RECONNECT_MAX_MILLISECONDS = 15000;
const NOT_SIGNED_IN = 4401;

const status = () => document.querySelector("[data-live-status]");
let polling = null;
let failures = 0;

function tell(topic, detail = {}) {
  document.body.dispatchEvent(new CustomEvent(`live-${topic}`, { detail, bubbles: true }));
}

function lost() {
  polling ??= setInterval(() => tell("anything"), POLL_MILLISECONDS);
  if (status()) {
    status().hidden = false;
  }
}

function found() {
  if (polling !== null) {
    clearInterval(polling);
    polling = null;
    tell("anything");
  } else {
    tell("open");
  }
  failures = 0;
  document.body.dataset.live = "on";
  if (status()) {
    status().hidden = true;
  }
}

function connect() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/live`);
  socket.addEventListener("open", found);
  socket.addEventListener("message", (event) => {
    const { topic, id } = JSON.parse(event.data);
    tell(topic, { id });
  });
  socket.addEventListener("close", (event) => {
    delete document.body.dataset.live;
    if (event.code === NOT_SIGNED_IN) {
      return;
    }
    lost();
    failures += 1;
    setTimeout(connect, Math.min(RECONNECT_MAX_MILLISECONDS, 500 * 2 ** failures));
  });
}

// The balance stands twice: beside the navigation, and in the bar of narrow windows.
document.addEventListener("htmx:afterSwap", () => {
  const balance = document.querySelector("[data-balance]");
  const copy = document.querySelector("[data-balance-copy]");
  if (balance && copy) {
    copy.textContent = balance.firstChild.textContent;
  }
});

connect();
