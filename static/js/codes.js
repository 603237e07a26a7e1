/** A button that asks for another code rests for a while, as the limit behind it does. */

for (const button of document.querySelectorAll("[data-wait-seconds]")) {
  const text = button.textContent;
  let left = Number(button.dataset.waitSeconds);
  const show = () => {
    button.disabled = left > 0;
    button.textContent = left > 0 ? `Send again in 0:${String(left).padStart(2, "0")}` : text;
  };
  const timer = setInterval(() => {
    left -= 1;
    show();
    if (left <= 0) {
      clearInterval(timer);
    }
  }, 1000);
  show();
}
