// Looks up the names of imports in the installed packages: by their types, and where those do not decide, by importing
// them. Runs inside a container. Reads questions.json and prints an answer for each module.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const ours = createRequire("/opt/docprobe/typescript/package.json");
const { API } = await import(ours.resolve("typescript/unstable/sync"));
const questions = JSON.parse(readFileSync("questions.json", "utf8"));
// a program of the imports alone, and its options: files that only the compiler sees
const file = "/example/app/docprobe_questions.mts";
const config = "/example/app/docprobe_questions.json";
const compilerOptions = {
  noEmit: true, skipLibCheck: true, strict: true, target: "es2022", module: "nodenext", moduleResolution: "nodenext",
  esModuleInterop: true, types: [],
};
const seen = new Map([
  [file, questions.map((q, n) => `import * as m${n} from ${JSON.stringify(q.module)};\n`).join("")],
  [config, JSON.stringify({ compilerOptions, files: [file] })],
]);
const api = new API({ fs: { readFile: (path) => seen.get(path), fileExists: (path) => (seen.has(path) ? true : undefined) } });
const { program, checker } = api.updateSnapshot({ openProjects: [config] }).getProject(config);
const imports = program.getSourceFile(file).imports;

/** The names that a module's types export; undefined if it has no types. */
function typed(number) {
  const symbol = checker.getSymbolAtLocation(imports[number]);
  if (!symbol) return undefined;
  const names = new Set(checker.getExportsOfModule(symbol).map((one) => one.name));
  if (symbol.getExports().has("export=")) names.add("default");
  return names;
}

/** What importing a module gives: its names, or the error. */
async function imported(module) {
  try {
    return { names: new Set(Object.keys(await import(module))) };
  } catch (error) {
    return { error };
  }
}

/** How alike two names are, from 0 to 1: the share of pairs of letters that they have in common. */
function likeness(one, other) {
  const pairs = [one, other].map((name) => name.replaceAll("_", "").toLowerCase())
    .map((name) => [...name].slice(1).map((letter, at) => name[at] + letter));
  const left = [...pairs[1]];
  const common = pairs[0].filter((pair) => left.includes(pair) && left.splice(left.indexOf(pair), 1));
  return (2 * common.length) / (pairs[0].length + pairs[1].length || 1);
}

/** The names that are most like one that is missing. */
function similar(known, name) {
  const ranked = [...known].map((other) => [likeness(name, other), other]).filter(([alike]) => alike >= 0.7);
  return ranked.sort(([one], [other]) => other - one).slice(0, 3).map(([, other]) => other);
}

const NOT_THERE = new Set(["ERR_MODULE_NOT_FOUND", "ERR_PACKAGE_PATH_NOT_EXPORTED", "ERR_UNSUPPORTED_DIR_IMPORT"]);

for (const [number, { module, names }] of questions.entries()) {
  const types = typed(number);
  let missing = types ? names.filter((name) => name !== "*" && !types.has(name)) : names;
  let found = types ? true : null;
  let words = "";
  const known = new Set(types);
  if (!types || missing.length) {
    const { names: values, error } = await imported(module);
    if (values) {
      found = true;
      values.forEach((name) => known.add(name));
      missing = missing.filter((name) => name !== "*" && !values.has(name));
      // a package without types may have any: names that exist for the compiler alone are not known here
    } else if (!types) {
      words = String(error?.message ?? error).split("\n")[0].slice(0, 300);
      // what the module itself imports may be missing too
      const about = words.includes(`'${module}'`) || words.includes("is not defined by") || words.endsWith(import.meta.filename);
      found = NOT_THERE.has(error?.code) && about ? false : null;
      if (found === false) words = "";
      missing = [];
    }
  }
  const near = Object.fromEntries(missing.map((name) => [name, similar(known, name)]));
  process.stdout.write(`\n${JSON.stringify({ module, found, missing, words, near })}\n`);
}
api.close();
process.exit(0);
