/** Disables the resend button of a code for as long as the server's rate limit applies, with a countdown. */

for (const button of document.querySelectorAll("[data-wait-seconds]")) {
  const label = button.textContent;
  let secondsLeft = Number(button.dataset.waitSeconds);
  const render = () => {
    button.disabled = secondsLeft > 0;
    button.textContent = secondsLeft > 0 ? `Send a new code in 0:${String(secondsLeft).padStart(2, "0")}` : label;
  };
  const timer = setInterval(() => {
    secondsLeft -= 1;
    render();
    if (secondsLeft <= 0) {
      clearInterval(timer);
    }
  }, 1000);
  render();
}
