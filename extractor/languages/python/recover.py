"""Python text that does not parse, made sound line by line: what a broken line calls, names and says stays in it.

A slip in one line changes neither what a program is nor how it is started, so its role is read from what is left.
"""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import BESIDE_QUOTE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MAX_DEPTH: Final = 12
"""Statements inside each other that are taken apart."""
_MAX_HEAD: Final = 40
_MAX_HEAD_CHARS: Final = 4000
"""Lines and characters that the head of a statement may have."""
_MAX_LINE: Final = 1000
_MAX_CALLS: Final = 20
"""Characters of a broken line that are looked at, and calls in it that are read with their arguments."""
_TAB: Final = 4
_CLOSES: Final = re.compile(r"[)\]}#]")
"""What goes on with the statement above it."""
_CLAUSE: Final = re.compile(r"(?:else|elif|except|finally)\b")
"""What goes on with it as a part that has lines of its own."""
_COMPOUND: Final = re.compile(r"(?:async|if|elif|else|for|while|with|try|except|finally|match|case)\b")
_FUNCTION: Final = re.compile(r"(?:async\s+)?def\s+(?P<name>[^\W\d]\w*)")
_CLASS: Final = re.compile(r"class\s+(?P<name>[^\W\d]\w*)\s*(?:\((?P<bases>[^()]*))?")
_TAKEN: Final = re.compile(r"from\w?\s+(?P<module>\.*[^\W\d][\w.]*)\s+im\w+")
_MAIN: Final = re.compile(r"if\b.*\b__name__\b")
_ASSIGNED: Final = re.compile(r"(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*(?::[^=]*)?=(?!=)")
_DOTTED: Final = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_TOKEN: Final = re.compile(
    r"""(?P<text>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)|(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)|(?P<comment>\#)"""
)
"""A text, though its end may be missing, or a dotted name."""
_KEYWORD: Final = re.compile(
    r"""(?:^|[,({\[\s])(?P<name>[^\W\d]\w*)\s*=\s*(?P<value>"[^"\n]*"?|'[^'\n]*'?|\d+(?![\w.])|True\b|False\b)"""
)
"""An argument with a name, whose value is a literal."""
_FURTHER: Final = re.compile(r"\.(?P<name>[^\W\d]\w*)\(")
"""The call of a method of what the call before it gives."""


