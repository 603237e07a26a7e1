/**
 * Live updates for dashboard pages: dispatches events on the body, on which parts of the page reload themselves.
 *
 * live-image, live-balance and live-key arrive over the WebSocket. live-open is dispatched when it first opens, for
 * changes since the page was rendered. live-anything is dispatched every three seconds while it is closed, and when it
 * opens again.
 */

const POLL_MILLISECONDS = 3000;
const RECONNECT_MIN_MILLISECONDS = 500;
const RECONNECT_MAX_MILLISECONDS = 15000;
const NOT_SIGNED_IN = 4401;
const TOO_MANY_SOCKETS = 4429;

const status = () => document.querySelector("[data-live-status]");
let pollTimer = null;
let failures = 0;
let isLeaving = false;

function dispatch(topic, detail = {}) {
  if (isLeaving) {
    return;
  }
  document.body.dispatchEvent(new CustomEvent(`live-${topic}`, { detail, bubbles: true }));
}

function startPolling() {
  pollTimer ??= setInterval(() => dispatch("anything"), POLL_MILLISECONDS);
  if (status()) {
    status().hidden = false;
  }
}

function onOpen() {
  if (pollTimer !== null) {
    clearInterval(pollTimer);
    pollTimer = null;
    dispatch("anything");
  } else {
    dispatch("open");
  }
  failures = 0;
  document.body.dataset.live = "on";
  if (status()) {
    status().hidden = true;
  }
}

function onMessage(event) {
  const { topic, id } = JSON.parse(event.data);
  dispatch(topic, { id });
}

function onClose(event) {
  delete document.body.dataset.live;
  // The session may have ended, or only its cookie may be new. A request shows which; requests.js reports the end.
  if (event.code === NOT_SIGNED_IN) {
    dispatch("anything");
  } else {
    startPolling();
  }
  failures += 1;
  const delay = Math.min(RECONNECT_MAX_MILLISECONDS, RECONNECT_MIN_MILLISECONDS * 2 ** failures);
  // A refused socket has been open for a moment, which resets the failures.
  setTimeout(connect, event.code === TOO_MANY_SOCKETS ? RECONNECT_MAX_MILLISECONDS : delay);
}

function connect() {
  if (document.querySelector("#signed-out[data-shown]")) {
    setTimeout(connect, RECONNECT_MAX_MILLISECONDS);
    return;
  }
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/live`);
  socket.addEventListener("open", onOpen);
  socket.addEventListener("message", onMessage);
  socket.addEventListener("close", onClose);
}

// The balance is shown in the sidebar, which htmx updates, and in the top bar of narrow windows.
document.addEventListener("htmx:afterSwap", () => {
  const balance = document.querySelector("[data-balance]");
  const copy = document.querySelector("[data-balance-copy]");
  if (balance && copy) {
    copy.textContent = balance.textContent;
  }
});

// The response to a form replaces the page. Parts requested meanwhile may find a session that the form has ended.
document.addEventListener("submit", (event) => {
  isLeaving = !event.defaultPrevented && event.target.method !== "dialog";
});
addEventListener("pageshow", () => {
  isLeaving = false;
});

// Not earlier: live-open from a socket that opens at once would be lost, because htmx does not listen yet.
document.addEventListener("DOMContentLoaded", connect);
