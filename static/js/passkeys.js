/** Passkeys: calls the browser's WebAuthn API and submits its result with the form. */

const IP_ADDRESS = /^(\d+\.){3}\d+$|^\[/;
const LOOPBACK = /^127\.|^\[::1\]$/;
const FAILED = "The passkey request failed or was cancelled. Try again, or use another method.";

function showError(form, text) {
  const error = form.querySelector("[data-passkey-error]");
  error.textContent = text;
  error.hidden = !text;
}

function submit(form, credential) {
  form.elements.credential.value = JSON.stringify(credential.toJSON());
  // Not requestSubmit, whose submit event would start the ceremony again.
  form.submit();
}

function optionsOnPage() {
  return JSON.parse(document.getElementById("passkey-options").textContent);
}

async function optionsFromServer(form) {
  const response = await fetch(form.action, { headers: { Accept: "application/json" } });
  return (await response.json()).request_options;
}

async function createPasskey() {
  const options = optionsOnPage().creation_options.publicKey;
  // Only a discoverable credential (resident key) can sign in without an email address.
  options.authenticatorSelection = { ...options.authenticatorSelection, residentKey: "required", requireResidentKey: true, userVerification: "required" };
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
}

async function getPasskey(options, requestOptions = {}) {
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey), ...requestOptions });
}

let autofill = null;

/** Offers passkeys in the autofill suggestions of the email field. */
async function startAutofill(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) {
    return;
  }
  autofill = new AbortController();
  try {
    submit(form, await getPasskey(await optionsFromServer(form), { mediation: "conditional", signal: autofill.signal }));
  } catch {
    // Aborted, or passkeys don't work on this host name. The user did not start this request, so no error is shown.
  }
}

/** Explains on a page without a host name what to do, with a link on the same machine. */
function showNameRequired(form) {
  form.querySelector("[data-passkey-name]").hidden = false;
  if (LOOPBACK.test(location.hostname)) {
    const link = form.querySelector("[data-name-link]");
    const name = new URL(location.href);
    name.hostname = "localhost";
    [link.href, link.textContent, link.hidden] = [name.href, `Open ${name.host}`, false];
  }
  form.querySelector("button[type=submit]").disabled = true;
}

async function requestPasskey(form) {
  const purpose = form.dataset.passkey;
  if (purpose === "add") {
    return createPasskey();
  }
  return getPasskey(purpose === "sign-in" ? await optionsFromServer(form) : optionsOnPage().request_options);
}

async function run(form) {
  autofill?.abort();
  showError(form, "");
  try {
    submit(form, await requestPasskey(form));
  } catch {
    showError(form, FAILED);
  }
}

if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  for (const form of document.querySelectorAll("[data-passkey]")) {
    form.hidden = false;
    if (IP_ADDRESS.test(location.hostname)) {
      showNameRequired(form);
      continue;
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      run(form);
    });
    if (form.dataset.passkey === "sign-in") {
      startAutofill(form);
    }
  }
}
