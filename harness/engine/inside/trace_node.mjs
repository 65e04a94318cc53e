// Tells docprobe what a Node.js program executes, request by request. Loaded before the program, in its container only.
//
// It connects to docprobe at a port of the pod's loopback. For each line that comes it answers with one line of JSON:
// what ran since the last one. `files` has the places of the program's own source that ran, by file and relative to its
// folder, each a line (from 1) and a column (from 0, in UTF-16 units); `calls` has [package, function] of packages.
import inspector from "node:inspector";
import { SourceMap } from "node:module";
import net from "node:net";
import path from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

const PORT = 1;
const MOST_PLACES = 50_000;
const MOST_CALLS = 5_000;
const TOKEN = /[\p{ID_Start}$_][\p{ID_Continue}$]*|\S/gu;
const aside = path.dirname(fileURLToPath(import.meta.url));
const own = path.dirname(aside);
const session = new inspector.Session();
const scripts = new Map();

function ask(method, parameters) {
  let result;
  session.post(method, parameters, (error, value) => {
    result = error ? undefined : value;
  });
  return result;
}

/** The path that a script's URL names; undefined for what is not a file. */
function pathOf(url) {
  const plain = url.split("?")[0];
  if (plain.startsWith("file://")) return fileURLToPath(plain);
  return path.isAbsolute(plain) ? plain : undefined;
}

function relative(file) {
  const inside = path.relative(own, file);
  return inside.startsWith("..") || path.dirname(file) === aside ? undefined : inside;
}

function sourceMapOf(text) {
  const found = text.match(/\/\/[#@] sourceMappingURL=data:application\/json[^,]*;base64,([A-Za-z0-9+/=]+)\s*$/);
  if (!found) return undefined;
  try {
    return new SourceMap(JSON.parse(Buffer.from(found[1], "base64").toString("utf8")));
  } catch {
    return undefined;
  }
}

/** The tokens of a script, each with its offset and its place in the source that a person wrote. */
function readScript(id, file) {
  const text = ask("Debugger.getScriptSource", { scriptId: id })?.scriptSource ?? "";
  const map = sourceMapOf(text);
  const tokens = [];
  let line = 0;
  let start = 0;
  let next = text.indexOf("\n");
  for (const match of text.matchAll(TOKEN)) {
    if (tokens.length >= MOST_PLACES) break;
    while (next !== -1 && match.index > next) {
      line += 1;
      start = next + 1;
      next = text.indexOf("\n", start);
    }
    const column = match.index - start;
    if (!map) {
      tokens.push([match.index, relative(file), line + 1, column]);
      continue;
    }
    const entry = map.findEntry(line, column);
    if (entry.originalLine === undefined || entry.generatedLine !== line || entry.generatedColumn !== column) continue;
    const source = pathOf(entry.originalSource) ?? path.resolve(path.dirname(file), entry.originalSource);
    tokens.push([match.index, relative(source) ?? relative(file), entry.originalLine + 1, entry.originalColumn]);
  }
  return { tokens, length: text.length };
}

function taken() {
  const files = {};
  const calls = new Map();
  for (const script of ask("Profiler.takePreciseCoverage")?.result ?? []) {
    const file = script.url && pathOf(script.url);
    if (!file) continue;
    const library = file.lastIndexOf("/node_modules/");
    if (library !== -1) {
      const parts = file.slice(library + "/node_modules/".length).split("/");
      const name = parts[0].startsWith("@") ? `${parts[0]}/${parts[1]}` : parts[0];
      for (const called of script.functions) {
        if (called.functionName && called.ranges[0].count > 0 && calls.size < MOST_CALLS) {
          calls.set(`${name}\n${called.functionName}`, [name, called.functionName]);
        }
      }
      continue;
    }
    if (relative(file) === undefined) continue;
    if (!script.functions.some((called) => called.ranges.some((range) => range.count > 0))) continue;
    if (!scripts.has(script.scriptId)) scripts.set(script.scriptId, readScript(script.scriptId, file));
    const { tokens, length } = scripts.get(script.scriptId);
    // outer functions come before those inside them, and outer ranges before inner ones
    const ran = new Uint8Array(length);
    for (const called of script.functions) {
      for (const range of called.ranges) ran.fill(range.count > 0 ? 1 : 0, range.startOffset, range.endOffset);
    }
    for (const [offset, source, line, column] of tokens) {
      if (source !== undefined && ran[offset]) (files[source] ??= []).push([line, column]);
    }
  }
  return { files, calls: [...calls.values()] };
}

function follow() {
  session.connect();
  // gives the sources; it stays on, since what ends it also ends the counting of blocks
  ask("Debugger.enable");
  ask("Debugger.setSkipAllPauses", { skip: true });
  ask("Profiler.enable");
  ask("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const socket = net.connect(PORT, "127.0.0.1");
  socket.unref();
  socket.on("error", () => {});
  socket.on("data", async () => {
    // what a reply still does in this turn belongs to it
    await turn();
    await turn();
    let answer = { files: {}, calls: [] };
    try {
      answer = taken();
    } catch {}
    socket.write(`${JSON.stringify(answer)}\n`);
  });
}

if (isMainThread) {
  try {
    follow();
  } catch {}
}
