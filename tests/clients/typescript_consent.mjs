// Calls getimages_generate_image and responds to the request for the user's confirmation: node typescript_consent.mjs URL
// handshake|2026-07-28 accept|decline|cancel|never|unsupported. Prints the result and the requests as JSON.
// KEY is the API key. The working directory has the SDK in its node_modules.
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const [url, era, action] = process.argv.slice(2);
const capabilities = action === "unsupported" ? {} : { elicitation: { form: {} } };
const parameters = { name: "getimages_generate_image", arguments: JSON.parse(process.env.ARGUMENTS) };
const info = { name: "test", version: "1" };
const requests = [];
let giveUp;
const givenUp = new Promise((resolve) => { giveUp = resolve; });

async function respond(request) {
  requests.push(request.params);
  if (action === "never") {
    giveUp(null);
    return new Promise(() => {});
  }
  return { action, ...(action === "accept" ? { content: {} } : {}) };
}

function handshake() {
  const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = require("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const { ElicitRequestSchema } = require("@modelcontextprotocol/sdk/types.js");
  const client = new Client(info, { capabilities });
  if (action !== "unsupported") client.setRequestHandler(ElicitRequestSchema, respond);
  return { client, call: () => client.callTool(parameters), Transport: StreamableHTTPClientTransport };
}

function modern() {
  const { Client, StreamableHTTPClientTransport } = require("@modelcontextprotocol/client");
  const client = new Client(info, { capabilities, versionNegotiation: { mode: { pin: era } } });
  if (action !== "unsupported") client.setRequestHandler("elicitation/create", respond);
  return { client, call: () => client.callTool(parameters), Transport: StreamableHTTPClientTransport };
}

const { client, call, Transport } = era === "handshake" ? handshake() : modern();
const transport = new Transport(new URL(url), { requestInit: { headers: { Authorization: `Bearer ${process.env.KEY}` } } });
await client.connect(transport);
const result = await Promise.race([call(), givenUp]);
console.log(JSON.stringify({ result, requests }));
process.exit(0);
