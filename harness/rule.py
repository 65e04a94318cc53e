"""A requirement with everything that is done with it, and the catalogue of all requirements of a specification."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from extractor.base.suggest import suggestion
from harness.base.errors import UsageError
from harness.model import StartOutcome

if TYPE_CHECKING:
    from tree_sitter import Node

    from extractor.model import Example
    from harness.model import BoundRequirement, Finding, Recording, Requirement, Transcript


_LEAD: Final = re.compile(
    r"\A(?:Judge(?:, as advice(?: and once)?,)? (?:that )?|Record the choice of )"
    r"(?:item \d+(?: by what a page prints)?: )?"
)
"""What begins the docstring of a check: not said to people."""
_COMMENT: Final = re.compile(r"[ \t]*(?:(?://|#)[^\n]*|/\*[^\n]*\*/[ \t]*)?(?=\n|\Z)")
"""What may follow a statement on its line."""


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace the bytes from ``start`` to ``end`` of a file's UTF-8 text by ``new``."""

    start: int
    end: int
    new: str
    indented: bool = False
    """Whether its new lines have the indentation already that another edit gives to the line."""

    @classmethod
    def line_below(cls, statement: Node, line: str) -> TextEdit:
        """Add a line below a statement, with its indentation; behind it if the same line has more code."""
        at = _end_of_line(statement)
        if at is None:
            end = "" if (statement.text or b"").endswith(b";") else ";"
            return cls(statement.end_byte, statement.end_byte, f"{end} {line}")
        root = _root(statement)
        data, start = root.text or b"", statement.start_byte - root.start_byte
        before = data[data.rfind(b"\n", 0, start) + 1 : start].decode("utf-8", "replace")
        indent = before[: len(before) - len(before.lstrip())]
        return cls(at, at, f"\n{indent}{line}")

    @classmethod
    def last_argument(cls, arguments: Node, text: str) -> TextEdit:
        """Add an argument or an entry behind the others of a list, in a line of its own where the last one has one."""
        parts = [part for part in arguments.named_children if part.type != "comment"]
        if not parts:
            return cls(arguments.end_byte - 1, arguments.end_byte - 1, text)
        last = parts[-1]
        comma = last.next_sibling if last.next_sibling is not None and last.next_sibling.type == "," else None
        at = (_end_of_line(comma) or comma.end_byte) if comma is not None else last.end_byte
        own_line = last.start_point[0] > arguments.start_point[0]
        start = f"{'' if comma is not None else ','}{chr(10) + ' ' * last.start_point[1] if own_line else ' '}"
        return cls(at, at, f"{start}{text}{',' if comma is not None else ''}")


def _root(node: Node) -> Node:
    while node.parent is not None:
        node = node.parent
    return node


def _end_of_line(node: Node) -> int | None:
    """Return where the line ends that a node ends in, behind a comment; None if more code follows in it."""
    root = _root(node)
    rest = _COMMENT.match((root.text or b"")[node.end_byte - root.start_byte :].decode("utf-8", "replace"))
    return node.end_byte + len(rest[0].encode()) if rest is not None else None


