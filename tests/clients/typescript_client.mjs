// Lists the tools, calls all six and prints the results as JSON: node typescript_client.mjs URL handshake|2026-07-28
// KEY is the API key. The working directory has the SDK in its node_modules.
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const [url, era] = process.argv.slice(2);
const callOptions = { timeout: 60_000, onprogress: ({ message }) => progress.push(message) };
const progress = [];

function handshake() {
  const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = require("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const client = new Client({ name: "test", version: "1" });
  const call = (name, args) => client.callTool({ name, arguments: args }, undefined, callOptions);
  return { client, call, Transport: StreamableHTTPClientTransport };
}

function modern() {
  const { Client, StreamableHTTPClientTransport } = require("@modelcontextprotocol/client");
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: { pin: era } } });
  const call = (name, args) => client.callTool({ name, arguments: args }, callOptions);
  return { client, call, Transport: StreamableHTTPClientTransport };
}

const { client, call, Transport } = era === "handshake" ? handshake() : modern();
const transport = new Transport(new URL(url), { requestInit: { headers: { Authorization: `Bearer ${process.env.KEY}` } } });
await client.connect(transport);
// After tools/list the SDK validates every structuredContent against its output schema.
const { tools } = await client.listTools();
const generated = await call("getimages_generate_image", { prompt: "a lake", modelId: "openai:gpt-image-2" });
const results = { getimages_generate_image: generated };
results.getimages_get_image = await call("getimages_get_image", {
  id: generated.structuredContent.id,
  includeBytes: true,
});
results.getimages_edit_image = await call("getimages_edit_image", {
  prompt: "make it night",
  modelId: "openai:gpt-image-2",
  sources: [generated.structuredContent.id],
});
results.getimages_upload_image = await call("getimages_upload_image", {});
for (const name of ["list_images", "get_account", "list_usage", "list_models"]) {
  results[`getimages_${name}`] = await call(`getimages_${name}`, {});
}
await client.close();
console.log(JSON.stringify({ tools: tools.map(({ name }) => name), results, progress }));
