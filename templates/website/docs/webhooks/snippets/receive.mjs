import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.GET_IMAGES_WEBHOOK_SECRET);

const server = createServer(async (request, response) => {
  // The signature covers the exact bytes: don't parse and serialize them first.
  const parts = [];
  for await (const part of request) parts.push(part);
  let event;
  try {
    event = webhook.verify(Buffer.concat(parts), request.headers);
  } catch {
    response.writeHead(400).end();
    return;
  }
  // Skip an id that you have seen before. Leave slow work to another process.
  console.log(request.headers["webhook-id"], event.type, event.data);
  response.writeHead(204).end();
});

server.listen(process.env.PORT ?? 8080);
