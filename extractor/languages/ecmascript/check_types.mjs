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
// as tsc itself reads TypeScript: comments decide no error in it
const host = ts.createCompilerHost(options);
host.jsDocParsingMode = ts.JSDocParsingMode?.ParseForTypeErrors;
const program = ts.createProgram(files, options, host);
const found = [...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()].filter((one) => one.file);

/** Names that the modules export which the program's own files import. */
function exported() {
  const checker = program.getTypeChecker();
  const own = files.map((file) => program.getSourceFile(file)).filter(Boolean);
  const modules = own.flatMap((file) => file.imports ?? []).map((name) => checker.getSymbolAtLocation(name));
  return new Set(modules.filter(Boolean).flatMap((module) => checker.getExportsOfModule(module)).map((one) => one.name));
}

/** The innermost node at a place. */
function nodeAt(file, place) {
  let node = file;
  for (let inner = node; inner; ) {
    node = inner;
    inner = ts.forEachChild(node, (child) => (child.getStart(file) <= place && place < child.end ? child : undefined));
  }
  return node;
}

let names;
/** Whether a message is about a type that no file declares and no imported module has: a platform's, or generated. */
function isAmbient(one) {
  if (one.code !== 2304 && one.code !== 2503) return false;
  const node = nodeAt(one.file, one.start);
  const around = node.parent;
  // what a class extends is a value
  const isValue = ts.isExpressionWithTypeArguments(around) && around.parent.token === ts.SyntaxKind.ExtendsKeyword
    && ts.isClassLike(around.parent.parent);
  const isType = !isValue && (ts.isTypeNode(around) || ts.isQualifiedName(around));
  return isType && !(names ??= exported()).has(node.text);
}

const ambient = new Set(found.filter(isAmbient));
const untyped = ambient.size > 0 || found.some((one) => one.code === 7016);
// what follows from types that are not here is not the page's: its parameters are of no type
const ours = (one) => ambient.has(one) || one.code === 7016 || (untyped && one.code >= 7000 && one.code < 7100);
for (const one of found.filter((one) => !ours(one))) {
  const line = one.file.getLineAndCharacterOfPosition(one.start).line + 1;
  const message = ts.flattenDiagnosticMessageText(one.messageText, "\n").split("\n")[0].slice(0, 400);
  const answer = { file: relative(root, one.file.fileName), line, code: `TS${one.code}`, text: message };
  process.stdout.write(`\n${JSON.stringify(answer)}\n`);
}
process.stdout.write(`\n${JSON.stringify({ checked: files.length, version: ts.version, own })}\n`);
