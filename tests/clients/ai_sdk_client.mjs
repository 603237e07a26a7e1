// Generates two images with the AI SDK, whose provider takes a base URL, and prints them: node ai_sdk_client.mjs BASE_URL
// KEY is the API key. The working directory has the packages in its node_modules.
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { generateImage } = require("ai");
const { createOpenAICompatible } = require("@ai-sdk/openai-compatible");

const provider = createOpenAICompatible({ name: "get-images", baseURL: process.argv[2], apiKey: process.env.KEY });
const { images } = await generateImage({
  model: provider.imageModel("openai:gpt-image-2"),
  prompt: "a lake",
  n: 2,
  size: "1024x1536",
});
console.log(JSON.stringify(images.map(({ base64, mediaType }) => ({ base64, mediaType }))));
