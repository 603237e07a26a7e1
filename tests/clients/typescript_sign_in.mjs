// Signs in with the TypeScript SDK and generates an image: node typescript_sign_in.mjs URL
// BROWSER is the program that opens a URL. The working directory has the SDK in its node_modules.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = require("@modelcontextprotocol/sdk/client/streamableHttp.js");
const { UnauthorizedError } = require("@modelcontextprotocol/sdk/client/auth.js");
const [url] = process.argv.slice(2);

let receiveCode;
const code = new Promise((resolve) => (receiveCode = resolve));
const server = createServer((request, response) => {
  const parameters = new URL(request.url, "http://127.0.0.1").searchParams;
  response.end("ok");
  if (parameters.has("code")) {
    receiveCode(parameters.get("code"));
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const redirectUrl = `http://127.0.0.1:${server.address().port}/callback`;

const stored = {};
const authProvider = {
  redirectUrl,
  clientMetadata: { client_name: "TypeScript SDK", redirect_uris: [redirectUrl], token_endpoint_auth_method: "none" },
  clientInformation: () => stored.client,
  saveClientInformation: (client) => (stored.client = client),
  tokens: () => stored.tokens,
  saveTokens: (tokens) => (stored.tokens = tokens),
  codeVerifier: () => stored.verifier,
  saveCodeVerifier: (verifier) => (stored.verifier = verifier),
  redirectToAuthorization: (address) => void spawn(process.env.BROWSER, [address.href], { stdio: "ignore" }),
};

async function connect() {
  const client = new Client({ name: "test", version: "1" });
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider });
  try {
    await client.connect(transport);
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) {
      throw error;
    }
    await transport.finishAuth(await code);
    return connect();
  }
  return client;
}

const client = await connect();
const args = { prompt: "a lake", modelId: "openai:gpt-image-2", imageOutput: "none" };
const result = await client.callTool({ name: "getimages_generate_image", arguments: args }, undefined, { timeout: 60_000 });
await client.close();
server.close();
console.log(JSON.stringify(result.structuredContent));
