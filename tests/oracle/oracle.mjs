// Reads one JSON document per line, {"format": "mdx" | "md", "text": …}, and answers each with one line:
// {"blocks": [{first, last, column, info, text}]} as remark sees them, or {"refused": reason}.
// Run from the folder whose node_modules hold the packages of package.json.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.cwd(), "package.json"));
const load = async (name) => (await import(pathToFileURL(require.resolve(name)))).default;
const { unified } = await import(pathToFileURL(require.resolve("unified")));
const [parse, mdx, frontmatter, gfm] = await Promise.all(
  ["remark-parse", "remark-mdx", "remark-frontmatter", "remark-gfm"].map(load),
);
const parsers = {
  mdx: unified().use(parse).use(frontmatter).use(gfm).use(mdx).freeze(),
  md: unified().use(parse).use(frontmatter).use(gfm).freeze(),
};

function* blocks(node, lines) {
  if (node.type === "code") {
    const { start, end } = node.position;
    // indented code is a `code` node too, but no fenced block
    const opening = lines[start.line - 1].slice(start.column - 1);
    if (/^(?:`{3,}|~{3,})/.test(opening)) {
      const info = [node.lang, node.meta].filter((part) => part).join(" ");
      // an unclosed fence ends where the next line starts: the line before is the last that it holds
      const last = end.column === 1 && end.line > start.line ? end.line - 1 : end.line;
      yield { first: start.line, last, column: start.column, info, text: node.value };
    }
  }
  for (const child of node.children ?? []) yield* blocks(child, lines);
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { format, text } = JSON.parse(line);
  let answer;
  try {
    answer = { blocks: [...blocks(parsers[format].parse(text), text.split(/\r\n|\r|\n/))] };
  } catch (error) {
    answer = { refused: String(error.reason ?? error.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
