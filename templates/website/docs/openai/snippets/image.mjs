import { writeFile } from "node:fs/promises";

import OpenAI from "openai";

const client = new OpenAI({ baseURL: "{{ site_url }}/api/openai/v1", apiKey: process.env.GET_IMAGES_API_KEY });
const result = await client.images.generate(
  { model: "openai:gpt-image-2", prompt: "A red kite over a calm sea", size: "1536x1024" },
  { headers: { "Idempotency-Key": crypto.randomUUID() } },
);

const name = `kite.${result.output_format}`;
await writeFile(name, Buffer.from(result.data[0].b64_json, "base64"));
console.log(`Saved ${name}.`);
