/** Passkeys: the browser makes or uses one, and the form carries what it answers. */

const REFUSED = "No passkey was used. Try again, or choose another way.";

function say(form, text) {
  const place = form.querySelector("[data-passkey-error]");
  place.textContent = text;
  place.hidden = !text;
}

function send(form, credential) {
  form.elements.credential.value = JSON.stringify(credential.toJSON());
  // Not requestSubmit: its event would begin the ceremony anew.
  form.submit();
}

function optionsOnPage() {
  return JSON.parse(document.getElementById("passkey-options").textContent);
}

async function optionsFromServer(form) {
  const response = await fetch(form.action, { headers: { Accept: "application/json" } });
  return (await response.json()).request_options;
}

async function make() {
  const options = optionsOnPage().creation_options.publicKey;
  // The passkey itself has to know whose it is, or it could not sign in without an address.
  options.authenticatorSelection = { ...options.authenticatorSelection, residentKey: "required", requireResidentKey: true, userVerification: "required" };
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
}

async function use(options, more = {}) {
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey), ...more });
}

let waiting = null;

/** Offers passkeys among what the browser fills into the address field. */
async function offer(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) {
    return;
  }
  waiting = new AbortController();
  try {
    send(form, await use(await optionsFromServer(form), { mediation: "conditional", signal: waiting.signal }));
  } catch {
    // The person went another way, or this name of the site cannot have passkeys: nothing was asked for, so nothing is said.
  }
}

async function run(form) {
  waiting?.abort();
  say(form, "");
  try {
    const kind = form.dataset.passkey;
    if (kind === "add") {
      send(form, await make());
    } else {
      send(form, await use(kind === "sign-in" ? await optionsFromServer(form) : optionsOnPage().request_options));
    }
  } catch {
    say(form, REFUSED);
  }
}

if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  for (const form of document.querySelectorAll("[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      run(form);
    });
    if (form.dataset.passkey === "sign-in") {
      offer(form);
    }
  }
}
