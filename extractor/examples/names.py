"""What the page calls a file, and what its commands say of its code.

The nearest and most explicit statement wins; a program never gets a name by guessing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from extractor.examples.wholeness import leaves_out
from extractor.languages.common.files import normal, refusal
from extractor.languages.common.roles import Start
from extractor.languages.common.startup import means_file, nearest_first
from extractor.languages.common.view import FileName, scope_of, sees
from extractor.markdown.info_string import looks_like_file_name
from extractor.model import ExampleKind, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.languages.common.roles import CodeProfile
    from extractor.languages.common.shell import Command
    from extractor.languages.common.values import Snippet
    from extractor.languages.common.view import PageContext
    from extractor.model import Block

_PATH: Final = re.compile(r"(?<![\w/.\\@:}>-])(?:\.{0,2}[\\/])?(?:[\w@.-]+[\\/])*[\w@.-]*\.\w{1,6}(?![\w/\\(-])")
"""A path in running text. Prose has no grammar to parse; what it yields is checked against the language's suffixes."""
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef"
"""Thai to Khmer, Han, Kana, Hangul: scripts whose words stand next to a file name without a space."""
_SEAM: Final = re.compile(rf"(?<=[{_UNSPACED}])(?=[A-Za-z0-9_@])|(?<=[A-Za-z0-9_])(?=[{_UNSPACED}])")
_BEGINS_UNSPACED: Final = re.compile(rf"[{_UNSPACED}]")
_SENTENCE_END: Final = re.compile(r"(?<=[.:!?])\s+|(?<=[\u3002\uff1a\uff01\uff1f])")
_SAVED: Final = re.compile(
    r"\b(?:save|put|write|store|paste|copy)\b.*\b(?:as|to|in|into)\b|\bcreate\b|\bcall(?:ed)?\b|\bnamed?\b",
    re.IGNORECASE,
)
"""How a sentence tells its reader to make a file of the code that follows."""
_MAX_COMMENT: Final = 200
_COMMENT: Final = re.compile(
    r"^\s*(?://|#|<!--|/\*+|--)\s*(?:(?:file(?:name)?|path|save as|in)(?:\s*[:=]|\s))?\s*[`\"']?"
    r"(?P<path>[^\s`\"'*]+)[`\"']?"
    r"\s*(?P<rest>.*?)\s*(?:-->|\*/)?\s*$",
    re.IGNORECASE,
)


_FIRST_LINE: Final = ("startLine", "start", "startLineNumber", "lineNumberStart", "linenums", "line-numbers", "lines")
_NUMBERED: Final = re.compile(r"(?:showLineNumbers\{)?(\d{1,6})(?:\}|-\d+)?$")
"""The number of the first line that is shown, by attributes of several sites."""
_ENDINGS: Final = {"text": (".txt",), "dotenv": (".env",), "jsonc": (".json",), "yml": (".yaml",), "": (".txt",)}
_HEADED: Final = re.compile(
    r"(?:(?:step )?\d+[.:)]? )?(?:[^\w\s`]+ )?(?:(?:create|add|write|edit|the|file|your) )*"
    r"[`*\"]*(?P<path>[^\s`*\":]+)[`*\"]*:?",
    re.IGNORECASE,
)
"""A heading, or the title of a step, that is the name of a file: ``2. Create `src/index.ts` ``."""
_HEADED_LAST: Final = re.compile(r".*\w.*(?:\(|: | [—–-] )[`*\"]*(?P<path>[^\s`*\":()]+)[`*\"]*\)?:?")
"""A heading that says what is in a file, and then its name: ``Step 2: The tools (`tools.ts`)``."""
_ENDS: Final = (".", ":", "!", "?", "\u3002", "\uff1a")
_FRAMEWORK: Final = re.compile(r"[A-Z]\w*\.js")
"""A framework, as headings name it: ``Hono.js``."""
_INTERPRETERS: Final = frozenset({"python", "python3", "node", "tsx", "npx", "uv", "bun", "deno", "ts-node"})


