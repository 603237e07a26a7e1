/** Moves the focus to the first field with an error of a refused form: browsers may ignore `autofocus`. */
addEventListener("load", () => document.querySelector("[aria-invalid='true']")?.focus());
