/**
 * Requests of the page that htmx could not complete: the session has ended, the form is stale, or the server is down.
 *
 * Without a session the server responds with 401 and HX-Redirect; to an old CSRF token, with X-Stale-Form.
 */
import { save, start } from "./drafts.js";

const SIGNED_OUT = 401;
const OFFLINE = "You're offline. Check your connection, then try again.";
const UNREACHABLE = "We couldn't reach the server. Check your connection, then try again.";
const SERVER_ERROR = "The server couldn't complete this request. Try again.";
const OTHER_ERROR = "This part of the page couldn't be loaded. Reload the page.";

const signedOut = document.getElementById("signed-out");
const staleForm = document.getElementById("stale-form");
const failure = document.getElementById("request-failure");
// Failed requests by element, or by path for those that a script sent for the whole page.
const failed = new Map();
// The element that had the focus when a request failed.
let returnTo = null;

const keyOf = ({ elt, requestConfig }) => (elt === document.body ? requestConfig.path : elt);

const isUpdate = (trigger) => trigger.type.startsWith("live-") || trigger.type === "load";

function isBackground(event) {
  const trigger = event.detail.requestConfig.triggeringEvent;
  return !trigger || isUpdate(trigger);
}

function open(dialog, { isSubmission, hasTypedText }) {
  for (const part of dialog.querySelectorAll("[data-if-submitted]")) {
    part.hidden = !isSubmission;
  }
  for (const part of dialog.querySelectorAll("[data-if-text]")) {
    part.hidden = !hasTypedText;
  }
  if (!dialog.open) {
    dialog.showModal();
  }
}

function saveForms() {
  const forms = [...document.forms].filter((form) => !form.closest(".sidebar, .topbar"));
  return save(forms, true);
}

function showProblem(dialog, { requestConfig }) {
  open(dialog, { isSubmission: requestConfig.verb !== "get", hasTypedText: saveForms() });
}

function describeFailure(xhr) {
  if (!xhr.status) {
    return navigator.onLine ? UNREACHABLE : OFFLINE;
  }
  return xhr.status >= 500 ? SERVER_ERROR : OTHER_ERROR;
}

function showFailure(detail, text) {
  // Updates are retried automatically, and the page shows that it is reconnecting.
  const trigger = detail.requestConfig.triggeringEvent;
  if (trigger && isUpdate(trigger)) {
    return;
  }
  failed.set(keyOf(detail), detail);
  if (!failure.contains(document.activeElement)) {
    // A button that is disabled during its request has lost the focus.
    returnTo = document.activeElement === document.body ? trigger?.submitter : document.activeElement;
  }
  failure.querySelector("[data-text]").textContent = text;
  failure.querySelector("[data-retry]").hidden = text === OTHER_ERROR;
  failure.querySelector("[data-reload]").hidden = text !== OTHER_ERROR;
  failure.hidden = false;
}

function removeFailure(detail) {
  failed.delete(keyOf(detail));
  for (const key of failed.keys()) {
    if (key instanceof Element && !key.isConnected) {
      failed.delete(key);
    }
  }
  failure.hidden = !failed.size;
}

function retry({ elt, requestConfig, etc }) {
  const { verb, path } = requestConfig;
  // The events of a request that fails again show the failure again, so its rejected promise has no other handler.
  htmx.ajax(verb, path, { source: elt, target: etc.targetOverride, swap: etc.swapOverride, select: etc.select }).catch(() => {});
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (signedOut?.dataset.shown && isBackground(event)) {
    event.preventDefault();
  }
});

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr } = event.detail;
  if (signedOut && xhr.status === SIGNED_OUT) {
    event.preventDefault();
    signedOut.dataset.shown = "yes";
    signedOut.querySelector("[data-sign-in]").href = xhr.getResponseHeader("HX-Redirect");
    showProblem(signedOut, event.detail);
  } else if (staleForm && xhr.getResponseHeader("X-Stale-Form")) {
    event.preventDefault();
    showProblem(staleForm, event.detail);
  }
});

// A page in place of a part, such as the maintenance page of a proxy, is not swapped in.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { elt, shouldSwap, xhr } = event.detail;
  const isWholePage = /^\s*(<!doctype|<html)/i.test(xhr.responseText);
  if (shouldSwap && isWholePage && !event.detail.requestConfig.elt.closest("[hx-select]")) {
    event.detail.shouldSwap = false;
    showFailure({ ...event.detail, elt }, OTHER_ERROR);
  }
});

for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(name, (event) => showFailure(event.detail, describeFailure(event.detail.xhr)));
}

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) {
    delete signedOut?.dataset.shown;
    removeFailure(event.detail);
  }
});

failure.addEventListener("click", (event) => {
  if (event.target.closest("[data-retry]")) {
    const requests = [...failed.values()].filter(({ elt }) => elt.isConnected);
    failed.clear();
    failure.hidden = true;
    returnTo?.focus();
    requests.forEach(retry);
  } else if (event.target.closest("[data-reload]")) {
    location.reload();
  }
});

// Save again: the dialog may have opened before the last edit, and once closed it allows further edits.
signedOut?.querySelector("[data-sign-in]").addEventListener("click", saveForms);
staleForm?.querySelector("[data-reload]").addEventListener("click", () => {
  saveForms();
  location.reload();
});

if (document.body.dataset.user) {
  start();
}
