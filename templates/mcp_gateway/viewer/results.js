/** Results of the tools as the images and lists that the view shows. */
const SITE = root.dataset.site;
const FAILURES = { rejected: "The provider rejected this prompt", cancelled: "Image cancelled", failed: "Image failed" };

/** Return a link to this site, or null: the content security policy blocks pictures of other sites. */
function siteUrl(url) {
  return url?.startsWith(`${SITE}/`) ? url : null;
}

/** Return the image of a result of the tools that generate, edit or get one. The first two do not repeat the prompt. */
function imageOf({ structuredContent, content = [] }, prompt = "") {
  const fields = structuredContent.image ?? structuredContent;
  const block = content.find(({ type }) => type === "image");
  return {
    prompt,
    ...fields,
    charged: structuredContent.credits?.charged ?? fields.creditCost,
    remaining: structuredContent.credits?.remaining,
    url: siteUrl(structuredContent.imageUrl),
    // The picture inside the result, for hosts that load none from elsewhere.
    data: block && `data:${block.mimeType};base64,${block.data}`,
  };
}

function isFinal({ status }) {
  return status === "succeeded" || status in FAILURES;
}

/** Return the name of a model without its provider. */
function shortModel(modelId) {
  return modelId.slice(modelId.indexOf(":") + 1);
}

/** Return what describes an image besides its prompt, such as "gpt-image-2 · 1536×1024 · high quality". */
function factsOf({ modelId, width, height, aspectRatio, quality, resolution, thinkingLevel, background }) {
  return [
    shortModel(modelId),
    width ? `${width}×${height}` : aspectRatio !== "auto" && aspectRatio,
    quality && quality !== "medium" && `${quality} quality`,
    resolution !== "1K" && resolution,
    thinkingLevel === "deep" && "deep",
    background === "transparent" && background,
  ].filter(Boolean).join(" · ");
}

/** Return an image's price and, if the result contains it, the balance afterwards. */
function chargeOf({ status, charged, remaining }) {
  if (status in FAILURES) {
    return `${creditsText(charged)} refunded`;
  }
  return creditsText(charged) + (remaining === undefined ? "" : `, ${numbers.format(remaining)} left`);
}

/** Return the ratio of width to height of an image, also before it has a picture; NaN if it is unknown. */
function ratioOf({ width, height, aspectRatio = "" }) {
  const [across, down] = width ? [width, height] : aspectRatio.split(":");
  return across / down;
}
