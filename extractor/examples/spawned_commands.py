"""The commands by which a client starts its servers, as far as its code tells their words. Pure.

Arguments are read through variables with one value, and through the paths that code puts together: beside its own file
(``Path(__file__).parent / "server.py"``), or below the folder that it is run in (``path.join("dist", "server.js")``).
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.languages.common.defaults import CHANGING, passed_values
from extractor.languages.common.facts import Ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.languages.common.facts import Call, CodeFacts, Value
    from extractor.languages.common.values import Draft

COMMAND_KEY: Final = "command"
"""Key of the command in a host's configuration of its servers."""
UNREADABLE: Final = "…"
"""In place of a word that the code computes."""
SCRIPT: Final = re.compile(r"[\w@./ -]+\.(?:py|js|mjs|cjs)")
_BESIDE_COMMAND: Final = frozenset({"args", "transport", "type"})
"""What a server's configuration has beside its command: ``{"math": {"command": "npx", "args": […]}}``."""
_CLIENT: Final = "Client"
"""A call that starts a server if it is given a script, and connects to one if it is given anything else."""
_COMMAND_CALLS: Final = frozenset(
    {"exec.Command", "exec.CommandContext", "Command.new", "ServerParameters.builder", "ProcessBuilder"}
)
"""Calls of Go, Rust, Java and Kotlin that make a command."""
_BUILT: Final = frozenset({"new", "builder"})
"""Of those, the last names of calls after which further calls add the arguments."""
_TEXT: Final = re.compile(r"f?\"[^\"]*\"|f?'[^']*'|`[^`]*`")
"""A text of Python or JavaScript, without escapes."""
_PLACE: Final = re.compile(r"\$?\{([^{}]*)\}")
"""What a text leaves to be computed: ``{HERE}``, ``${dir}``."""
_OWN_FOLDER: Final = re.compile(r"(?:str\()?(?:os\.getcwd\(\)|Path\.cwd\(\)|process\.cwd\(\)|['\"]\.?['\"])\)?")
_NAME: Final = re.compile(r"(?<![\w.$])[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)?")
"""A name, or a member of one."""
_KEY: Final = re.compile(r"(?<=[\w$])\[(?P<quote>['\"])(?P<key>\w+)(?P=quote)\]")
"""An entry of a dictionary."""
_CAST: Final = re.compile(r"\s+as\s+\w+$")
_COMPUTED: Final = re.compile(r"[%*?|&<>={}\d]|\[\s*[\w'\"-]|\b(?:if|else|not|and|or)\b")
"""Signs between the parts of a path that do more than put it together."""
_LIST: Final = re.compile(
    r"(?:vec!|\[\]string|new String\[\]|(?:java\.util\.)?List\.of|Arrays\.asList|(?:mutable)?[lL]istOf|arrayOf"
    r"|Array\.of|list|tuple|&)\s*[\[({]"
)
"""How a list begins in other languages, and what makes one of another."""
_INTERPRETER: Final = frozenset({"sys.executable", "process.execPath"})
_OF_COMMAND: Final = (COMMAND_KEY, "args", "cwd")
_NAMES: Final = re.compile(r"[A-Za-z_$][\w$]*")
_OF_FILE: Final = re.compile(r"__file__|__filename|import\.meta\.(?:url|filename)")
_OF_FOLDER: Final = re.compile(r"__dirname|import\.meta\.dirname")
_UP: Final = re.compile(r"\.parent\b(?!\()|\bdirname\(|\.with_name\(|\bnew URL\(")
"""What leads from a path to its folder."""
_SPREAD: Final = re.compile(r"\s*(?:\*|\.\.\.)")
"""What puts the items of one list into another."""
_ADDED: Final = re.compile(r"[\s()]*\+[\s()+]*")
"""What is between two texts that become one."""
_ABOVE: Final = re.compile(r"\.parents\[(\d)\]")
_PATH_WORD: Final = re.compile(
    r"__file__|__filename|__dirname|abspath|absolute|as_posix|cwd|dirname|expanduser|fileURLToPath|filename|fspath|getcwd"
    r"|href|import|join|joinpath|meta|new|normalize|os|parent|parents|path|pathlib|pathname|process|realpath|resolve|sep"
    r"|str|toString|url|with_name|Path|PosixPath|PurePath|String|URL"
)
"""Names of the standard libraries that put a path together; any other computes it."""
_VALUE: Final = re.compile(
    r"(?<![\w.$])(?!(?:__file__|__filename|__dirname|new|import)\b)[A-Za-z_$][\w$]*(?!\s*[\w$.(])"
)
"""A name that stands for a value which is not known: neither a module nor a function of one."""
_CONCATENATED: Final = re.compile(r"(?<=[\w$\])])\.concat(?=\()")
_DEEPEST: Final = 4
"""Variables that are given the value of another."""
_MAX_CHARS: Final = 4000
"""Of an expression with what its variables are given."""


