// A conforming MCP server over Streamable HTTP on Node's standard library: nothing may be said against it.
// Methods are small so that variants.mjs and faults.mjs can replace exactly one of them.

import { randomUUID } from "node:crypto";

export const TOOLS = [{ name: "echo", inputSchema: { type: "object", properties: {} } }];

export const OWN = /^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/; // origins of a page on this host

export class Refused extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    Object.assign(this, { status, headers });
  }
}

export class Server {
  path = "/mcp";
  host = "127.0.0.1";
  versions = ["2025-11-25", "2025-06-18", "2025-03-26"];
  answers = "sse"; // or "json"
  demandsToken = false;
  metadataPath = "/.well-known/oauth-protected-resource/mcp";
  offersStream = true;
  deleteStatus = 200;
  sessions = new Map(); // id to { id, user, listeners }

  // --- the way of a request ---------------------------------------------------------------------------------

  async handle(request, response) {
    try {
      const body = await read(request);
      if (this.demandsToken && request.url === this.metadataPath) {
        const resource = `http://${request.headers.host}${this.path}`;
        this.json(response, 200, { resource, authorization_servers: ["http://localhost:8080/realms/master"] });
        return;
      }
      if (request.url.split("?")[0] !== this.path) throw new Refused(404, "no such page");
      this.checkOrigin(request);
      const user = this.userOf(request);
      if (request.method === "POST") await this.post(request, response, body, user);
      else if (request.method === "GET" && this.offersStream) await this.get(request, response, user);
      else if (request.method === "DELETE" && this.deleteStatus !== 405) await this.delete(request, response, user);
      else throw new Refused(405, "no such method here");
    } catch (refusal) {
      if (!(refusal instanceof Refused)) throw refusal;
      this.json(response, refusal.status, error(null, -32000, refusal.message), refusal.headers);
    }
  }

  checkOrigin(request) {
    if (request.headers.origin !== undefined && !OWN.test(request.headers.origin)) throw new Refused(403, "foreign origin");
  }

  userOf(request) {
    if (!this.demandsToken) return null;
    const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    const challenge = `Bearer resource_metadata="http://${request.headers.host}${this.metadataPath}"`;
    if (!token) throw new Refused(401, "a token is needed", { "WWW-Authenticate": challenge });
    const claims = JSON.parse(token);
    if (!this.isValid(claims)) throw new Refused(401, "invalid token", { "WWW-Authenticate": challenge });
    return claims.sub;
  }

  isValid(claims) {
    return claims.active && claims.exp * 1000 > Date.now() && [claims.aud].flat().includes("the-server");
  }

  sessionOf(request, user) {
    const id = request.headers["mcp-session-id"];
    if (!id) throw new Refused(400, "no session id");
    const session = this.sessions.get(id);
    if (session === undefined || session.user !== user) throw new Refused(404, "no such session");
    return session;
  }

  checkVersion(request) {
    const version = request.headers["mcp-protocol-version"];
    if (version !== undefined && !this.versions.includes(version)) throw new Refused(400, "unsupported version");
  }

  // --- POST -------------------------------------------------------------------------------------------------

  async post(request, response, body, user) {
    const message = this.messageOf(body);
    if (message.method === "initialize") return this.initialize(message, response, user);
    const session = this.sessionOf(request, user);
    this.checkVersion(request);
    if (Array.isArray(message)) return this.deliver(response, message.map((one) => this.resultOf(one)));
    if (message.id === undefined || message.method === undefined) return this.accepted(response);
    return this.answer(session, message, response);
  }

  messageOf(body) {
    try {
      return JSON.parse(body);
    } catch {
      throw new Refused(400, "not JSON");
    }
  }

  initialize(message, response, user) {
    const asked = message.params.protocolVersion;
    const protocolVersion = this.versions.includes(asked) ? asked : this.versions[0];
    const headers = {};
    const session = { id: this.newId(), user, listeners: new Set() };
    if (session.id) {
      this.sessions.set(session.id, session);
      headers["Mcp-Session-Id"] = session.id;
    }
    const serverInfo = { name: "conforming", version: "1" };
    const result = { protocolVersion, capabilities: { tools: {} }, serverInfo };
    return this.deliver(response, [{ jsonrpc: "2.0", id: message.id, result }], headers);
  }

  newId() {
    return randomUUID();
  }

  accepted(response) {
    response.writeHead(202).end();
  }

  answer(session, message, response) {
    return this.deliver(response, [this.resultOf(message)]);
  }

  resultOf({ id, method, params }) {
    if (method === "tools/list" && params?.cursor !== undefined) return error(id, -32602, "no such cursor");
    const results = { "tools/list": { tools: TOOLS }, "tools/call": { content: [] }, ping: {} };
    return method in results ? { jsonrpc: "2.0", id, result: results[method] } : error(id, -32601, "method not found");
  }

  deliver(response, messages, headers = {}) {
    if (this.answers === "json") return this.json(response, 200, messages.length > 1 ? messages : messages[0], headers);
    this.startStream(response, headers);
    for (const message of messages) this.event(response, message);
    return this.finish(response);
  }

  finish(response) {
    response.end();
  }

  json(response, status, value, headers = {}) {
    response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(value));
  }

  startStream(response, headers = {}) {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache", ...headers });
    response.flushHeaders();
  }

  event(response, message) {
    response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  }

  // --- GET and DELETE ---------------------------------------------------------------------------------------

  get(request, response, user) {
    const session = this.sessionOf(request, user);
    this.checkVersion(request);
    this.startStream(response);
    session.listeners.add(response);
    response.on("close", () => session.listeners.delete(response));
  }

  delete(request, response, user) {
    const session = this.sessionOf(request, user);
    this.sessions.delete(session.id);
    for (const listener of session.listeners) listener.end();
    response.writeHead(this.deleteStatus).end();
  }
}

export function error(id, code, message) {
  return { jsonrpc: "2.0", id: id ?? undefined, error: { code, message } };
}

async function read(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
