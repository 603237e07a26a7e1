/** The edit form: it shows the price, then calls the tool that charges it. */
let quote = null;
let idempotencyKey = "";

/** Return the model, options and price of an edit: those of the image, or the cheapest model that can edit. */
function quoteFor(image, { models, creditBalance }) {
  const editors = models.filter(({ available, maxSources }) => available && maxSources);
  const own = editors.find(({ modelId }) => modelId === image.modelId);
  const model = own ?? editors.sort((one, other) => one.credits - other.credits)[0];
  const names = ["quality", "resolution", "thinkingLevel"];
  const price = own?.prices.find((candidate) => names.every((name) => candidate[name] === image[name]));
  const options = price ? names.filter((name) => image[name]) : [];
  if (image.background === "transparent" && model?.backgrounds.includes("transparent")) {
    options.push("background");
  }
  return model && {
    modelId: model.modelId,
    options: Object.fromEntries(options.map((name) => [name, image[name]])),
    credits: (price ?? model).credits,
    balance: creditBalance,
  };
}

async function openEdit() {
  const image = shown;
  quote = null;
  ui.edit.hidden = false;
  ui.editButton.ariaExpanded = true;
  ui.editError.textContent = "";
  ui.addCredits.hidden = true;
  ui.editSubmit.textContent = "Edit";
  ui.price.textContent = "Checking the price…";
  enableSubmit();
  ui.instruction.focus();
  try {
    const { structuredContent } = await callTool("getimages_list_models", {});
    quote = quoteFor(image, structuredContent);
    showQuote(image);
  } catch (error) {
    ui.price.textContent = `The price could not be loaded. ${error.message}`;
  }
}

function showQuote(image) {
  if (!quote) {
    ui.price.textContent = "No model can edit images right now.";
    return;
  }
  const { modelId, credits, balance } = quote;
  const isAffordable = credits <= balance;
  const amount = document.createElement("strong");
  amount.textContent = numbers.format(credits);
  const sum = creditsText(balance);
  ui.price.replaceChildren(isAffordable ? "Will use " : "Costs ", amount, isAffordable ? ` of ${sum}` : `; you have ${sum}.`);
  if (modelId !== image.modelId) {
    ui.price.append(` with ${shortModel(modelId)}`);
  }
  ui.editSubmit.textContent = `Edit for ${creditsText(credits)}`;
  ui.addCredits.hidden = isAffordable || !can.links || !root.dataset.billing;
  enableSubmit();
}

function enableSubmit() {
  ui.editSubmit.disabled = !(quote?.credits <= quote?.balance && ui.instruction.value.trim());
}

function closeEdit() {
  ui.edit.hidden = true;
  ui.editButton.ariaExpanded = false;
}

function cancelEdit() {
  closeEdit();
  ui.editButton.focus();
}

async function submitEdit() {
  const source = shown;
  const prompt = ui.instruction.value.trim();
  ui.editError.textContent = "";
  ui.editSubmit.disabled = true;
  ui.instruction.readOnly = true;
  try {
    const image = imageOf(await requestEdit(source, prompt), prompt);
    ui.instruction.value = "";
    await showEdited(source, image);
  } catch (error) {
    ui.editError.textContent = error.message;
    enableSubmit();
  } finally {
    ui.instruction.readOnly = false;
  }
}

/** Charge and enqueue an edit. If the host fails, the key is kept, so that the same edit is not charged twice. */
async function requestEdit(source, prompt) {
  // crypto.randomUUID exists only in pages that were loaded over HTTPS.
  idempotencyKey ||= crypto.getRandomValues(new Uint32Array(4)).join("-");
  try {
    const result = await callTool("getimages_edit_image", {
      prompt,
      modelId: quote.modelId,
      sources: [source.id],
      ...quote.options,
      maxCredits: quote.credits,
      // The user has selected a button that names the price.
      confirmCredits: quote.credits,
      idempotencyKey,
      imageOutput: "none",
      waitSeconds: 0,
    });
    idempotencyKey = "";
    // A host that waits for tasks itself may pass on the task, whose id is that of the image.
    return { structuredContent: { id: result.taskId, status: "queued" }, ...result };
  } catch (error) {
    if (error instanceof ToolError) {
      idempotencyKey = "";
    }
    throw error;
  }
}

async function showEdited(source, image) {
  remember("Back to the original", () => showImage(source));
  showImage(image);
  ui.prompt.focus();
  await follow(image);
  if (shown === image && image.status === "succeeded") {
    say("The edited image is ready.");
  }
  if (can.context) {
    // So that the model can refer to the new image in its next turn.
    const text = `In the Get Images viewer, the user edited image ${source.id}. The new image is ${image.id}.`;
    request("ui/update-model-context", { content: [{ type: "text", text }] }).catch(() => {});
  }
}

ui.instruction.addEventListener("input", () => {
  // Another instruction is another edit.
  idempotencyKey = "";
  enableSubmit();
});
ui.edit.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    cancelEdit();
  } else if (event.key === "Enter" && event.target === ui.instruction && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    ui.editSubmit.click();
  }
});
// Not a form: the frames of some hosts block those.
ui.editSubmit.addEventListener("click", submitEdit);
ui.editCancel.addEventListener("click", cancelEdit);
ui.editButton.addEventListener("click", () => (ui.edit.hidden ? openEdit() : closeEdit()));