def configured_commands(draft: Draft) -> tuple[Call, ...]:
    """Return the dictionaries of a program that configure a server which a client starts."""
    tables = (table for code in draft.facts for table in code.tables)
    return tuple(t for t in tables if _is_command(t.keywords.get(COMMAND_KEY)) and t.keywords.keys() & _BESIDE_COMMAND)


def _is_command(value: Value) -> bool:
    """Whether a value may be a command, and not the schema of one."""
    return isinstance(value, str) or (isinstance(value, Ref) and not value.text.startswith(("{", "[")))


def spawned_commands(draft: Draft) -> Iterator[tuple[tuple[str, ...] | None, int]]:
    """Yield the words of each command that starts a server, None for one that the code computes; and its line.

    Args:
        draft: a client.
    """
    configured = {id(table) for table in configured_commands(draft)}
    for file in draft.program.files:
        here = file.name.path if file.name is not None else ""
        values = _values(file.facts)
        for code in file.facts:
            for call in code.calls:
                # a constructor is ``TokioChildProcess.new`` in Rust
                name = call.name.removesuffix(".new").rpartition(".")[2]
                if name not in draft.docs.profile.spawning or (name == _CLIENT and call.last != _CLIENT):
                    continue
                if (found := _words(call, values, here)) is not None:
                    yield found or _commanded(code) or None, call.line
            for table in code.tables:
                if id(table) in configured:
                    yield _words(table, values, here) or None, table.line


def _values(files: Sequence[CodeFacts]) -> dict[str, str]:
    """What variables and parameters are given, as written, unless calls change it or give them different things."""
    values = {name: text for code in files for name, text in code.values.items()}
    assigned = {name for code in files for name in code.assigned}
    for name, texts in passed_values(files).items():
        given = next(iter(texts)) if len(texts) == 1 and name not in assigned else None
        if given != name:
            values.pop(name, None)
            values |= {name: given} if given is not None else {}
    for call in (call for code in files for call in code.calls if call.last in CHANGING):
        values.pop(call.name.rpartition(".")[0], None)
    return values


def _commanded(code: CodeFacts) -> tuple[str, ...]:
    """The words of the one command that code makes apart: ``exec.Command("npx", "-y")``, ``Command::new("npx")``."""
    made = [call for call in code.calls if ".".join(call.name.split(".")[-2:]) in _COMMAND_CALLS]
    given = [a for call in made for a in call.arguments if isinstance(a, str) or call.last != "CommandContext"]
    added = [call for call in code.calls if call.last in {"arg", "args"}] if made and made[0].last in _BUILT else []
    for call in sorted(added, key=lambda call: (call.line, len(call.name))):
        given += [word for a in call.arguments for word in (_quoted(a.text) if isinstance(a, Ref) else (a,))]
    texts = tuple(word for word in given if isinstance(word, str))
    return texts if len(made) == 1 and len(texts) == len(given) else ()


