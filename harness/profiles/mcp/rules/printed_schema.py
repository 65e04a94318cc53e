"""Messages that a page prints, by the JSON Schema of the page's revision.

A message that the page shortens is left alone: one with dots in any way, of one that its prose calls shortened what is
missing. A result is judged where the message before it is its request.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.base import jsonrpc
from harness.judge.findings import count, not_applicable, satisfied, violated
from harness.model import Requirement, Shortening, Side
from harness.profiles.mcp.revisions import ALL, advice, level
from harness.profiles.mcp.rules.schemas import definition_of, lacks_something, violation
from harness.rule import Decision, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.model import Span
    from harness.base.jsonrpc import Message
    from harness.model import BoundRequirement, Finding, MessageSchema, PrintedJson, Transcript

_SHOWN: Final = 3
"""Messages that a summary quotes."""


@dataclass(frozen=True, slots=True)
class _Judged:
    span: Span
    fault: str | None
    shortened: bool = False


def printed_messages(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """Judge, as advice, every message that a page prints by the schema of its revision."""
    schema = bound.schema
    if schema is None:
        return not_applicable(bound, "These docs have no JSON Schema for this revision.")
    judged = list(_judge(transcript.printed, schema))
    shortened = sum(each.shortened for each in judged)
    faults = [each for each in judged if each.fault is not None]
    if not judged:
        return not_applicable(bound, "The page prints no message that the JSON Schema has a definition for.")
    also = f" {count(shortened, 'message')} {'is' if shortened == 1 else 'are'} shortened." if shortened else ""
    if not faults:
        whole = len(judged) - shortened
        if not whole:
            return not_applicable(bound, f"Every message on the page is shortened ({shortened}).")
        said = f"{count(whole, 'printed message')} {'is' if whole == 1 else 'are'} valid against {schema.file}."
        return satisfied(bound, f"{said}{also}")
    quoted = "; ".join(f"line {each.span.first}: {each.fault}" for each in faults[:_SHOWN])
    more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    what = f"{len(faults)} of {count(len(judged), 'printed message')} {'is' if len(faults) == 1 else 'are'} not valid"
    legs = {str(each.fault): False for each in faults}
    finding = violated(bound, f"{what} against {schema.file}: {quoted}{more}.{also}", legs=legs)
    return replace(finding, blame=tuple(each.span for each in faults))


PRINTED_SCHEMA: Final = Rule(
    Requirement(
        id="printed.message-schema",
        title="Every message that a page prints is valid against the JSON Schema of its revision",
        side=Side.EXAMPLE,
        levels=level(Level.SHOULD, ALL),
        basis=advice(ALL),
        effect="A reader who copies the message sends what servers or clients refuse.",
        fix="Correct the message, or show what is left out by `...` or a sentence (“for brevity …”).",
        always_warns=True,
    ),
    printed=Decision(printed_messages),
    by_schema=True,
)

RULES: Final = (PRINTED_SCHEMA,)


def _judge(printed: tuple[PrintedJson, ...], schema: MessageSchema) -> Iterator[_Judged]:
    """Yield every message that the schema has a definition for, and every one that is not JSON."""
    request: Message | None = None
    for block in printed:
        parsed = jsonrpc.messages(block.text)
        if parsed is None:
            dots = block.shortening is Shortening.DOTS
            yield _Judged(block.span, None if dots else "the message is not JSON", dots)
        for message in parsed or ():
            name = definition_of(schema, message, request)
            request = message if "method" in message and "id" in message else request
            if name is None:
                continue
            fault = violation(schema, name, message)
            if fault is not None and _is_excused(block, schema, name, message):
                yield _Judged(block.span, None, shortened=True)
            else:
                yield _Judged(block.span, None if fault is None else f"{_name(message)}: {fault}")


def _is_excused(block: PrintedJson, schema: MessageSchema, name: str, message: Message) -> bool:
    match block.shortening:
        case Shortening.DOTS:
            return True
        case Shortening.STATED:
            return lacks_something(schema, name, message)
        case None:
            return False


def _name(message: Message) -> str:
    method = message.get("method")
    return str(method)[:60] if method is not None else "the error" if "error" in message else "the result"