def stated_name(block: Block, suffixes: Sequence[str] = ()) -> FileName | None:
    """Return the file name that the page gives a block; None if it gives none.

    Looked for in this order: directive, info string, first-line comment, the prose just before, the titles of the tab
    and the step, the heading.

    Args:
        block: any fence.
        suffixes: endings that the block's language allows; a name in prose must have one of them. Empty: any known.
    """
    for directive in reversed(block.directives):
        if name := directive.values.get("file"):
            return FileName(name, Origin.DIRECTIVE, 1.0, "directive")
    if block.info.name and not _is_region(block):
        return FileName(block.info.name, Origin.STATED, 1.0, "info string")
    allowed = tuple(suffixes)
    if name := _from_comment(block, allowed):
        return FileName(name, Origin.STATED, 1.0, "comment")
    if prose := _from_prose(_without_commands(block), allowed):
        # "Save it as `server.py`" gives a whole file; "in `server.py`" may be about a part of one
        name, saved = prose
        return FileName(name, Origin.STATED, 0.8, "prose", made=saved)
    if run := _from_prose(block.context, allowed):
        # "Start it with `python server.py`" names what is run then, of which the code may be the last part
        return FileName(run[0], Origin.STATED, 0.8, "command")
    if label := _label(block.context, allowed):
        # one paragraph is nothing but a file's name, and others are between it and the code
        return FileName(label, Origin.STATED, 0.8, "prose")
    title = _last_word(block.place.tab or "")
    if _is_file(title, allowed):
        return FileName(title, Origin.STATED, 1.0, "tab title")
    heading = block.place.headings[-1].text if block.place.headings else ""
    for source, text in (("step", block.place.step or ""), ("heading", heading)):
        if found := _HEADED.fullmatch(text.strip()) or _HEADED_LAST.fullmatch(text.strip()):
            path = _last_word(found["path"])
            if _is_file(path, allowed or _endings(block)) and not _FRAMEWORK.fullmatch(path):
                # what follows may be a part of it
                return FileName(path, Origin.STATED, 0.8, source)
    return None


def _without_commands(block: Block) -> str:
    """The prose just before a block without the commands that it tells its reader to run."""
    context = block.context
    for _, command in block.prose_commands:
        context = context.replace(command, "…")
    return context


def _label(context: str, suffixes: tuple[str, ...]) -> str | None:
    """Return the only paragraph that is just a file name; None if no sentence follows it, as in a list."""
    lines = context.split("\n")
    labels = {name for line in lines if _is_file(name := line.strip(" :"), suffixes)}
    above = {line.strip(" :") for line, below in pairwise(lines) if below.rstrip().endswith(_ENDS)}
    return labels.pop() if len(labels) == 1 and labels <= above else None


def _endings(block: Block) -> tuple[str, ...]:
    """The endings of files that a fence of some other language than those of programs may be."""
    return (f".{block.language}", *_ENDINGS.get(block.language, ()))


def _is_file(text: str, suffixes: tuple[str, ...]) -> bool:
    return looks_like_file_name(text.strip()) and (not suffixes or text.strip().lower().endswith(suffixes))


def _last_word(text: str) -> str:
    """A title without the words that stand before its last one, where its script puts no space between them."""
    words = _SEAM.split(text.strip())
    return text.strip() if words[0].isascii() else words[-1]


def _is_region(block: Block) -> bool:
    """Whether the name is that of a larger file, of which the block shows a part: ``source="a.ts#b"``, ``start=9``."""
    attributes = block.info.attributes
    source = attributes.get("source", "")
    numbered = [attributes.get(key, "") for key in _FIRST_LINE] + [*attributes]
    first = next((int(found[1]) for text in numbered if (found := _NUMBERED.match(text))), 1)
    return first > 1 or "#" in source or (block.info.name == source != "" and source.startswith(".."))


def _from_comment(block: Block, suffixes: tuple[str, ...]) -> str | None:
    first = block.text[: _MAX_COMMENT + 1].lstrip("\n").partition("\n")[0]
    match = _COMMENT.match(first) if len(first) <= _MAX_COMMENT else None
    if not match or not _is_file(str(match["path"]), suffixes):
        return None
    # "# server.py" names a file; "# server.py reads the configuration" talks about one
    path, rest = _last_word(match["path"]), str(match["rest"])
    return path if not rest or rest.startswith(("(", "-", "—", "–", ":")) else None


def _from_prose(context: str, suffixes: tuple[str, ...]) -> tuple[str, bool] | None:
    """The one file that the last paragraph before the fence names, and whether the code is to be saved as it.

    The last sentence that names any counts.
    """
    last = context.strip().rpartition("\n")[2]
    for sentence in reversed(_SENTENCE_END.split(last)):
        found = (str(match) for match in _PATH.findall(_SEAM.sub(" ", sentence)))
        # where a name of such letters begins in a sentence of them is not known
        named = {path for path in found if _is_file(path, suffixes) and not _BEGINS_UNSPACED.match(path)}
        if len(named) == 1:
            return named.pop(), _SAVED.search(sentence) is not None
        if named:
            return None
    return None