def _words(call: Call, values: Mapping[str, str], here: str) -> tuple[str, ...] | None:
    """The words of the command of a call, empty if they cannot be read; None if it starts nothing."""
    command, arguments = call.keywords.get(COMMAND_KEY), call.keywords.get("args")
    first = call.arguments[0] if call.arguments else call.keywords.get("script_path")
    if command is None and isinstance(first, Ref) and f"{first.text}.{COMMAND_KEY}" in values:
        # an object that has it all
        made = {key: Ref(f"{first.text}.{key}") for key in _OF_COMMAND if f"{first.text}.{key}" in values}
        return _words(replace(call, arguments=(), keywords=made), values, here)
    if command is None and isinstance(first, Ref):
        path = _path(first.text, values, here)
        first = path if path is not None and SCRIPT.fullmatch(path) else first
    if command is None and isinstance(first, str):
        if SCRIPT.fullmatch(first):
            return ("python" if first.endswith(".py") else "node", first, *_listed(arguments, values, here))
        if "://" in first or call.last == _CLIENT:
            return None
        command, arguments = first, call.arguments[1] if len(call.arguments) > 1 else arguments
    if command is None and call.last == _CLIENT:
        return None
    if isinstance(command, Ref):
        given = _given(command.text, values)
        literal = _TEXT.fullmatch(given)
        command = given if given in _INTERPRETER else _text(given) if literal else ""
    folder = _folder(call.keywords.get("cwd"), values, here)
    if not isinstance(command, str) or not command or folder is None:
        return ()
    return (command, *(_within(folder, word) for word in _listed(arguments, values, here)))


def _folder(value: Value, values: Mapping[str, str], here: str) -> str | None:
    """The folder that a command is run in, empty for the client's own; None if it is computed, or outside of that."""
    if value is None:
        return ""
    text = _given(value.text, values) if isinstance(value, Ref) else repr(value)
    if _OWN_FOLDER.fullmatch(text):
        return ""
    path = _path(text, values, here)
    return None if path is None or path.startswith(("/", "..")) else path.removeprefix("./").removesuffix("/")


def _within(folder: str, word: str) -> str:
    """A word of a command that is run in a folder: a script's path as its client sees it."""
    return posixpath.normpath(posixpath.join(folder, word)) if folder and SCRIPT.fullmatch(word) else word


def _listed(value: Value, values: Mapping[str, str], here: str) -> tuple[str, ...]:
    """The words of a list; :data:`UNREADABLE` in place of those that the code computes."""
    if not isinstance(value, Ref):
        return () if value is None else (UNREADABLE,)
    text = _CONCATENATED.sub(" + ", _given(value.text, values))
    added = list(_items(text, "+"))
    if len(added) > 1 and any(part.strip()[:1] in ("[", "(") for part in added):
        return tuple(word for part in added for word in _listed(Ref(_within_brackets(part)), values, here))
    if text[:1] not in ("[", "(") or len(added) != 1 or not _is_whole(text):
        begin = _LIST.match(text)
        return (_quoted(text) if begin and _is_whole(text[begin.end() - 1 :]) else ()) or (UNREADABLE,)
    words: list[str] = []
    for item in _items(text[1:-1]):
        if (spread := _SPREAD.match(item)) is not None:
            inner = _given(item[spread.end() :], values)
            words += _listed(Ref(inner), {}, here) if inner[:1] in ("[", "(") else [UNREADABLE]
        else:
            words.append(_path(item, values, here) or UNREADABLE)
    return tuple(words)


def _is_whole(text: str) -> bool:
    """Whether the bracket that is opened first is closed at the end."""
    rest = _TEXT.sub("", text)
    depth = 0
    for at, sign in enumerate(rest):
        depth += (sign in "[({") - (sign in "])}")
        if depth == 0:
            return at == len(rest) - 1
    return False


def _quoted(text: str) -> tuple[str, ...]:
    return tuple(_text(found[0]) for found in _TEXT.finditer(text))


def _text(literal: str) -> str:
    """The text of a literal: a backslash that is doubled is one."""
    return literal.lstrip("f")[1:-1].replace("\\\\", "\\")


def _given(text: str, values: Mapping[str, str]) -> str:
    """What a variable is given, itself through others; anything else as it is."""
    for _ in range(_DEEPEST):
        text = _CAST.sub("", _KEY.sub(r".\g<key>", text.strip()))
        if text not in values:
            break
        text = values[text]
    return text


