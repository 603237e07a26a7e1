/** A list of images as a grid of thumbnails, and the way back from one of them. */
const LIST_TOOL = "getimages_list_images";
const STATUS_WORDS = { ...STEPS, rejected: "Rejected", failed: "Failed", cancelled: "Cancelled" };
const returns = [];
let listArguments = {};
let areThumbnailsRenewed = false;

/** Let the button at the top return to what is shown now. */
function remember(label, restore) {
  returns.push({ label, restore });
  showBack();
}

function showBack() {
  ui.back.hidden = !returns.length;
  ui.backLabel.textContent = returns.at(-1)?.label;
}

function goBack() {
  returns.pop().restore();
  showBack();
  (ui.list.hidden ? ui.prompt : ui.listTitle).focus();
}

function showList() {
  shown = {};
  ui.image.hidden = true;
  ui.list.hidden = false;
  ui.card.ariaBusy = false;
}

/** Add a page of images to the grid. */
function addTiles({ structuredContent: { images, total, offset }, _meta }) {
  const tiles = images.map((image) => tileOf(image, _meta?.["getimages/thumbnails"]?.[image.id]));
  ui.tiles.append(...tiles);
  const end = offset + images.length;
  const first = end - ui.tiles.childElementCount + 1;
  ui.range.textContent = images.length ? `${first} to ${end} of ${numbers.format(total)}, newest first` : "No images";
  ui.moreImages.hidden = !can.tools || !images.length || end >= total;
  ui.moreImages.onclick = () => addPage(end);
  return tiles;
}

async function addPage(offset) {
  try {
    const tiles = addTiles(await callTool(LIST_TOOL, { ...listArguments, offset }));
    tiles[0]?.firstElementChild.focus();
  } catch (error) {
    ui.listStatus.textContent = error.message;
  }
}

function tileOf(image, thumbnail) {
  const tile = document.createElement("li");
  const body = document.createElement(can.tools || can.links ? "button" : "div");
  body.className = "tile";
  body.append(
    lineOf("tile-bed", siteUrl(thumbnail) ? thumbnailOf(image, thumbnail) : (STATUS_WORDS[image.status] ?? "")),
    lineOf("tile-prompt", image.prompt),
    lineOf("tile-facts", `${creditsText(image.creditCost)} · ${shortModel(image.modelId)}`),
  );
  body.addEventListener("click", () => openImage(image.id));
  tile.append(body);
  return tile;
}

function lineOf(className, content) {
  const line = document.createElement("span");
  line.className = className;
  line.dir = "auto";
  line.append(content);
  return line;
}

function thumbnailOf({ id }, url) {
  const thumbnail = new Image();
  thumbnail.alt = "";
  thumbnail.dataset.id = id;
  thumbnail.addEventListener("error", renewThumbnails);
  thumbnail.src = url;
  return thumbnail;
}

/** Load the thumbnails again with new links, once: those of an old chat have expired. */
async function renewThumbnails() {
  if (!can.tools || areThumbnailsRenewed) {
    return;
  }
  areThumbnailsRenewed = true;
  const { _meta } = await callTool(LIST_TOOL, listArguments).catch(() => ({}));
  for (const thumbnail of ui.tiles.querySelectorAll("img")) {
    thumbnail.src = siteUrl(_meta?.["getimages/thumbnails"]?.[thumbnail.dataset.id]) ?? thumbnail.src;
  }
}

async function openImage(id) {
  ui.listStatus.textContent = "";
  try {
    if (!can.tools) {
      await openPage(imagePage(id));
      return;
    }
    const image = imageOf(await callTool("getimages_get_image", { id }));
    ui.picture.removeAttribute("src");
    remember("Back to the list", showList);
    showImage(image);
    ui.prompt.focus();
    await follow(image);
  } catch (error) {
    ui.listStatus.textContent = error.message;
  }
}

ui.back.addEventListener("click", goBack);
