"""Statements of a page that may cause a violation, and which of them do: by what ran, what was said, what they name."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import FUNCTIONS, enclosing, lines_of, text_of
from harness.judge.blame.code import SIMPLE, is_docstring

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from tree_sitter import Node

    from extractor.model import SourceFile
    from harness.judge.blame.code import Code

FEW_STATEMENTS: Final = 3
"""What runs for a violation only, and in more statements than these, is shown if something else points at it too."""
_RETURNS: Final = frozenset({"return_statement"})
_BLOCKS: Final = frozenset(
    {"block", "statement_block", "module", "program", "else_clause", "switch_case", "case_clause"}
)
_BARE: Final = re.compile(r"(?:return|pass|break|continue)\s*;?")
_LOGS: Final = re.compile(r"(?:await\s+)?(?:console\.\w+|print|logg(?:er|ing)\.\w+|log\.\w+)\s*\(")
_CHECKS: Final = re.compile(
    r"_*(?:check|verify|validate|is|ensure|require|allow|guard|may|can|has|assert|reject|matches)(?=_|[A-Z])"
)
PRINTS: Final = re.compile(r"(?i)print|\bwrite|log|stdout|echo|display|dump")
"""Code that may write to standard output."""
_CALLED: Final = re.compile(r"(\w+)\s*\(")
_WORD: Final = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}(?![a-z])")
_COMMON: Final = frozenset(
    {"the", "and", "not", "that", "with", "for", "from", "this", "are", "was", "were", "got", "get", "expected", "one",
     "all", "its", "only", "any", "each", "every", "request", "response", "server", "client", "returned", "answer",
     "answered", "return", "self", "async", "await", "none", "true", "false", "str", "dict", "list", "json", "result",
     "message", "reply", "status", "super", "doe", "thi", "who", "whose", "what", "them", "their", "same",
     "which", "does", "into", "have", "had", "but", "come", "came", "two", "also", "where", "when", "while"}
)  # fmt: skip
"""Words that tell no statement from another."""
_BOUND: Final = re.compile(
    r"(?:(?:export|const|let|var|static|final|public|private|readonly)\s+|self\.|this\.|#)*(\w+)(?:\s*:\s*[^=\n]+)?\s*=(?!=)"
)
_NEAR: Final = 0.8
"""Part of the best score above which another statement is as good."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A statement."""

    file: SourceFile
    node: Node
    others: int = 0
    """Requests with which nothing is wrong, and for which it ran as well."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of a violation beside what ran."""

    values: tuple[str, ...]
    """Of a wrong answer: the code of its error, its HTTP status, such as ``400``; those that are wrong, best first."""
    read: tuple[tuple[str, Node], ...]
    """What the rule reads in the code, with the path of the file."""
    words: tuple[str, ...]
    """What the requirement and the finding are about."""
    settings: tuple[Suspect, ...] = ()
    """Constants of the files."""


def statements_at(root: Node, places: Iterable[tuple[int, int]]) -> list[Node]:
    """Return the simple statements at these places, in order: what a function is made of, not what holds functions."""
    found: dict[int, Node] = {}
    for line, column in places:
        here = root.descendant_for_point_range((line - 1, column), (line - 1, column))
        while here is not None and here.parent is not None:
            if here.type in SIMPLE and is_docstring(here):
                break
            if here.type in SIMPLE or (here.parent.type == "arrow_function" and _is_body(here)):
                found[here.start_byte] = here
                break
            if here.type in FUNCTIONS or here.type in _BLOCKS or here.type.endswith("_statement"):
                break
            here = here.parent
    return [found[start] for start in sorted(found)]


def narrow(suspects: Sequence[Suspect], hints: Hints, *, linked: bool) -> tuple[list[Suspect], bool]:
    """Return those that cause it among statements that ran for what is wrong, and whether that is sure.

    The status alone proves nothing: a correct answer may have it too. Hence all of these ran for what is wrong.

    Args:
        suspects: what ran for the wrong request and not for its control.
        hints: what else is known.
        linked: whether the two requests differ by one thing only. Else most that ran belongs to their kinds.
    """
    for value in hints.values:
        if chosen := [one for one in suspects if _names(one.node, value)]:
            return chosen, True
        if chosen := through(suspects, hints.settings, value):
            return chosen, True
    ends = last_of_blocks(suspects)
    if chosen := [one for one in suspects if any(touches(one, *other) for other in hints.read)]:
        files = {one.file.path for one in chosen}
        elsewhere = [one for one in ends if one.file.path not in files]
        return chosen + (elsewhere if len(elsewhere) < FEW_STATEMENTS else []), True
    if len(ends) > FEW_STATEMENTS and (linked or hints.values):
        least = min((one.others for one in suspects), default=0)
        ends = last_of_blocks([one for one in suspects if one.others == least])
    if len(ends) <= FEW_STATEMENTS:
        return ends, len(ends) == 1
    return named(ends, hints.words, ends), False


