/** Disables the button of a staff action until its box is ticked; without this script, the server requires the tick. */
addEventListener("load", () => {
  const box = document.querySelector(".staff-confirm [name=confirmed]");
  const button = document.querySelector(".staff-confirm [type=submit]");
  const update = () => {
    button.disabled = !box.checked;
  };
  box?.addEventListener("change", update);
  box && update();
});