def with_commands(snippets: Sequence[Snippet], around: PageContext, profile: CodeProfile) -> Iterator[Snippet]:
    """Yield the snippets with the names and the roles that the page's commands give them.

    Args:
        snippets: all code of the page, in order.
        around: the rest of the page.
        profile: of the specification.
    """
    naming = (*around.commands, *around.prose_commands)
    for index, snippet in enumerate(snippets):
        following = snippets[index + 1].block.span.first if index + 1 < len(snippets) else None
        name = _confirmed(snippet, naming) if snippet.name else _name_by_command(snippet, following, naming)
        named = replace(snippet, name=name)
        yield _with_role(named, naming, profile, snippets)


def _confirmed(snippet: Snippet, commands: Sequence[Command]) -> FileName | None:
    """The name of a snippet, sure where the page runs that file: then it is the file, whatever else prose may mean."""
    name = snippet.name
    if name is None or name.is_whole:
        return name
    scope, path = scope_of(snippet.block), normal(name.path)
    runs = any(sees(scope, c.block) and any(means_file(word, path) for word in c.words) for c in commands)
    return replace(name, made=runs)


def _name_by_command(snippet: Snippet, following: int | None, commands: Sequence[Command]) -> FileName | None:
    """The file that a command runs which follows the snippet in its section, before any other code."""
    if snippet.head or (snippet.role.start is Start.NONE and snippet.role.handle is None):
        return None
    for command in commands:
        line = command.span.first
        is_behind = line > snippet.block.span.last and (following is None or line < following)
        if not is_behind or command.block.place.headings != snippet.block.place.headings:
            continue
        served, handle = snippet.language.served_file(command) or ("", "")
        by_module = (served,) if served and handle in {"", snippet.role.handle} else ()
        for word in (*by_module, *command.words):
            path = word.partition(":")[0]
            if path.endswith(snippet.language.suffixes) and looks_like_file_name(path) and not refusal(path):
                return FileName(normal(path), Origin.STATED, 0.8, "command")
    return None


def _with_role(
    snippet: Snippet, commands: Sequence[Command], profile: CodeProfile, snippets: Sequence[Snippet]
) -> Snippet:
    if snippet.role.start is not Start.NONE:
        return snippet
    scope = scope_of(snippet.block)
    near = nearest_first(snippet.block, (c for c in commands if sees(scope, c.block)))
    role = snippet.language.role_by_command(snippet, near, profile.of(snippet.language.name))
    if role is None and _is_run_as_it_is(snippet, near, snippets):
        kind = ExampleKind.STDIO_SERVER if snippet.role.kind is ExampleKind.OTHER else snippet.role.kind
        role = replace(snippet.role, kind=kind, start=Start.RUN, why="")
    return replace(snippet, role=role) if role else snippet


def _is_run_as_it_is(snippet: Snippet, commands: Sequence[Command], snippets: Sequence[Snippet]) -> bool:
    """Whether the page runs a file in which no start is recognised: a program all the same, perhaps a misspelled one.

    It makes a server or a client, and no other block of the page goes on with it.
    """
    name, role = snippet.name, snippet.role
    if name is None or not name.is_whole or refusal(name.path) or not role.relevant:
        return False
    if (role.kind is ExampleKind.OTHER and not role.handle) or not snippet.facts.imports or leaves_out(snippet):
        return False
    made = {f"{name}." for name in snippet.facts.defines}
    if snippet.facts.free and not any(call.name.startswith(tuple(made)) for call in snippet.facts.calls):
        # it has not all that it uses, and does nothing with what it makes: a part of the file
        return False
    if any(_goes_on_with(other, snippet) for other in snippets):
        return False
    path = normal(name.path)
    return any(
        command.words[0] in _INTERPRETERS and any(means_file(word, path) for word in command.words[1:])
        for command in commands
    )


def _goes_on_with(other: Snippet, snippet: Snippet) -> bool:
    """Whether another block may be more of a snippet's file: it uses or defines its names, and is not another file."""
    if other.block is snippet.block or other.language is not snippet.language:
        return False
    if scope_of(other.block) != scope_of(snippet.block):
        return False
    if other.name and snippet.name and normal(other.name.path) == normal(snippet.name.path):
        return True
    if other.name and other.name.is_whole:
        return False
    own = set(snippet.facts.defines)
    return bool(own & {*other.facts.free, *other.facts.defines}) or bool(other.facts.error)