def checks(code: Code, words: str, ran: Mapping[str, Collection[int]]) -> list[Suspect]:
    """Return the bodies of short functions that ran and are named for what a requirement is about.

    Args:
        code: the files.
        words: of the requirement's id.
        ran: lines that ran, by file.
    """
    about = words_of(words.replace("-", " ").replace(".", " "))
    found = []
    for one in code.files:
        for function in one.functions:
            body = function.child_by_field_name("body")
            first, last = lines_of(body) if body is not None else (0, 0)
            name = text_of(function.child_by_field_name("name"))
            called = words_of(name)
            if body is not None and called & about and _CHECKS.match(name) and last - first <= FEW_STATEMENTS:
                here = ran.get(one.path, ())
                found += [Suspect(one.file, body)] if any(line in here for line in range(first, last + 1)) else []
    return found if len(found) == 1 else []


def decided_by(condition: Node, code: Code, ran: Mapping[str, Collection[int]]) -> list[Suspect]:
    """Return what the functions that a condition calls returned: each return that ran, if they are few."""
    names = set(_CALLED.findall(text_of(condition)))
    found = [
        one
        for name, one in (code.read(_returns) if names else ())
        if name in names and lines_of(one.node)[0] in ran.get(one.file.path, ())
    ]
    return found if len(found) <= FEW_STATEMENTS else []


def _returns(code: Code) -> list[tuple[str, Suspect]]:
    """Return what functions return, each with the function's name."""
    return [
        (text_of(function.child_by_field_name("name")), Suspect(one.file, node))
        for one in code.files
        for node in one.nodes(_RETURNS)
        if (function := enclosing(node, FUNCTIONS)) is not None
    ]


def named(suspects: Sequence[Suspect], words: Iterable[str], among: Sequence[Suspect]) -> list[Suspect]:
    """Return those that name what it is about, by rare words more than by common ones; none if many do.

    Args:
        suspects: to choose from.
        words: what it is about.
        among: all statements in which words are counted.
    """
    about = {word for text in words for word in words_of(text)}
    counts = Counter(word for one in among for word in words_at(one.node) & about)
    scores = [
        sum(math.log(1 + len(among) / counts[word]) for word in words_at(one.node) & about if counts[word])
        for one in suspects
    ]
    best = max(scores, default=0.0)
    found = [one for one, score in zip(suspects, scores, strict=True) if best and score >= _NEAR * best]
    return found if len(found) <= FEW_STATEMENTS else []


def words_of(text: str) -> set[str]:
    """Return the words of names and sentences, without those that say nothing; plurals as singulars."""
    words = {_singular(word.lower()) for word in _WORD.findall(text)}
    return {word for word in words if len(word) > 2 or word == "id"} - _COMMON


def _singular(word: str) -> str:
    return f"{word[:-3]}y" if word.endswith("ies") else word.rstrip("s")


def words_at(node: Node) -> set[str]:
    """Return the words of a statement and of the name of its function."""
    function = enclosing(node, FUNCTIONS)
    name = text_of(function.child_by_field_name("name")) if function is not None else ""
    return words_of(f"{text_of(node)} {name}")


def _names(node: Node, value: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(value)}(?![\w.])", text_of(node)) is not None


def bound_name(node: Node) -> str:
    """Return the name that a constant is bound to; empty if it is another statement."""
    matched = _BOUND.match(text_of(node))
    return matched[1] if matched is not None else ""


def uses(node: Node, name: str) -> bool:
    """Return whether a statement uses a constant of a file or a class, not a parameter of the same name."""
    if re.search(rf"(?:\bself|\bthis|\bcls|\b[A-Z]\w*)\.{name}\b", text_of(node)):
        return True
    function = enclosing(node, FUNCTIONS)
    parameters = text_of(function.child_by_field_name("parameters")) if function is not None else ""
    here = re.search(rf"(?<![\w.\"']){name}\b(?![\"'(:])", text_of(node)) is not None
    return here and re.search(rf"\b{name}\b", parameters) is None


def through(suspects: Sequence[Suspect], settings: Sequence[Suspect], value: str) -> list[Suspect]:
    """Return the constants that hold a value, with the statements that use them."""
    holding = [one for one in settings if _names(one.node, value) and bound_name(one.node)]
    # a constant may be another one
    holding += [
        one
        for one in settings
        if one not in holding and bound_name(one.node)
        if any(re.search(rf"=\s*(?:\w+\.)*{bound_name(each.node)}\s*;?$", text_of(one.node)) for each in holding)
    ]
    found = []
    for setting in holding:
        if using := [one for one in suspects if uses(one.node, bound_name(setting.node))]:
            found += [setting, *using]
    return found if len(found) <= FEW_STATEMENTS + 1 else []


def _is_body(node: Node) -> bool:
    """Return whether an expression is the whole body of an arrow function."""
    parent = node.parent
    return parent is not None and parent.child_by_field_name("body") == node and node.type not in _BLOCKS


def last_of_blocks(suspects: Sequence[Suspect]) -> list[Suspect]:
    """Return the last statement of each block that says something: what a branch does in the end."""
    by_block: dict[tuple[str, int], list[Suspect]] = {}
    for one in suspects:
        parent = one.node.parent
        by_block.setdefault((one.file.path, parent.id if parent is not None else 0), []).append(one)
    ends = []
    for block in by_block.values():
        telling = [
            one for one in block if not _BARE.fullmatch(text_of(one.node)) and not _LOGS.match(text_of(one.node))
        ]
        ends.append((telling or block)[-1])
    return ends


def touches(one: Suspect, path: str, other: Node) -> bool:
    """Return whether a statement and a part of a file have text in common."""
    node = one.node
    return one.file.path == path and node.start_byte < other.end_byte and other.start_byte < node.end_byte