def _unknown(sentence: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Serving:
    """What a specification calls serving: what an example must do to be judged, in words for findings."""

    title: str = "The example starts and serves"
    """Of the requirement that it does, for tables."""
    does: str = "it starts and serves"
    fails: str = "it runs and does not serve"
    """The sentence of one that listens and does not serve; why follows after a colon."""
    client_does: str = "it starts and calls its server"
    client_fails: str = "it runs and does not call its server as it should"
    """The same of an example that is a client."""
    outcome: StartOutcome = StartOutcome.NOT_SERVING
    """Of one that listens and does not serve."""
    fix_for: Callable[[str], str] = _unknown
    """What helps against a failure that the probe describes by a sentence; empty if that is not known."""


PLAIN_SERVING: Final = Serving()
"""Of a specification that says nothing further."""

Check: TypeAlias = Callable[["Transcript", "BoundRequirement"], "Finding"]
"""Pure: the same transcript and requirement give the same finding."""
Precondition: TypeAlias = Callable[["Transcript", "BoundRequirement"], "Finding | None"]
"""Returns the finding if the check must not be asked, None if it may."""
ExampleCheck: TypeAlias = Callable[["Example", "Recording", "BoundRequirement"], "Finding | None"]
"""Pure: judges by the page and the attempts to start the example; None if they decide nothing."""
BlameRule: TypeAlias = Callable[["Node", "Finding", "Transcript"], Iterator["Node"]]
"""Yields the parts of one file's syntax tree that cause a violation. Nothing where only a guess is possible."""
FixRule: TypeAlias = Callable[["Node", "Finding", "Transcript"], Iterator[TextEdit]]
"""Yields the edits of one file, given as its syntax tree, that may fix a violation. Running them proves them.

What the finding blames are lines of that file here, and not of the page."""


@dataclass(frozen=True, slots=True)
class Decision:
    """How a requirement is decided from a transcript."""

    check: Check
    after: tuple[Precondition, ...] = ()
    """Asked in this order before ``check``."""

    def judge(self, transcript: Transcript, bound: BoundRequirement) -> Finding:
        """Return the finding of the first precondition that does not hold, else that of the check."""
        for precondition in self.after:
            if (finding := precondition(transcript, bound)) is not None:
                return finding
        return self.check(transcript, bound)


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement of a catalogue and all that is done with it."""

    requirement: Requirement
    conversation: Decision | None = None
    """By a conversation with the running example; None for what is decided before any."""
    printed: Decision | None = None
    """By the exchanges that a page prints; None where print decides nothing."""
    example: ExampleCheck | None = None
    """By the page and what running it showed; set for the stages ``page`` and ``start``, and for a requirement that
    compares the page with the conversation."""
    reading_blocks: Callable[[Finding, Transcript], bool] | None = None
    """Whether a violation of a MUST decides the exit code though it is a reading of the text; None: it never does."""
    by_schema: bool = False
    """Whether it reads the JSON Schema of the revision's messages: without one it decides nothing."""
    blame: BlameRule | None = None
    """None: no line of the page is blamed."""
    fix: FixRule | None = None
    """None: there is the requirement's advice in words and no patch."""

    @property
    def decided(self) -> tuple[tuple[str, str], ...]:
        """By what it is decided, and how: the words of the functions that decide, without those on their arguments."""
        ways = (
            ("by a conversation", self.conversation.check if self.conversation is not None else None),
            ("by what a page prints", self.printed.check if self.printed is not None else None),
            ("by the page and its start", self.example),
        )
        return tuple((what, _explained(check)) for what, check in ways if check is not None and _explained(check))


def _explained(check: Callable[..., object]) -> str:
    """Return the docstring of a check up to its arguments, for people who have no code before them."""
    while isinstance(check, partial):
        check = check.func
    words = re.split(r"\n\n(?:Args|Returns|Raises):\n", inspect.getdoc(check) or "")[0]
    return re.sub(r"(?::\w+:)?(`+)(.+?)\1", r"`\2`", _LEAD.sub("", words, count=1))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every requirement of a specification, in the order in which reports show them."""

    rules: tuple[Rule, ...] = ()

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """The rows alone."""
        return tuple(rule.requirement for rule in self.rules)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that a finding may carry."""
        return tuple(rule.requirement.id for rule in self.rules)

    def rule(self, id: str) -> Rule:
        """Return the rule for a requirement's id.

        Raises:
            UsageError: the id is unknown; the hint has the nearest ones.
        """
        for rule in self.rules:
            if rule.requirement.id == id:
                return rule
        hint = suggestion(id, self.ids, "`docprobe statements` lists the requirements in use")
        raise UsageError(f"unknown requirement '{id}'", hint)

    def requirement(self, id: str) -> Requirement:
        """Return the row for an id. Raises UsageError as :meth:`rule`."""
        return self.rule(id).requirement
