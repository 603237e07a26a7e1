/** JSON-RPC with the host over postMessage (MCP Apps, version 2026-01-26): requests, notifications and capabilities. */
const APP_PROTOCOL_VERSION = "2026-01-26";
const APP = { name: "get-images-viewer", title: "Get Images", version: "1.0.0" };
const METHOD_NOT_FOUND = -32601;

const can = {};
const pending = new Map();
const listeners = {};
let lastRequestId = 0;
let toolName = "";
let isTornDown = false;

/** A tool's own error, as opposed to a call that did not reach the service. */
class ToolError extends Error {
  constructor(result) {
    super(result._meta?.["getimages/error"]?.message ?? textOf(result));
  }
}

function textOf({ content = [] }) {
  return content.filter(({ type }) => type === "text").map(({ text }) => text).join("\n") || "The call failed.";
}

function post(message) {
  // The view does not know the host's origin, and only the host embeds it.
  parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
}

function notify(method, params = {}) {
  post({ method, params });
}

/** Send a request to the host and return its result. Rejects if the host answers with an error. */
function request(method, params) {
  lastRequestId += 1;
  const id = lastRequestId;
  return new Promise((resolve, reject) => {
    pending.set(id, { resolve, reject });
    post({ id, method, params });
  });
}

/** Call a tool of the server through the host. Throws ToolError if the tool fails. */
async function callTool(name, toolArguments) {
  const result = await request("tools/call", { name, arguments: toolArguments });
  if (result.isError) {
    throw new ToolError(result);
  }
  return result;
}

/** Send a request that the user or the host may refuse. Throws an error if they do. */
async function ask(method, params) {
  const { isError } = await request(method, params);
  if (isError) {
    throw new Error("The app that shows this chat did not allow it.");
  }
}

function settle({ id, result = {}, error }) {
  const call = pending.get(id);
  pending.delete(id);
  if (error) {
    call?.reject(new Error(error.message));
  } else {
    call?.resolve(result);
  }
}

function answer({ id, method }) {
  if (method === "ping" || method === "ui/resource-teardown") {
    isTornDown ||= method !== "ping";
    post({ id, result: {} });
  } else {
    post({ id, error: { code: METHOD_NOT_FOUND, message: "Unknown method" } });
  }
}

addEventListener("message", ({ source, data }) => {
  if (source !== parent || data?.jsonrpc !== "2.0") {
    return;
  }
  if (!data.method) {
    settle(data);
  } else if ("id" in data) {
    answer(data);
  } else {
    listeners[data.method]?.(data.params ?? {});
  }
});

/** Return whether the host accepts text. A host that lists no kinds of content accepts all. */
function acceptsText(kinds) {
  return Boolean(kinds) && ("text" in kinds || !Object.keys(kinds).length);
}

async function connect() {
  const { hostCapabilities, hostContext } = await request("ui/initialize", {
    protocolVersion: APP_PROTOCOL_VERSION,
    appInfo: APP,
    appCapabilities: { availableDisplayModes: ["inline"] },
  });
  can.tools = Boolean(hostCapabilities.serverTools);
  can.links = Boolean(hostCapabilities.openLinks);
  can.download = Boolean(hostCapabilities.downloadFile);
  can.message = acceptsText(hostCapabilities.message);
  can.clipboard = !hostCapabilities.sandbox || Boolean(hostCapabilities.sandbox.permissions?.clipboardWrite);
  can.context = acceptsText(hostCapabilities.updateModelContext);
  toolName = hostContext.toolInfo?.tool.name;
  applyContext(hostContext);
  notify("ui/notifications/initialized");
  reportSize();
}
