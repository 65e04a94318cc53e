"""A fence's info string, split into language, file name, label and attributes.

The sites share no grammar; this reads what their pages contain: ``ts [server.ts]`` (VitePress),
``python server.py {9,10}`` and ``json Windows highlight={2}`` (Mintlify), ``python title="server.py" hl_lines="8"``
(MkDocs, Docusaurus), ``{ .python title="x" }`` (attribute lists), ``ts source="../x.ts#region"``, ``rust,ignore``,
``ts:server.ts``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from extractor.model import InfoString

_LANGUAGE = re.compile(r"[^\s{\[,=\"']+")
_PART = re.compile(
    r"""\s*(?:
        (?P<key>[\w@:.-]+)=(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|\{(?P<braced>[^{}]*)\}|(?P<bare>[^\s{}"']+))
      | \{(?P<braces>[^{}]*)\}
      | \[(?P<brackets>[^\[\]]*)\]
      | (?P<word>\S+)
    )""",
    re.VERBOSE,
)
_CELL: Final = re.compile(r"\{(?P<language>[A-Za-z][\w+-]*)(?=[\s,}])")
_LINE_RANGES = re.compile(r"[\d\s,:-]*\Z")
_FLAGS: Final = frozenset(
    "expandable wrap lines live twoslash noInline showLineNumbers linenums nocopy collapse ignore no_run".split()  # noqa: SIM905
)
"""Bare words that control the display and are not a title."""
_TITLE_KEYS: Final = ("title", "filename", "file", "name", "label", "caption", "tab", "fileName", "path")
_JOINED = re.compile(r"(?P<language>[\w+#-]+):(?P<rest>\w+=.*)", re.DOTALL)
"""``ts:title=server.ts`` (Gatsby)."""
_PRODUCTS: Final = frozenset({"node.js", "next.js", "vue.js", "nuxt.js", "express.js", "three.js", "asp.net", "d3.js"})
_EXTENSIONS: Final = frozenset(
    """astro bash bat bicep bru c cc cfg cjs cmd conf config cpp cs csproj css csv cts dart db diff dockerfile env
    ex exs fish fs fsproj gemspec gitignore go gradle graphql groovy h hcl hpp htm html http ini ipynb j2 java js json
    json5 jsonc jsonl jsx kt kts less lock log lua m md mdx mjs ml mod mts nix php pl plist prisma properties proto ps1
    psm1 py pyi r rb rs rst sass sbt scala scss service sh sln sql sum svelte svg swift tex tf tfvars toml ts tsx txt
    vb vue wasm xml yaml yml zig zsh""".split()  # noqa: SIM905  (one word per line would fill the screen)
)
_BARE_NAMES: Final = frozenset(
    "dockerfile containerfile makefile gemfile rakefile procfile justfile vagrantfile jenkinsfile license".split()  # noqa: SIM905
)
_FILE_NAME = re.compile(r"[\w@.~+\[\]()/\\-]+\Z")


def looks_like_file_name(word: str) -> bool:
    """Return whether a word names a file: a known extension, a dot file, or a name like ``Dockerfile``."""
    if not _FILE_NAME.match(word) or word.lower() in _PRODUCTS or word.startswith("(") or word.endswith("/"):
        return False
    base = re.split(r"[/\\]", word)[-1]
    if base.lower() in _BARE_NAMES:
        return True
    if base.startswith(".") and re.match(r"\.[A-Za-z][\w.-]*\Z", base):
        return True
    stem, dot, extension = base.rpartition(".")
    return bool(dot and stem and extension.lower() in _EXTENSIONS)


@lru_cache(maxsize=1_000)
def split_info(raw: str) -> InfoString:
    """Split an info string: everything after the fence's marks. Most of a tree's are the same few."""
    raw = raw.strip()
    # here, since the rest of this module is used for blocks that are cached
    from markdown_it.common.utils import unescapeAll

    text = unescapeAll(raw)  # CommonMark, "Backslash escapes" and "Entities": both work in info strings
    if joined := _JOINED.fullmatch(text):
        text = f"{joined['language']} {joined['rest']}"
    first = _LANGUAGE.match(text)
    language, rest = (first.group(), text[first.end() :]) if first else ("", text)
    attributes: dict[str, str] = {}
    if rest.startswith("="):  # a fence without language: ```title="x"
        language, rest = "", text
    language, _, suffix = language.partition(":")
    # ```ts:server.ts (Zenn, Qiita), or rust:ignore
    titles = [suffix] if looks_like_file_name(suffix) else []
    if suffix and not titles:
        attributes[suffix] = ""
    words: list[str] = []
    for part in _PART.finditer(rest.replace(",", " ", 1) if rest.startswith(",") else rest):
        _take(part, attributes, titles, words)
    if not language and "class" in attributes:
        language, _, others = attributes.pop("class").partition(" ")
        attributes |= {"class": others} if others else {}
    elif not language and (cell := _CELL.match(text)):
        language = cell["language"]  # {python echo=FALSE} (Quarto, R Markdown)
        attributes.pop(language, None)
    written_out = [attributes[key] for key in _TITLE_KEYS if attributes.get(key)]
    while words and (words[-1] in _FLAGS or (written_out and not looks_like_file_name(words[-1]))):
        attributes[words.pop()] = ""
    name, label = _name_and_label([*written_out, *titles, " ".join(words)])
    if name is None and attributes.get("source"):
        name = re.sub(r"\A(?:\.{0,2}/)+", "", attributes["source"].partition("#")[0]) or None
    return InfoString(raw, language.lower(), name, label, attributes)


def _take(part: re.Match[str], attributes: dict[str, str], titles: list[str], words: list[str]) -> None:
    """File one part of the info string under attributes, titles or words."""
    if part["key"] is not None:
        value = next(v for v in (part["double"], part["single"], part["braced"], part["bare"]) if v is not None)
        attributes.setdefault(part["key"], value)
    elif part["braces"] is not None:
        inside = part["braces"].strip()
        if _LINE_RANGES.match(inside):
            attributes.setdefault("highlight", inside)
        else:
            _attribute_list(inside, attributes, words)
    elif part["brackets"] is not None:
        if part["brackets"] in _FLAGS:
            attributes[part["brackets"]] = ""
        elif part["brackets"].strip():
            titles.append(part["brackets"].strip())
    else:
        words.append(part["word"])


def _attribute_list(inside: str, attributes: dict[str, str], words: list[str]) -> None:
    """``.python #id key="value"``: the first class is the language."""
    for part in _PART.finditer(inside):
        word = part["word"]
        if part["key"] is not None:
            _take(part, attributes, [], words)
        elif word and word.startswith("."):
            attributes["class"] = f"{attributes.get('class', '')} {word[1:]}".strip()
        elif word and word.startswith("#"):
            attributes["id"] = word[1:]
        elif word:
            attributes[word] = ""


def _name_and_label(titles: list[str]) -> tuple[str | None, str | None]:
    """The first file name among the titles, and the first title that is more than a file name."""
    name = label = None
    for title in filter(None, titles):
        if looks_like_file_name(title):
            name = name or title
            continue
        label = label or title
        name = name or next((word for word in title.split() if looks_like_file_name(word)), None)
    return name, label
