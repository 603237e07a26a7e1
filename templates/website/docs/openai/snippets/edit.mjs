import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";

import OpenAI from "openai";

const client = new OpenAI({ baseURL: "{{ site_url }}/api/openai/v1", apiKey: process.env.GET_IMAGES_API_KEY });
const result = await client.images.edit(
  { model: "openai:gpt-image-2", prompt: "Make it a winter night", image: createReadStream("photo.png") },
  { headers: { "Idempotency-Key": crypto.randomUUID() } },
);

const name = `night.${result.output_format}`;
await writeFile(name, Buffer.from(result.data[0].b64_json, "base64"));
console.log(`Saved ${name}.`);
