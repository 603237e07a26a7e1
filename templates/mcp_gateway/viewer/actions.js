/** The buttons below an image. One that the host does not support is left out. */
const SHORT_ID_CHARACTERS = 8;

function showActions({ id, status, url }) {
  const hasPicture = status === "succeeded";
  const hasLink = hasPicture && (url || can.tools);
  ui.editButton.hidden = !hasPicture || !can.tools;
  ui.variation.hidden = !hasPicture || !can.message;
  ui.download.hidden = !hasLink || !(can.download || can.links);
  ui.copy.hidden = !hasLink;
  ui.open.hidden = !id || !can.links;
  ui.actions.hidden = [...ui.actions.children].every(({ hidden }) => hidden);
}

/** Ask the model for a variation, so that it tells the price and calls the tool. */
async function sendVariation({ id }) {
  const text = `Make a variation of image ${id}: the same subject and style, another composition. `
    + "Use it as the source of getimages_edit_image, and give me the price first.";
  await ask("ui/message", { role: "user", content: [{ type: "text", text }] });
  say("Sent to the chat.");
}

async function download(image) {
  const uri = await freshUrl(image);
  if (!can.download) {
    await openPage(uri);
    return;
  }
  const { id, mediaType } = image;
  const name = `get-images-${id.slice(0, SHORT_ID_CHARACTERS)}.${mediaType.replace("image/", "")}`;
  await ask("ui/download-file", { contents: [{ type: "resource_link", uri, name, mimeType: mediaType }] });
}

async function copyLink(image) {
  const url = await freshUrl(image);
  try {
    if (!can.clipboard) {
      throw new Error("The host doesn't allow access to the clipboard.");
    }
    await navigator.clipboard.writeText(url);
    say("Link copied. It works for 15 minutes.");
  } catch {
    // The selected link can be copied by keyboard.
    say("Copy this link with your keyboard. It works for 15 minutes.");
    ui.linkField.hidden = false;
    ui.link.value = url;
    ui.link.select();
  }
}

function openPage(url) {
  return ask("ui/open-link", { url });
}

function imagePage(id) {
  return `${SITE}/dashboard/images/${id}/`;
}

/** Run a button's action, and write its error below the buttons. */
function onClick(button, action) {
  button.addEventListener("click", async () => {
    say("");
    try {
      await action(shown);
    } catch (error) {
      say(error.message);
    }
  });
}

onClick(ui.variation, sendVariation);
onClick(ui.download, download);
onClick(ui.copy, copyLink);
onClick(ui.open, ({ id }) => openPage(imagePage(id)));
onClick(ui.addCredits, () => openPage(root.dataset.billing));
