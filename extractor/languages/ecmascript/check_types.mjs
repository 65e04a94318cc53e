// Checks the types of a program's files as an editor does: with the page's own tsconfig.json, else strictly. Runs inside
// a container, with the program's packages. Prints one object for each message, and one at the end.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, resolve } from "node:path";

const OURS = "/opt/docprobe/typescript";
const ours = createRequire(`${OURS}/package.json`);
const { API } = await import(ours.resolve("typescript/unstable/sync"));
const ast = await import(ours.resolve("typescript/unstable/ast"));
const { version } = ours("typescript/package.json");
const root = process.cwd();
const config = join(root, "tsconfig.json");
/** The options of the check, in a file that only the compiler sees. */
const checked = join(root, "docprobe-types.json");
let text = "";
const api = new API({
  cwd: root,
  fs: {
    readFile: (path) => (path === checked ? text : undefined),
    fileExists: (path) => (path === checked ? true : undefined),
  },
});

const FORCED = { noEmit: true, skipLibCheck: true, incremental: false, composite: false, declaration: false };
/** The types of Node.js: a page seldom lists them, and an editor brings them. */
const BROUGHT = { typeRoots: ["/example/node_modules/@types", `${OURS}/node_modules/@types`], types: ["node"] };
const STRICT = {
  strict: true, target: "es2022", module: "esnext", esModuleInterop: true, moduleResolution: "bundler",
  allowImportingTsExtensions: true, resolveJsonModule: true, jsx: "react-jsx",
  lib: ["es2023", "dom", "dom.iterable"], moduleDetection: "force",
};
/** What older compilers do where nothing is said, and newer ones do not. */
const BEFORE_6 = { strict: false, noUncheckedSideEffectImports: false };

/** The project that a configuration describes. */
function open(configuration) {
  text = JSON.stringify(configuration);
  const snapshot = api.updateSnapshot({ openProjects: [checked], fileChanges: { changed: [checked] } });
  return snapshot.getProject(checked);
}

/** Whether the program has a compiler that is strict where nothing is said; without one the page does not say. */
function isNewCompiler() {
  try {
    const found = createRequire(config).resolve("typescript/package.json");
    return Number.parseInt(JSON.parse(readFileSync(found, "utf8")).version, 10) >= 6;
  } catch {
    return false;
  }
}

/** The paths by which the compiler finds what older ones find below `baseUrl`. */
function below(base, paths) {
  const moved = Object.entries(paths ?? {}).map(([name, places]) => [name, places.map((place) => resolve(base, place))]);
  return { "*": [join(base, "*")], ...Object.fromEntries(moved) };
}

/** The program by the page's own options and files; undefined if it has none. Options that are gone are left out. */
function ofPage() {
  if (!existsSync(config)) return undefined;
  const { options, fileNames } = api.parseConfigFile(config);
  if (!fileNames.length) return undefined;
  const usual = { ...(isNewCompiler() ? {} : BEFORE_6), ...BROUGHT };
  const unsaid = Object.entries(usual).filter(([name]) => options[name] === undefined);
  const compilerOptions = { ...Object.fromEntries(unsaid), ...FORCED };
  if (options.baseUrl) compilerOptions.paths = below(options.baseUrl, options.paths);
  const configuration = { extends: "./tsconfig.json", compilerOptions };
  const project = open(configuration);
  // a file that is no JSON tells nothing
  if (project.program.getConfigFileParsingDiagnostics().some(({ code }) => code < 2000)) return undefined;
  const gone = project.program.getProgramDiagnostics()
    .filter(({ code }) => code === 5102 || code === 5108)
    .map((one) => /^Option '(\w+)/.exec(one.text)?.[1]).filter(Boolean);
  if (!gone.length) return project;
  for (const name of gone) compilerOptions[name] = null;
  return open(configuration);
}

/** The program of every TypeScript file, by strict options. */
function ofFiles() {
  const files = readdirSync(root, { recursive: true })
    .filter((name) => /\.[cm]?tsx?$/.test(name) && !name.includes("node_modules"))
    .map((name) => join(root, name));
  return open({ compilerOptions: { ...STRICT, ...BROUGHT, ...FORCED }, files });
}

const page = ofPage();
const project = page ?? ofFiles();
const { program, checker, rootFiles: files } = project;
const found = [...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()].filter((one) => one.fileName);
const sources = new Map();
/** A file of the program. */
function source(name) {
  if (!sources.has(name)) sources.set(name, program.getSourceFile(name));
  return sources.get(name);
}

/** Names that the modules export which the program's own files import. */
function exported() {
  const imports = files.map(source).filter(Boolean).flatMap((file) => file.imports ?? []);
  const modules = imports.map((name) => checker.getSymbolAtLocation(name)).filter(Boolean);
  return new Set(modules.flatMap((module) => checker.getExportsOfModule(module)).map((one) => one.name));
}

let names;
/** Whether a message is about a type that no file declares and no imported module has: a platform's, or generated. */
function isAmbient(one) {
  if (one.code !== 2304 && one.code !== 2503) return false;
  const node = ast.getTokenAtPosition(source(one.fileName), one.pos);
  const around = node.parent;
  // what a class extends is a value
  const isValue = ast.isExpressionWithTypeArguments(around) && around.parent.token === ast.SyntaxKind.ExtendsKeyword
    && ast.isClassLikeDeclaration(around.parent.parent);
  const isType = !isValue && (ast.isTypeNode(around) || ast.isQualifiedName(around));
  return isType && !(names ??= exported()).has(node.text);
}

const ambient = new Set(found.filter(isAmbient));
const untyped = ambient.size > 0 || found.some((one) => one.code === 7016);
// what follows from types that are not here is not the page's: its parameters are of no type
const ofOurs = (one) => ambient.has(one) || one.code === 7016 || (untyped && one.code >= 7000 && one.code < 7100);
for (const one of found.filter((one) => !ofOurs(one))) {
  const line = source(one.fileName).getLineAndCharacterOfPosition(one.pos).line + 1;
  const message = one.text.split("\n")[0].slice(0, 400);
  const answer = { file: relative(root, one.fileName), line, code: `TS${one.code}`, text: message };
  process.stdout.write(`\n${JSON.stringify(answer)}\n`);
}
process.stdout.write(`\n${JSON.stringify({ checked: files.length, version, own: page !== undefined })}\n`);
api.close();
