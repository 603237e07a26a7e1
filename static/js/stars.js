/** Stars: a click on one changes it in place. Without a script, the button sends its form and the page is shown again. */

/** Shows whether a star's image is a favourite. */
export function setStar(star, isFavourite) {
  star.classList.toggle("is-favourite", isFavourite);
  star.setAttribute("aria-pressed", String(isFavourite));
  star.value = isFavourite ? "no" : "yes";
}

document.addEventListener("click", (event) => {
  const star = event.target.closest("[data-star]");
  if (!star) {
    return;
  }
  event.preventDefault();
  const isFavourite = star.value === "yes";
  const values = {
    csrfmiddlewaretoken: star.form.elements.csrfmiddlewaretoken.value,
    favourite: star.value,
    from: star.form.elements.from?.value ?? "",
  };
  setStar(star, isFavourite);
  // Not the star itself: htmx would add the fields of its form, which contain every selected image.
  const source = star.closest(".tile, .compared, .detail-actions");
  htmx.ajax("POST", star.dataset.star, { source, target: star, swap: "outerHTML", values }).catch(() => {});
});

document.addEventListener("htmx:afterRequest", (event) => {
  const star = event.detail.target;
  if (star?.matches?.("[data-star]") && !event.detail.successful && star.isConnected) {
    setStar(star, star.value === "yes");
  }
});
