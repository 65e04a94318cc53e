"""What code lacks to be a whole program, and what a whole program leaves to its reader, as clauses for reports."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from extractor.base.loopback import is_loopback
from extractor.languages.common.environment import is_placeholder
from extractor.languages.common.facts import Ref
from extractor.model import ExampleKind, LeftKind, LeftToReader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from extractor.languages.common.facts import Call, CodeFacts
    from extractor.languages.common.values import Draft, ProgramFile, Snippet
    from extractor.model import Span

_DATA: Final = (".json", ".md", ".yaml", ".yml", ".csv", ".pem", ".key", ".html", ".txt")
_DATA_FILES: Final = (".py", ".js", ".ts", *_DATA)
_GIVEN_FILES: Final = (
    ".env",
    ".env.local",
    ".toml",
    ".ini",
    ".cfg",
    ".conf",
    ".db",
    ".sqlite",
    ".crt",
    ".cert",
    ".xml",
)
"""Further files that commands name; code among them is the program's."""
_OWN_PLACE: Final = re.compile(
    r"(?:~|\$HOME|[A-Za-z]:)[/\\]|/(?:path|absolute|full|users|home|var|opt|srv|mnt|data|etc)/|(?:\./)?path/to/",
    re.IGNORECASE,
)
"""How a path begins that is on the reader's machine."""
_ASKING: Final = frozenset({"get", "post", "request", "urlopen", "fetch", "stream"})
_URL: Final = re.compile(r"https?://([\w.-]+)", re.ASCII)
_ISSUING: Final = re.compile(r"issuer|authorization_servers|authorizationServers|jwks|introspection", re.IGNORECASE)
"""Names of arguments that say whose tokens a server takes."""
_PROMPTS: Final = frozenset(
    {"input", "getpass", "getpass.getpass", "click.prompt", "typer.prompt", "Prompt.ask", "rl.question",
     "readline.question", "io.stdin", "std.io.stdin", "stdin", "readln", "readLine"}
)  # fmt: skip
"""Calls that wait for what somebody types."""
_PROMPT_SOURCES: Final = frozenset({"os.Stdin", "System.in"})
"""What such calls of Go and the JVM's languages read."""
_MAX_FILE: Final = 200
MOST_NAMED: Final = 3
"""Names that a clause about left out imports lists."""
_OF_THE_READER: Final = re.compile(r"KEY|SECRET|TOKEN|PASS|CLIENT_ID|DOMAIN|URL|URI|AUDIENCE|ISSUER|TENANT|PROJECT")
"""Variables without which a program may have nothing to talk to; a ``DEBUG`` it can always do without."""
_NEEDED: Final = re.compile(
    r"(?:^|_)(?:key|secret|token|pass|password|credentials?|id|domain|url|uri|host|hostname|server|endpoint|address|"
    r"audience|issuer|tenant|project|account|user|username|path|file|filename|dir|directory|folder|root|database|"
    r"authorization|args|bearer|headers)$|api_?key"
)
"""Names of arguments that hold a credential, a host or a path."""
_ADDRESS: Final = re.compile(r"://|^[.~]?/|^[A-Za-z]:\\|@[\w-]+\.|^[\w-]+(?:\.[\w-]+)+(?:[:/]|$)")
"""Values that are a URL, a path or a host, whatever they are called."""


def undefined(file: ProgramFile, elsewhere: Sequence[Snippet]) -> tuple[str, ...]:
    """Return clauses on the names that a file uses and does not define; none where it starts without all of them.

    Args:
        file: the file; its glue counts.
        elsewhere: other snippets of the page in view, which may define the name.
    """
    own, language = {snippet.block.ordinal for snippet in file.snippets}, file.snippets[0].language
    # a class of the same name in another language is another one
    others = [s for s in elsewhere if s.block.ordinal not in own and s.language.toolchain == language.toolchain]
    names = free_names(file)
    holders = {name: [s for s in others if may_hold(s.facts, name, file)] for name in names}
    if file.takes_all:
        names = tuple(name for name in names if holders[name])
    if not any(holders.values()) and all(is_late(name, file.facts) for name in names):
        return ()
    nowhere = [name for name in names if not holders[name]]
    leaves = language.leaves_imports and not any(code.imports for code in file.facts)
    if leaves and len(nowhere) > MOST_NAMED:
        shown = ", ".join(f"`{name}`" for name in nowhere[:MOST_NAMED])
        clause = f"shows no imports, and no block of this page defines {shown} and {len(nowhere) - MOST_NAMED} more"
        return (clause, *(_undefined(name, holders[name]) for name in names if holders[name]))
    return tuple(_undefined(name, holders[name]) for name in names)


