// Checks the types of a program's files as an editor does: with the page's own tsconfig.json, else strictly. Runs inside
// a container, with the program's packages. Prints one object for each message, and one at the end.
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";

const OURS = "/opt/docprobe/typescript";
const ts = createRequire(`${OURS}/package.json`)("typescript");
const root = process.cwd();

/** The page's own options and files, or strict ones for every TypeScript file. */
function project() {
  const forced = { noEmit: true, skipLibCheck: true, incremental: false, composite: false, declaration: false };
  const config = join(root, "tsconfig.json");
  if (existsSync(config)) {
    const read = ts.readConfigFile(config, ts.sys.readFile);
    const parsed = ts.parseJsonConfigFileContent(read.config ?? {}, ts.sys, root, forced, config);
    if (!read.error && parsed.fileNames.length) return { files: parsed.fileNames, options: parsed.options, own: true };
  }
  const options = {
    ...forced, strict: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, esModuleInterop: true,
    moduleResolution: ts.ModuleResolutionKind.Bundler, allowImportingTsExtensions: true, resolveJsonModule: true,
    jsx: ts.JsxEmit.ReactJSX, lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    moduleDetection: ts.ModuleDetectionKind.Force,
  };
  const files = readdirSync(root, { recursive: true })
    .filter((name) => /\.[cm]?tsx?$/.test(name) && !name.includes("node_modules"))
    .map((name) => join(root, name));
  return { files, options, own: false };
}

const { files, options, own } = project();
// a page seldom lists the types of Node.js, and an editor brings them
options.typeRoots ??= ["/example/node_modules/@types", `${OURS}/node_modules/@types`];
options.types ??= ["node"];
const program = ts.createProgram(files, options);
const found = [...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()].filter((one) => one.file);
const untyped = found.some((one) => one.code === 7016);
// what follows from a package without types is not the page's: its parameters are of no type
const ours = (code) => code === 7016 || (untyped && code >= 7000 && code < 7100);
for (const one of found.filter((one) => !ours(one.code))) {
  const line = one.file.getLineAndCharacterOfPosition(one.start).line + 1;
  const message = ts.flattenDiagnosticMessageText(one.messageText, "\n").split("\n")[0].slice(0, 400);
  const answer = { file: relative(root, one.file.fileName), line, code: `TS${one.code}`, text: message };
  process.stdout.write(`\n${JSON.stringify(answer)}\n`);
}
process.stdout.write(`\n${JSON.stringify({ checked: files.length, version: ts.version, own })}\n`);
