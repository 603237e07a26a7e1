/**
 * Drafts: what was typed into the forms of a page, kept in this tab while its user signs in again, reloads the page or
 * buys credits.
 *
 * A draft of a submitted form becomes a kept one only if the next page is a sign-in page or the page of an expired form
 * (drafts-kept.js). Passwords, codes, hidden fields and files are never stored.
 */

const STORAGE_KEY = "draft";
const MAX_AGE_MILLISECONDS = 3600 * 1000;
const SKIPPED_TYPES = ["hidden", "password", "file", "submit", "button", "reset", "image"];
const SIGN_OUT = "/accounts/logout/";
const BILLING = "/dashboard/billing/";

const path = () => location.pathname + location.search;
const user = () => document.body.dataset.user;
const isChoice = (field) => field.type === "radio" || field.type === "checkbox";

// Private windows and full storage refuse access; the page then works without drafts.
function withStorage(action) {
  try {
    return action(sessionStorage);
  } catch {
    return null;
  }
}

function read() {
  return withStorage((storage) => JSON.parse(storage.getItem(STORAGE_KEY)));
}

/** Stores a draft. Returns whether it could. */
function write(draft) {
  const isStored = withStorage((storage) => {
    storage.setItem(STORAGE_KEY, JSON.stringify(draft));
    return true;
  });
  return Boolean(isStored);
}

export function discard() {
  withStorage((storage) => storage.removeItem(STORAGE_KEY));
}

function fieldsOf(form) {
  return [...form.elements].filter(
    (field) => field.name && !SKIPPED_TYPES.includes(field.type) && field.type !== "fieldset" && field.autocomplete !== "one-time-code",
  );
}

function formKey(form) {
  return form.id || form.getAttribute("action") || "";
}

function valuesOf(form) {
  return fieldsOf(form)
    .filter((field) => !isChoice(field) || field.checked)
    .map((field) => [field.name, field.value]);
}

function isTyped(field) {
  return !isChoice(field) && field.type !== "select-one" && field.value.trim() && field.value !== field.defaultValue;
}

const hasTypedText = (form) => fieldsOf(form).some(isTyped);

/** Stores the values of these forms. Returns whether a text that was typed is among them. */
export function save(forms, isKept) {
  const saved = Object.fromEntries([...forms].map((form) => [formKey(form), valuesOf(form)]));
  const draft = { path: path(), user: user(), savedAt: Date.now(), isKept, forms: saved };
  return write(draft) && [...forms].some(hasTypedText);
}

/** Marks the draft as one to restore, because its form was not accepted. */
export function keep() {
  const draft = read();
  if (draft) {
    write({ ...draft, isKept: true });
  }
}

function apply(form, values) {
  let isChanged = false;
  const remaining = [...values];
  for (const field of fieldsOf(form)) {
    const index = remaining.findIndex(([name, value]) => name === field.name && (!isChoice(field) || value === field.value));
    if (isChoice(field)) {
      const checked = index >= 0;
      isChanged ||= checked !== field.checked;
      field.checked = checked;
    } else if (index >= 0) {
      isChanged ||= field.value !== remaining[index][1];
      field.value = remaining[index][1];
    }
    if (index >= 0) {
      remaining.splice(index, 1);
    }
  }
  return isChanged;
}

/** Opens the draft's own address, which names the images to edit, if the page was opened without a query. */
function returnToPage(draft) {
  const isSamePage = new URL(draft.path, location).pathname === location.pathname && !location.search;
  // Once: the server may redirect from that address to this one.
  if (isSamePage && !draft.isReturning && write({ ...draft, isReturning: true })) {
    location.replace(draft.path);
  }
}

/** Fills in the forms of this page from a kept draft of the same user. */
function restore() {
  const draft = read();
  const isOwn = draft && draft.user === user() && Date.now() - draft.savedAt < MAX_AGE_MILLISECONDS;
  if (!isOwn || !draft.isKept) {
    discard();
    return;
  }
  if (draft.path !== path()) {
    returnToPage(draft);
    return;
  }
  discard();
  for (const form of document.forms) {
    const values = draft.forms[formKey(form)];
    if (values && apply(form, values)) {
      form.dispatchEvent(new Event("input", { bubbles: true }));
      // A filter form shows what its results contain, so the results are fetched again.
      if (form.method === "get") {
        form.requestSubmit();
      }
    }
  }
}

/** Restores a draft, and from then on saves every form that the browser submits. */
export function start() {
  // After htmx and the other modules, which listen to the forms.
  document.addEventListener("DOMContentLoaded", restore);
  addEventListener("submit", ({ target, defaultPrevented }) => {
    if (target.getAttribute("action") === SIGN_OUT) {
      discard();
    } else if (!defaultPrevented && target.method === "post" && fieldsOf(target).length) {
      save([target], false);
    }
  });
  addEventListener("click", ({ target }) => {
    const forms = [...document.forms].filter((form) => form.method === "post" && hasTypedText(form));
    if (target.closest(`a[href="${BILLING}"]`) && forms.length) {
      save(forms, true);
    }
  });
}