def _within_brackets(text: str) -> str:
    """``(["a"])`` as ``["a"]``; anything else as it is."""
    text = text.strip()
    return text[1:-1].strip() if text.startswith("([") and text.endswith("])") else text


def _items(text: str, between: str = ",") -> Iterator[str]:
    """The items of a list, as written, or what else stands between signs."""
    depth, item = 0, ""
    for part in re.split(rf"({_TEXT.pattern}|[\[\](){{}}{between}])", text):
        if part == between and depth == 0:
            yield item
            item = ""
            continue
        if part in ("[", "(", "{"):
            depth += 1
        elif part in ("]", ")", "}"):
            depth -= 1
        item += part
    if item.strip():
        yield item


def _path(text: str, values: Mapping[str, str], here: str) -> str | None:
    """The text that an expression gives, if it is a literal or a path; None if the code computes it.

    Args:
        text: the expression.
        values: what variables are given.
        here: path of the file that it stands in; empty if that is not known.
    """
    text = text.strip()
    if _TEXT.fullmatch(text) and not (text.startswith(("f", "`")) and "{" in text):
        return _text(text)
    for _ in range(_DEEPEST):
        text = _with_values(_KEY.sub(r".\g<key>", _opened(text)), values)
        if len(text) > _MAX_CHARS:
            return None
    gaps = _TEXT.split(text)
    rest = " ".join(gaps)
    of_file, of_folder = _OF_FILE.search(rest), _OF_FOLDER.search(rest)
    if (len(gaps) == 1 and not (of_file or of_folder)) or _COMPUTED.search(_ABOVE.sub("", rest)):
        return None
    if not all(_PATH_WORD.fullmatch(name) for name in _NAMES.findall(rest)) or _VALUE.search(rest):
        return None
    path = ""
    for number, (gap, part) in enumerate(zip(gaps, _quoted(text), strict=False)):
        # what is added to a text goes on with it
        path = f"{path}{part}" if number == 0 or _ADDED.fullmatch(gap) else posixpath.join(path, part.lstrip("/"))
    if of_file and len(gaps) == 1 and not _UP.search(rest) and not _ABOVE.search(rest):
        return here or None  # the file itself
    # the first step up from a file leads to its folder
    up = len(_UP.findall(rest)) + sum(int(number) + 1 for number in _ABOVE.findall(rest)) - (of_file is not None)
    base = (posixpath.dirname(here) or ".") if of_file or of_folder else ""
    if base or up > 0:
        path = path.lstrip("/")
    return posixpath.normpath(posixpath.join(base, "../" * up, path))


def _opened(text: str) -> str:
    """An expression with what its texts leave to be computed beside them: ``f"{HERE}/a.py"`` as ``(HERE)+'/a.py'``."""

    def opened(found: re.Match[str]) -> str:
        literal = found[0]
        if not literal.startswith(("f", "`")):
            return literal
        parts = _PLACE.split(literal.lstrip("f")[1:-1])
        return "+".join(_bracketed(part) if number % 2 else f"'{part}'" for number, part in enumerate(parts))

    return _TEXT.sub(opened, text)


def _bracketed(text: str) -> str:
    """An expression in brackets, a number as a text."""
    return f"'{text}'" if text.strip().isdecimal() else f"({text})"


def _with_values(text: str, values: Mapping[str, str]) -> str:
    """An expression with what its variables are given, in brackets; not in its texts."""

    def given(name: re.Match[str]) -> str:
        if name.string[name.end() : name.end() + 1] == "(":
            root, dot, method = name[0].partition(".")
            return f"({values[root]}).{method}" if dot and root in values else name[0]
        if name[0] in values:
            return _bracketed(values[name[0]])
        root, dot, rest = name[0].partition(".")
        return f"{_bracketed(values[root])}.{rest}" if dot and root in values else name[0]

    parts = re.split(f"({_TEXT.pattern})", text)
    return "".join(part if number % 2 else _NAME.sub(given, part) for number, part in enumerate(parts))
