// The TypeScript SDK 1.x on Express: node typescript_v1.mjs MODE --port N.
// MODE: map (transports by id, missing 400, unknown 404), tutorial (one branch, 400), json, stateless, single.

import { randomUUID } from "node:crypto";
import express from "express";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";

const [mode, , port = "0"] = process.argv.slice(2);
const transports = new Map();

function mcp() {
  const server = new McpServer({ name: "sdk", version: "1" });
  server.registerTool("ping-back", { description: "Says pong." }, async () => ({ content: [{ type: "text", text: "pong" }] }));
  return server;
}

async function opened(options = {}) {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    enableJsonResponse: mode === "json",
    onsessioninitialized: (id) => transports.set(id, transport),
    onsessionclosed: (id) => transports.delete(id),
    ...options,
  });
  await mcp().connect(transport);
  return transport;
}

const single = mode === "single" ? await opened() : undefined;
const app = express();
app.use(express.json());
app.all("/mcp", async (request, response) => {
  if (mode === "stateless") {
    if (request.method !== "POST") return response.status(405).end();
    const transport = await opened({ sessionIdGenerator: undefined, onsessioninitialized: undefined });
    response.on("close", () => transport.close());
    return transport.handleRequest(request, response, request.body);
  }
  if (single) return single.handleRequest(request, response, request.body);
  const id = request.headers["mcp-session-id"];
  const known = transports.get(id);
  if (known) return known.handleRequest(request, response, request.body);
  if (id === undefined && request.method === "POST" && isInitializeRequest(request.body)) {
    return (await opened()).handleRequest(request, response, request.body);
  }
  response.status(id === undefined || mode === "tutorial" ? 400 : 404).send("Invalid or missing session ID");
});
const listening = app.listen(Number(port), "127.0.0.1", () => {
  const { address, port } = listening.address();
  console.log(`listening ${address} ${port}`);
});
