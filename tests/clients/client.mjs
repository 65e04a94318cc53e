// A client of the official TypeScript SDK whose session ends behind its back: prints what it saw as one line of JSON.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [, , url, folder] = process.argv;
const modules = join(folder, "node_modules");
const from = (path) => import(createRequire(join(folder, "x.js")).resolve(path));
const v2 = process.env.CLIENT === "@modelcontextprotocol/client";
const { Client } = await from(v2 ? "@modelcontextprotocol/client" : "@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = await from(
  v2 ? "@modelcontextprotocol/client" : "@modelcontextprotocol/sdk/client/streamableHttp.js");
const name = v2 ? "@modelcontextprotocol/client" : "@modelcontextprotocol/sdk";
const { version } = JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8"));
const headers = process.env.TOKEN ? { Authorization: `Bearer ${process.env.TOKEN}` } : {};

const client = new Client({ name: "watched", version: "1" });
const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
const sent = [];
const real = globalThis.fetch;
const call = async () => {
  try {
    await client.listTools();
    return "served";
  } catch (error) {
    return String(error.message ?? error).split("\n")[0].slice(0, 160);
  }
};
await client.connect(transport);
const first = await call();
const session = transport.sessionId;
const ended = await real(url, { method: "DELETE", headers: { ...headers, "mcp-session-id": session, accept: "application/json, text/event-stream" } });
const calls = [await call(), await call(), await call()];
const probe = await real(url, { method: "POST", headers: { ...headers, "mcp-session-id": session, accept: "application/json, text/event-stream", "content-type": "application/json" }, body: '{"jsonrpc":"2.0","id":9,"method":"tools/list"}' });
console.log(JSON.stringify({ client: `${name} ${version}`, first, ended: ended.status, answer: probe.status, calls, anew: transport.sessionId !== session }));
process.exit(0);
