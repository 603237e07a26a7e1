/**
 * Keeps the focus when htmx replaces the focused element, which htmx does for elements with an id only, or disables it during
 * a request.
 */

let focused = null;
let current = null;
let pressed = null;

/** A text that the replacement of an element has as well: where a link leads, else the name and value, else the words. */
function identityOf(element) {
  const own = element.getAttribute("href") ?? (element.name ? `${element.name} ${element.value}` : element.textContent.trim());
  return `${element.tagName} ${own}`;
}

document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  const element = document.activeElement;
  focused = element.id || !target.contains(element) ? null : { identity: identityOf(element), tag: element.tagName, targetId: target.id };
});

document.addEventListener("htmx:afterSwap", () => {
  if (focused && document.activeElement === document.body) {
    const around = document.getElementById(focused.targetId) ?? document;
    [...around.querySelectorAll(focused.tag)].find((element) => identityOf(element) === focused.identity)?.focus({ preventScroll: true });
  }
  focused = null;
});

// Between these two events htmx disables elements, and the browser takes the focus from them.
document.addEventListener("htmx:beforeRequest", () => {
  current = document.activeElement;
});

document.addEventListener("htmx:beforeSend", () => {
  pressed = current?.disabled ? current : pressed;
});

document.addEventListener("htmx:afterRequest", () => {
  if (pressed && !pressed.disabled) {
    if (document.activeElement === document.body) {
      pressed.focus({ preventScroll: true });
    }
    pressed = null;
  }
});
