// The TypeScript SDK 2.x on Express: node typescript_v2.mjs MODE --port N.
// Sessions of 2025: map, json, resumable (an event store per session), shared-store, bare (Express without the SDK's guards).
// Both eras: handler, handler-json, handler-sse (per request, no sessions), routed (sessions beside a strict handler).
// 2026 only: strict. 2025 without sessions: stateless.

import { randomUUID } from "node:crypto";
import express from "express";
import { createMcpExpressApp } from "@modelcontextprotocol/express";
import { NodeStreamableHTTPServerTransport, toNodeHandler, toWebRequest } from "@modelcontextprotocol/node";
import { McpServer, createMcpHandler, isInitializeRequest, isLegacyRequest } from "@modelcontextprotocol/server";

const [mode, , port = "0"] = process.argv.slice(2);
const transports = new Map();

class Events {
  kept = [];

  async storeEvent(stream, message) {
    this.kept.push({ stream, message });
    return `event-${this.kept.length - 1}`;
  }

  async replayEventsAfter(lastId, { send }) {
    const last = Number(lastId.replace("event-", ""));
    const stream = this.kept[last]?.stream;
    for (const [at, event] of this.kept.entries()) {
      if (at > last && event.stream === stream) await send(`event-${at}`, event.message);
    }
    return stream;
  }
}

const shared = new Events();
const stores = { resumable: () => new Events(), "shared-store": () => shared };

function mcp() {
  const server = new McpServer({ name: "sdk", version: "2" });
  server.registerTool("ping-back", { description: "Says pong." }, async () => ({ content: [{ type: "text", text: "pong" }] }));
  return server;
}

async function opened(options = {}) {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    enableJsonResponse: mode === "json",
    eventStore: stores[mode]?.(),
    onsessioninitialized: (id) => transports.set(id, transport),
    ...options,
  });
  transport.onclose = () => transports.delete(transport.sessionId);
  await mcp().connect(transport);
  return transport;
}

function refused(response, status, message) {
  response.status(status).json({ jsonrpc: "2.0", error: { code: -32000, message }, id: null });
}

async function withSessions(request, response) {
  const id = request.headers["mcp-session-id"];
  const known = transports.get(id);
  if (known) return known.handleRequest(request, response, request.body);
  if (id !== undefined) return refused(response, 404, "no such session");
  if (!isInitializeRequest(request.body)) return refused(response, 400, "a session id is needed");
  return (await opened()).handleRequest(request, response, request.body);
}

async function withoutSessions(request, response) {
  if (request.method !== "POST") return refused(response, 405, "only POST");
  const transport = await opened({ sessionIdGenerator: undefined, onsessioninitialized: undefined });
  response.on("close", () => transport.close());
  return transport.handleRequest(request, response, request.body);
}

const strict = toNodeHandler(createMcpHandler(mcp, { legacy: "reject" }));

async function routed(request, response) {
  const old = request.method !== "POST" || (await isLegacyRequest(await toWebRequest(request, request.body)));
  return old ? withSessions(request, response) : strict(request, response, request.body);
}

function perRequest(options) {
  const handler = toNodeHandler(createMcpHandler(mcp, options));
  return (request, response) => handler(request, response, request.body);
}

const served = {
  handler: () => perRequest(),
  "handler-json": () => perRequest({ responseMode: "json" }),
  "handler-sse": () => perRequest({ responseMode: "sse" }),
  strict: () => perRequest({ legacy: "reject" }),
  stateless: () => withoutSessions,
  routed: () => routed,
};
const app = mode === "bare" ? express().use(express.json()) : createMcpExpressApp();
app.all("/mcp", served[mode]?.() ?? withSessions);
const listening = app.listen(Number(port), "127.0.0.1", () => {
  const { address, port } = listening.address();
  console.log(`listening ${address} ${port}`);
});