def is_sound(text: str) -> bool:
    """Return whether a text parses as Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def recovered(text: str) -> str:
    """Return a text with as many lines that parses: what does not is replaced by what it calls, names and says."""
    lines = list(_indented(text.splitlines()))
    found = "\n".join(_sound(lines, 0)) + "\n"
    return found if is_sound(found) else "\n".join(map(_pieces, lines)) + "\n"


def _indented(lines: Sequence[str]) -> Iterator[str]:
    """The lines, each with the indentation of an earlier one, or a deeper one: the nearest where it is in between."""
    levels = [0]
    for line in lines:
        code = line.lstrip(" \t\f")
        if not code or code.startswith("#"):
            yield code
            continue
        width = len(line[: len(line) - len(code)].expandtabs(_TAB))
        if _MAIN.match(code):
            width = 0
        deeper = None
        while levels[-1] > width:
            deeper = levels.pop()
        if deeper is None or levels[-1] == width:
            levels += [width] if levels[-1] < width else []
        elif deeper - width < width - levels[-1]:
            levels.append(deeper)
        yield " " * levels[-1] + code


def _sound(lines: Sequence[str], depth: int) -> list[str]:
    """The lines as sound ones without indentation, one for one.

    A statement begins at the least indented lines, and goes on with what cannot begin one.
    """
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    lines = [line[indent:] for line in lines]
    goes_on = [_CLOSES.match(line) or _CLAUSE.match(line) for line in lines]
    starts = [n for n, line in enumerate(lines) if line[:1].strip() and not goes_on[n]]
    # a decorator belongs to what is below it
    starts = [n for n in starts if n == 0 or not lines[n - 1].startswith("@")]
    sound: list[str] = []
    for first, last in pairwise(dict.fromkeys([0, *starts, len(lines)])):
        chunk = lines[first:last]
        sound += chunk if is_sound("\n".join(chunk)) else _taken_apart(chunk, depth)
    return sound


def _taken_apart(chunk: Sequence[str], depth: int) -> list[str]:
    """The lines of a broken statement, one for one; its clauses are statements of their own."""
    starts = [n for n, line in enumerate(chunk) if n and _CLAUSE.match(line)]
    sound: list[str] = []
    for first, last in pairwise([0, *starts, len(chunk)]):
        sound += _statement(chunk[first:last], depth)
    return sound


def _statement(chunk: Sequence[str], depth: int) -> list[str]:
    """The lines of a statement without its further clauses."""
    if depth > _MAX_DEPTH:
        return [_pieces(line) for line in chunk]
    above = next((n for n, line in enumerate(chunk) if not line.startswith("@")), len(chunk))
    decorators, rest = chunk[:above], chunk[above:]
    for length in range(1, min(len(rest), _MAX_HEAD) + 1):
        begun = rest[:length]
        if sum(map(len, begun)) > _MAX_HEAD_CHARS:
            break
        if is_sound("\n".join(begun)) and any(begun):
            # what is below it has an indentation that nothing asks for
            return [*map(_pieces, decorators), *begun, *_sound(rest[length:], depth + 1)]
        if is_sound("\n".join((*begun, "    pass"))) and not begun[-1].endswith("\\"):
            return [*_decorators(decorators, begun[0]), *begun[:-1], *_with_body(begun[-1], rest[length:], depth)]
    if not rest:
        return [_pieces(line) for line in decorators]
    head, body = _head(rest[0]), rest[1:]
    if head is None:
        return [*map(_pieces, decorators), _pieces(rest[0]), *_sound(body, depth + 1)]
    return [*_decorators(decorators, head), *_with_body(head, body, depth)]


def _with_body(head: str, body: Sequence[str], depth: int) -> list[str]:
    inside = [f"    {line}" if line.strip() else "" for line in _sound(body, depth + 1)]
    has_code = any(line.strip() and not line.lstrip().startswith("#") for line in inside)
    if has_code:
        return [head, *inside]
    if inside:
        return [head, "    pass", *[""] * (len(inside) - 1)]
    return [f"{head} pass" if is_sound(f"{head} pass") else _pieces(head)]


def _head(line: str) -> str | None:
    """The head of a compound statement in place of a broken one; None for a simple statement."""
    if found := _FUNCTION.match(line):
        return f"def {_own(found['name'])}():"
    if found := _CLASS.match(line):
        bases = [name for name in _DOTTED.findall(found["bases"] or "") if _is_name(name)]
        return f"class {_own(found['name'])}({', '.join(dict.fromkeys(bases))}):"
    if not _COMPOUND.match(line):
        return None
    return 'if __name__ == "__main__":' if "__name__" in line else f"if ({''.join(f'{p}, ' for p in _held(line))}):"


def _own(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def _decorators(lines: Sequence[str], head: str) -> list[str]:
    """Decorators of a function or class, the broken ones without arguments; above anything else, what they say."""
    if not re.match(r"(?:async\s+)?def\b|class\b", head):
        return [_pieces(line) for line in lines]
    sound = []
    for line in lines:
        name = _DOTTED.match(line[1:].lstrip())
        kept = f"@{name[0]}" if name and _is_name(name[0]) else ""
        sound.append(line if is_sound(f"{line}\ndef f(): pass") else kept)
    return sound


def _pieces(line: str) -> str:
    """A sound statement, or several, with what a broken line holds; empty if that is nothing."""
    line = line.strip()
    if is_sound(line):
        return line
    if taken := _TAKEN.match(line):
        names = [n for n in _DOTTED.findall(line[taken.end() :].partition("#")[0]) if n.isidentifier() and _is_name(n)]
        statement = f"from {taken['module']} import {', '.join(names) or '*'}"
        return statement if is_sound(statement) else ""
    pieces = list(_held(line))
    assigned = _ASSIGNED.match(line)
    if assigned and _is_name(assigned["name"]):
        made = next((n for n, piece in enumerate(pieces) if piece.endswith(")")), 0)
        pieces[made : made + 1] = [f"{assigned['name']} = {pieces[made] if pieces else None}"]
    return "; ".join(pieces)


def _held(line: str) -> Iterator[str]:
    """The calls, dotted names and texts of a line, as expressions; a word alone may be prose."""
    line = line[:_MAX_LINE]
    if any(_is_open(token["text"]) for token in _TOKEN.finditer(line) if token["text"]):
        # which of its quotes is missing is not known: what is code and what is text
        yield from (repr(word.rstrip(":")) for word in BESIDE_QUOTE.findall(line))
        yield from _called(re.sub("[\"'#]", " ", line), _KEYWORD.findall(line), _MAX_CALLS)
        return
    yield from _called(line, _KEYWORD.findall(line))


def _called(line: str, given: Sequence[tuple[str, str]], calls: int = 0) -> Iterator[str]:
    at, ends = 0, _ends(line)
    arguments = ", ".join(f"{k}={_value(v)}" for k, v in dict(given).items() if not keyword.iskeyword(k))
    unopened = line.count(")") > line.count("(")
    while found := _TOKEN.search(line, at):
        at, name = found.end(), found["name"]
        if found["comment"]:
            return
        if found["text"]:
            yield found["text"] if is_sound(found["text"]) else repr(found["text"][1:-1])
        elif not _is_name(name):
            continue
        elif line[at : at + 1] == "(":
            end, names = _chain(line, at, ends)
            whole, calls = line[found.start() : end], calls + 1
            if calls <= _MAX_CALLS and is_sound(f"({whole})"):
                yield whole
                at = end
            else:
                yield f"{'().'.join((name, *names))}({arguments})"
        elif unopened and ("." in name or line[at : at + 1] == ")"):
            unopened = False
            yield f"{name}({arguments})"
        elif "." in name:
            yield name


def _ends(line: str) -> Mapping[int, int]:
    """Where each bracket of a line is closed, by where it opens."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    at = 0
    while at < len(line):
        if line[at] in "\"'" and (text := _TOKEN.match(line, at)):
            at = text.end()
            continue
        if line[at] in "([{":
            opened.append(at)
        elif line[at] in ")]}" and opened:
            ends[opened.pop()] = at + 1
        at += 1
    return ends


def _chain(line: str, opens: int, ends: Mapping[int, int]) -> tuple[int, list[str]]:
    """Where a call ends with those that go on from it, and their names: ``make(…).serve(…)``."""
    names: list[str] = []
    while (end := ends.get(opens)) is not None and (further := _FURTHER.match(line, end)):
        names.append(further["name"])
        opens = further.end() - 1
    return end or len(line), names


def _is_open(token: str) -> bool:
    """Whether the end of a text is missing."""
    return len(token) < 2 or token[-1] != token[0] or not is_sound(token)


def _value(token: str) -> str:
    return token if token[0] not in "\"'" else repr(token.strip("\"'").rstrip(" )]}:,;"))


def _is_name(dotted: str) -> bool:
    return not any(keyword.iskeyword(part) for part in dotted.split("."))
