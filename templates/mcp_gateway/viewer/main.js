/** What the view does with the messages of the host. */
let toolArguments = {};

/** Show a call without a result: its prompt, if it has one. */
function showCall() {
  const { prompt = "", aspectRatio } = toolArguments;
  ui.picture.removeAttribute("src");
  showImage({ prompt, aspectRatio, status: "running" });
}

listeners["ui/notifications/tool-input"] = (input) => {
  toolArguments = input.arguments ?? {};
  if (toolName !== LIST_TOOL) {
    showCall();
  }
  if (!toolArguments.prompt) {
    showProgress("Loading");
  }
};

listeners["ui/notifications/tool-result"] = (result) => {
  returns.length = 0;
  showBack();
  const { structuredContent, isError } = result;
  showCall();
  if (isError || !structuredContent) {
    showFailure("No picture", isError ? new ToolError(result).message : textOf(result));
  } else if (structuredContent.images) {
    listArguments = toolArguments;
    areThumbnailsRenewed = false;
    ui.tiles.replaceChildren();
    addTiles(result);
    showList();
  } else {
    const image = imageOf(result, toolArguments.prompt);
    showImage(image);
    if (can.tools) {
      follow(image);
    }
  }
};

listeners["ui/notifications/tool-cancelled"] = () => {
  showCall();
  showFailure("The call was stopped", "An image that was already charged is still generated. List your images to find it.");
};

listeners["ui/notifications/host-context-changed"] = applyContext;

connect().catch((error) => showFailure("No connection to the chat", error.message));
