/** One image: its picture or its progress, its label, and the link to its picture, which is renewed when it expires. */
const ALT_TEXT_MAX_CHARACTERS = 120;
const STEPS = { queued: "Queued", running: "Generating" };
// How long one call waits for an unfinished image: short at first, so that the change from queued to running is shown.
const WAIT_SECONDS = [3, 5, 10];
const LONG_WAIT_SECONDS = 20;
const CALLS_MAX = 60;

// The elements of the page by id.
const ui = Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [element.id, element]));
let shown = {};

/** Show an image in its current state. */
function showImage(image) {
  shown = image;
  ui.image.hidden = false;
  ui.list.hidden = true;
  closeEdit();
  say("");
  // An edit without a ratio of its own keeps that of its source.
  const ratio = ratioOf(image);
  if (ratio) {
    ui.bed.style.setProperty("--ratio", ratio);
  }
  showLabel(image);
  showActions(image);
  if (image.status === "succeeded") {
    showPicture(image);
  } else if (isFinal(image)) {
    showFailure(FAILURES[image.status], image.error?.message);
  } else {
    showProgress(STEPS[image.status]);
  }
}

function showLabel(image) {
  ui.prompt.textContent = image.prompt || "Image";
  ui.prompt.classList.remove("whole");
  ui.more.hidden = ui.prompt.scrollHeight <= ui.prompt.clientHeight + 1;
  ui.facts.textContent = image.modelId ? factsOf(image) : "";
  ui.charge.textContent = image.modelId ? chargeOf(image) : "";
}

/** Show one part of the bed. While an edit is generated, its source stays visible behind the progress. */
function showPart(part) {
  const isWaiting = part === ui.progress;
  ui.progress.hidden = !isWaiting;
  ui.failure.hidden = part !== ui.failure;
  ui.picture.hidden = part === ui.failure || !ui.picture.src;
  ui.bed.classList.toggle("waiting", isWaiting);
  ui.card.ariaBusy = isWaiting;
}

function showProgress(step) {
  ui.step.textContent = step;
  showPart(ui.progress);
}

/** Show why there is no picture. The service's own texts say whether credits were refunded. */
function showFailure(title, text = "") {
  ui.picture.removeAttribute("src");
  ui.failureTitle.textContent = title;
  ui.failureText.textContent = text;
  showPart(ui.failure);
}

function showPicture(image) {
  ui.picture.alt = image.prompt.slice(0, ALT_TEXT_MAX_CHARACTERS);
  ui.picture.src = image.url ?? image.data ?? "data:,";
  showPart(ui.picture);
}

/** Load a picture whose link has expired: with a new link, once, or from the tool's result. */
async function recover(image) {
  if (can.tools && !image.isRenewed) {
    image.isRenewed = true;
    await renew(image).catch(() => {});
    if (shown === image) {
      showPicture(image);
    }
  } else if (image.data && ui.picture.src !== image.data) {
    ui.picture.src = image.data;
  } else {
    image.url = null;
    showActions(image);
    showFailure("The link to this picture has expired", "Ask for the image again to get a new link.");
  }
}

async function renew(image) {
  const { structuredContent } = await callTool("getimages_get_image", { id: image.id });
  image.url = siteUrl(structuredContent.imageUrl);
}

/** Return a link that works for 15 minutes. The age of the link in a result is unknown: the chat may be old. */
async function freshUrl(image) {
  if (can.tools) {
    await renew(image);
  }
  return image.url;
}

/** Show an unfinished image until it is final, or until the view shows something else. */
async function follow(image) {
  try {
    for (let call = 0; call < CALLS_MAX && !isFinal(image) && shown === image && !isTornDown; call += 1) {
      const waitSeconds = WAIT_SECONDS[call] ?? LONG_WAIT_SECONDS;
      const result = await callTool("getimages_get_image", { id: image.id, waitSeconds });
      Object.assign(image, imageOf(result), { remaining: image.remaining });
      if (shown === image) {
        showImage(image);
      }
    }
  } catch (error) {
    say(`${error.message} The image is still being generated. Ask for it again in a minute.`);
  }
}

/** Write a line below the actions, which screen readers also announce. */
function say(text) {
  ui.status.textContent = text;
  ui.linkField.hidden = true;
}

ui.picture.addEventListener("error", () => shown.status === "succeeded" && recover(shown));
ui.more.addEventListener("click", () => {
  ui.prompt.classList.add("whole");
  ui.more.hidden = true;
  ui.prompt.focus();
});
