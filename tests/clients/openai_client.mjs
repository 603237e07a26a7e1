// Generates images with OpenAI's SDK and prints what it returns as JSON: node openai_client.mjs BASE_URL
// KEY is the API key. The working directory has the SDK in its node_modules.
import { createRequire } from "node:module";

const OpenAI = createRequire(`${process.cwd()}/`)("openai");
const client = new OpenAI({ baseURL: process.argv[2], apiKey: process.env.KEY });
const picture = { model: "openai:gpt-image-2", prompt: "a lake", size: "1536x1024" };

async function errorOf(request) {
  try {
    await request;
  } catch (error) {
    const { status, code, type, param } = error;
    return { name: error.constructor.name, status, code, type, param };
  }
  throw new Error("The request did not fail.");
}

const models = [];
for await (const model of client.models.list()) {
  models.push(model.id);
}
const first = await client.images.generate(picture);
const { data: several, response } = await client.images.generate({ ...picture, n: 2 }).withResponse();
const link = await client.images.generate({ ...picture, response_format: "url" });
const once = { headers: { "Idempotency-Key": crypto.randomUUID() } };
const replays = [];
for (let request = 0; request < 2; request += 1) {
  const replay = await client.images.generate(picture, once).withResponse();
  replays.push(replay.response.headers.get("x-image-ids"));
}
const lake = () => OpenAI.toFile(Buffer.from(first.data[0].b64_json, "base64"), "lake.jpeg", { type: "image/jpeg" });
const edits = [];
for (const image of [await lake(), [await lake(), await lake()]]) {
  edits.push(await client.images.edit({ model: picture.model, prompt: "a boat on it", image }));
}
const errors = [
  await errorOf(client.images.generate({ ...picture, model: "dall-e-3" })),
  await errorOf(client.images.generate({ ...picture, size: "1000x900" })),
  await errorOf(client.images.generate({ ...picture, stream: true })),
  await errorOf(client.images.generate({ ...picture, prompt: "[sandbox:fail]" })),
  await errorOf(new OpenAI({ baseURL: process.argv[2], apiKey: "sk_mistyped" }).models.list()),
];
console.log(
  JSON.stringify({
    models,
    first,
    several: several.data.length,
    charged: response.headers.get("x-credits-charged"),
    url: link.data[0].url,
    replays,
    edits,
    errors,
  }),
);