def _undefined(name: str, holders: Sequence[Snippet]) -> str:
    if not holders:
        return f"uses `{name}`, which no block of this page defines"
    lines = ", ".join(str(snippet.block.span.first) for snippet in holders[:3])
    where = "the block" if len(holders) == 1 else "the blocks"
    return f"uses `{name}`, defined in {where} at line {lines} of the page"


def may_hold(code: CodeFacts, name: str, file: ProgramFile) -> bool:
    """Return whether code of the page may be where a file has a name from.

    A file that takes all names of a module has its own imports: what another block only imports is not needed there.
    """
    return name in code.defines and not (file.takes_all and any(name in imported.names for imported in code.imports))


def is_late(name: str, files: Iterable[CodeFacts]) -> bool:
    """Return whether a program starts without a name, since only functions that clients call use it."""
    return all(name in code.late for code in files if name in code.free)


def free_names(file: ProgramFile) -> tuple[str, ...]:
    """Return the names that no snippet of the file binds, nor a file that it sees, in order of first use."""
    defined = {name for code in file.facts for name in code.defines} | file.known
    return tuple(dict.fromkeys(name for code in file.facts for name in code.free if name not in defined))


def broken(snippets: Iterable[Snippet]) -> tuple[str, ...]:
    """Return clauses on snippets that are not valid in their language, or leave something out."""
    clauses: list[str] = []
    for snippet in snippets:
        code, first = snippet.facts, snippet.block.span.first
        if code.error:
            clauses.append(f"{code.error.message} (line {first + code.error.line} of the page)")
        elif code.loose_method is not None:
            clauses.append(f"is a method outside its class (line {first + code.loose_method} of the page)")
        clauses += [f"leaves out what `{t.value}` does (line {first + t.line} of the page)" for t in code.left_out]
    return tuple(clauses)


def sentence(clauses: Sequence[str], limit: int = 4) -> str:
    """Return several clauses as one sentence, the first ``limit`` of them in full."""
    shown = list(clauses[:limit])
    if len(clauses) > limit:
        shown.append(f"and {len(clauses) - limit} more")
    return "; ".join(shown)


def left_to_reader(
    draft: Draft,
    stated: Mapping[str, str],
    environment: Mapping[str, str],
    command: Sequence[str] = (),
    files: Collection[str] = (),
) -> tuple[LeftToReader, ...]:
    """Return what only the reader has: values for placeholders and variables, files, names, answers, tokens, typing.

    Args:
        draft: the program.
        stated: variables that the page or the configuration sets, placeholders and all.
        environment: those, with what docprobe fills in.
        command: that starts it.
        files: paths of its bundle.
    """
    parts = (
        *_arguments(draft),
        *_variables(draft, stated, environment),
        *_files(draft),
        *_answers(draft),
        *_names(draft),
        *_tokens(draft),
        *_asked(draft),
        *_words(command, files),
    )
    return tuple({part.what: part for part in reversed(parts)}.values())[::-1]


def _calls(draft: Draft) -> Iterator[tuple[Call, Span | None]]:
    """The calls of the program, and their lines on the page."""
    for snippet in draft.program.snippets:
        yield from ((call, snippet.block.line(call.line - 1)) for call in snippet.facts.calls)
    glue = (code for file in draft.program.files for code in file.glue)
    yield from ((call, None) for code in glue for call in code.calls)


def _arguments(draft: Draft) -> Iterator[LeftToReader]:
    """Placeholders for a credential, a host or a path; "your" in a description is not one."""
    for call, span in _calls(draft):
        for name, value in call.keywords.items():
            if isinstance(value, str) and is_placeholder(value) and _is_needed(name, value):
                line = f", line {span.first}" if span else ""
                yield LeftToReader(LeftKind.VALUE, name, f"{name} (“{value}”{line})", span)


