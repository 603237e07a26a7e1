import { readFile, writeFile } from "node:fs/promises";

const api = "{{ site_url }}/api/v1/";

async function call(path, options = {}) {
  const headers = { Authorization: `Bearer ${process.env.GET_IMAGES_API_KEY}`, Prefer: "wait=60" };
  const response = await fetch(api + path, { ...options, headers: { ...headers, ...options.headers } });
  const body = await response.json();
  if (!response.ok) {
    throw new Error(`${body.code}: ${body.detail}`);
  }
  return body;
}

const upload = await call("uploads", {
  method: "POST",
  headers: { "Content-Type": "image/jpeg" },
  body: await readFile("boat.jpg"),
});
let image = await call("images", {
  method: "POST",
  headers: { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() },
  body: JSON.stringify({
    prompt: "Make the sail red",
    modelId: "openai:gpt-image-2",
    sources: [upload.id],
  }),
});
while (image.status === "queued" || image.status === "running") {
  image = await call(`images/${image.id}`);
}
if (image.error) {
  throw new Error(`${image.error.code}: ${image.error.message}`);
}

const name = `edited.${image.mediaType.replace("image/", "")}`;
const picture = await fetch(image.imageUrl);
await writeFile(name, Buffer.from(await picture.arrayBuffer()));
console.log(`Saved ${name}. ${image.credits.remaining} credits are left.`);