def _is_needed(name: str, value: str) -> bool:
    """Whether an argument is a credential, a host or a path, by its name or by how its value looks."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return bool(_NEEDED.search(words)) or bool(_ADDRESS.search(value))


def _variables(draft: Draft, stated: Mapping[str, str], environment: Mapping[str, str]) -> Iterator[LeftToReader]:
    known = {name for name, value in stated.items() if not is_placeholder(value)} | draft.override.environment.keys()
    for snippet in draft.program.snippets:
        for read in snippet.facts.environment:
            unset = read.default is None and read.name not in known
            if unset and (read.required or _OF_THE_READER.search(read.name)):
                filled = " (filled in)" if read.name in environment else ""
                span = snippet.block.line(read.line - 1)
                yield LeftToReader(LeftKind.VARIABLE, read.name, f"the variable {read.name}{filled}", span)


def _files(draft: Draft) -> Iterator[LeftToReader]:
    """Files named as arguments that are not the program's, nor modules that it loads: ``require("mill/sieve.js")``."""
    own = {PurePosixPath(file.name.path).name for file in draft.program.files if file.name}
    own |= {PurePosixPath(named.name.path).name for named in draft.around.named}
    modules = {imported.module for code in draft.facts for imported in code.imports}
    for value, span in ((value, span) for call, span in _calls(draft) for value in call.arguments):
        if not isinstance(value, str) or not value.endswith(_DATA_FILES) or len(value) >= _MAX_FILE:
            continue
        if value in modules:
            continue
        if not {" ", ":"} & set(value) and PurePosixPath(value).name not in own:
            yield LeftToReader(LeftKind.FILE, value, f"the file {value}", span)


def _words(command: Sequence[str], files: Collection[str]) -> Iterator[LeftToReader]:
    """Files, paths and values in the command that only the reader has: ``--ssl-key key.pem``, ``/path/to/notes``."""
    shown = {PurePosixPath(path).name for path in files}
    for word in command[1:]:
        value = word.partition("=")[2] if word.startswith("-") else word
        if not value or len(value) >= _MAX_FILE or " " in value:
            continue
        if is_placeholder(value) or _OWN_PLACE.match(value):
            yield LeftToReader(LeftKind.VALUE, value, f"{value}, an argument of the command")
        elif value.lower().endswith((*_DATA, *_GIVEN_FILES)) and PurePosixPath(value).name not in shown:
            yield LeftToReader(LeftKind.FILE, value, f"the file {value}")


def _tokens(draft: Draft) -> Iterator[LeftToReader]:
    """Tokens that only an authorization server elsewhere gives."""
    for call, span in _calls(draft):
        for name, value in call.keywords.items():
            text = value.text if isinstance(value, Ref) else value
            url = _URL.search(text) if isinstance(text, str) and _ISSUING.search(name) else None
            if url and not is_loopback(url[1]):
                yield LeftToReader(LeftKind.TOKEN, url[1], f"a token from {url[1]}", span)


def _asked(draft: Draft) -> Iterator[LeftToReader]:
    """What the program asks for at the terminal first; to a stdio server the standard input is something else."""
    if draft.kind is ExampleKind.STDIO_SERVER:
        return
    for snippet in draft.program.snippets:
        code = snippet.facts
        asking = (call for call in code.calls if call.name in _PROMPTS or _PROMPT_SOURCES & _handed(call))
        # a name like `input` may be a parameter's
        streams = (use for use in code.reads if "." in use.name or use.name == "stdin")
        if lines := [call.line for call in (*streams, *asking) if call.name not in code.defines]:
            span = snippet.block.line(min(lines) - 1)
            what = f"what it asks for at the terminal (line {span.first})"
            yield LeftToReader(LeftKind.INPUT, "standard input", what, span)
            return


def _handed(call: Call) -> set[str]:
    """The dotted names among a call's arguments."""
    return {value.text for value in call.arguments if isinstance(value, Ref)}


def _names(draft: Draft) -> Iterator[LeftToReader]:
    """Names that only a client's call uses. One of the standard library is an import that the page forgot."""
    for file in draft.program.files:
        left = [] if draft.program.faults or file.takes_all else free_names(file)
        for name in (name for name in left if name not in draft.program.language.modules):
            what = f"`{name}`, which no block of this page defines and only a client's call uses"
            yield LeftToReader(LeftKind.NAME, name, what, _first_use(name, file))


def _first_use(name: str, file: ProgramFile) -> Span | None:
    """The line of the page that uses a name first; None if only glue does."""
    uses = (snippet.block.line(snippet.facts.free[name] - 1) for snippet in file.snippets if name in snippet.facts.free)
    return next(uses, None)


def _answers(draft: Draft) -> Iterator[LeftToReader]:
    """Hosts that are asked for something while the program is loaded: a pod has no way out."""
    for call, span in _calls(draft):
        first = call.arguments[0] if call.function is None and call.last in _ASKING and call.arguments else None
        url = _URL.match(first) if isinstance(first, str) else None
        if url and not is_loopback(url[1]):
            yield LeftToReader(LeftKind.ANSWER, url[1], f"an answer from {url[1]}", span)
