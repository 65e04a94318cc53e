"""What was sent, what came back, and which lines of the page: as short plain values for every format. Pure.

The strings given here are still hostile; the format that writes them escapes them.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from extractor.base.text import one_line, visible
from extractor.model import ExampleKind
from harness.base import jsonrpc
from harness.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.model import Span
    from harness.model import Exchange, Finding, Patch, Reply, Transcript

SHOWN_HEADERS: Final = ("origin", "last-event-id")
"""Request headers that docprobe sends only where they are what is tested."""
CONTEXT_LINES: Final = 2
"""Lines of the page shown above and below the blamed ones."""
BODY_LIMIT: Final = 120
"""Characters of a reply's body shown beside its status."""
NOT_HTTP: Final = frozenset({"STDIN", "STDOUT", "SPAWN", "CLOSE"})
"""Methods of exchanges that are not HTTP."""


@dataclass(frozen=True, slots=True)
class ExchangeLine:
    """One exchange in a line."""

    number: int
    request: str
    """``POST / list``."""
    who: str
    """``session A, token user1``: how this request differs from the others that are shown."""
    status: str
    """``400 Bad Request``, or why there is no reply."""
    answer: str
    """What is in the reply, short; empty if nothing."""
    control: bool
    """Whether it only shows that the request is served without the fault."""
    unsolicited: bool = False
    """Whether nothing was sent: the example wrote ``status`` on its own."""
    wrong: bool = False
    """Whether its reply is what violates the requirement."""
    expected: str = ""
    """Of a wrong reply, what should have come back; empty if the finding does not say it."""


def parties(kind: ExampleKind) -> tuple[str, str]:
    """Return who asks and who answers in the conversation with an example of this kind."""
    return ("example client", "docprobe") if kind is ExampleKind.CLIENT else ("docprobe", "example server")


def _wrong_replies(exchanges: Sequence[Exchange], finding: Finding) -> Mapping[str, str]:
    """Return by number the exchanges whose reply violates the requirement, with what should have come back.

    Where the finding does not say it, an exchange that has a control differs from it by the fault under test alone, so
    it is what was asked. Of several that were answered differently, some may be right: then none is marked.
    """
    if finding.verdict is not Verdict.VIOLATED or finding.expected:
        return finding.expected
    asked = [e for e in exchanges if e.control is not None or e.method == "STDOUT"]
    return {str(e.number): "" for e in asked} if len({e.status for e in asked}) == 1 else {}


def exchange_lines(
    transcript: Transcript | None, numbers: Sequence[int], finding: Finding | None = None
) -> tuple[ExchangeLine, ...]:
    """Return the exchanges with these numbers, in order of sending; unknown numbers are left out.

    Args:
        transcript: the conversation; None if it is not available.
        numbers: of the exchanges to show.
        finding: that they decide; of a violation, the wrong replies are marked.
    """
    if transcript is None:
        return ()
    chosen = frozenset(numbers)
    exchanges = [exchange for exchange in transcript.exchanges if exchange.number in chosen]
    controls = {exchange.control for exchange in exchanges}
    shared = set(shared_context(transcript, numbers))
    wrong = _wrong_replies(exchanges, finding) if finding is not None else {}
    return tuple(
        _line(
            exchange, shared, control=exchange.number in controls and str(exchange.number) not in wrong,
            expected=wrong.get(str(exchange.number)),
        )
        for exchange in exchanges
    )  # fmt: skip


def shared_context(transcript: Transcript | None, numbers: Sequence[int]) -> tuple[str, ...]:
    """Return what two or more shown requests all have in common (``session A``, ``token user1``).

    Args:
        transcript: the conversation; None if it is not available.
        numbers: of the exchanges to show.
    """
    exchanges, chosen = transcript.exchanges if transcript else (), frozenset(numbers)
    contexts = [_context(exchange) for exchange in exchanges if exchange.number in chosen]
    if len(contexts) < 2:
        return ()
    return tuple(part for part in contexts[0] if all(part in other for other in contexts))


def _line(exchange: Exchange, shared: set[str], *, control: bool, expected: str | None) -> ExchangeLine:
    """Return one line. ``expected`` is None unless the reply is wrong."""
    request = " ".join(part for part in (exchange.method, exchange.target, jsonrpc.methods(exchange.body)) if part)
    unsolicited = exchange.method == "STDOUT"
    return ExchangeLine(
        number=exchange.number,
        request="(unsolicited)" if unsolicited else request,
        who=", ".join(part for part in _context(exchange) if part not in shared),
        status=status_of(exchange),
        answer=answer_of(exchange.reply) if exchange.reply else "",
        control=control,
        unsolicited=unsolicited,
        wrong=expected is not None,
        expected=expected or "",
    )


def _context(exchange: Exchange) -> list[str]:
    """In whose name a request was sent, and what is unusual about its headers."""
    parts = []
    if exchange.session is not None:
        parts.append(f"{exchange.session} session" if exchange.session.islower() else f"session {exchange.session}")
    if exchange.token is not None:
        parts.append(f"token {exchange.token}")
    for name, value in exchange.headers:
        foreign_version = name.lower().endswith("-version") and exchange.revision not in {None, value}
        if name.lower() in SHOWN_HEADERS or foreign_version:
            parts.append(f"{name}: {value}")
    return parts


def status_of(exchange: Exchange) -> str:
    """Return ``404 Not Found``; without a reply, why there is none."""
    if exchange.reply is None and exchange.failure is None:
        if exchange.method == "STDOUT":
            return f"stdout: {one_line(exchange.body, BODY_LIMIT)}"
        if exchange.method in {"STDIN", "CLOSE"}:
            return exchange.note or "no reply expected"
    if exchange.reply is None:
        return f"no reply: {exchange.failure or 'unknown reason'}"
    if exchange.method == "STDIN":
        return "answered"
    try:
        return f"{exchange.reply.status} {HTTPStatus(exchange.reply.status).phrase}"
    except ValueError:
        return str(exchange.reply.status)


def answer_of(reply: Reply) -> str:
    """Return what is in a reply, short: its JSON-RPC result or error, else the start of its body.

    If the body ended early, the reason follows in parentheses.
    """
    bodies = [event.data for event in reply.all_events] or [reply.body]
    answer = next((words for body in bodies if (words := _message_words(body))), "")
    answer = answer or " ".join(visible(bodies[0][: 4 * BODY_LIMIT]).split())
    if len(answer) > BODY_LIMIT:
        answer = answer[: BODY_LIMIT - 1] + "…"
    return f"{answer} ({reply.fault})".strip() if reply.fault else answer


def _message_words(body: str) -> str | None:
    """A JSON-RPC or OAuth answer in a few words; None if the body is neither."""
    message = jsonrpc.message(body) or {}
    match message.get("error"):
        case {"message": text, **rest}:
            return f"error {rest.get('code', '')}: {text}"
        case str() as error:
            return ": ".join(part for part in (error, str(message.get("error_description", ""))) if part)
        case _:
            pass
    match message.get("result"):
        case dict() as result:
            return f"result: {', '.join(_field(name, value) for name, value in result.items()) or 'empty'}"
        case _:
            return None


def _field(name: str, value: object) -> str:
    """A field of a result by its name; a version with its value."""
    return f"{name} {value}" if name.lower().endswith("version") and isinstance(value, str) else name


def curl(exchange: Exchange, endpoint: str) -> str:
    """Return an exchange as a curl command for one line of a POSIX shell.

    Args:
        exchange: an HTTP exchange.
        endpoint: URL at which ``docprobe run`` serves the example.
    """
    base = endpoint.split("//", 1)[0] + "//" + endpoint.split("//", 1)[-1].split("/", 1)[0]
    words = ["curl", "-i", "-N", "-X", exchange.method, base + exchange.target]
    for name, value in exchange.headers:
        if name.lower() not in {"host", "content-length", "connection", "accept-encoding"}:
            words += ["-H", f"{name}: {value}"]
    if exchange.body:
        words += ["--data-binary", exchange.body]
    return shlex.join(visible(word).replace("\n", "\\n") for word in words)


@dataclass(frozen=True, slots=True)
class PageLine:
    """One line of a page, to show."""

    number: int
    text: str
    blamed: bool


def page_lines(
    sources: Mapping[str, Sequence[str]], spans: Sequence[Span], context: int = CONTEXT_LINES
) -> tuple[tuple[PageLine, ...], ...]:
    """Return the lines of ``spans`` with some around, in runs of adjacent lines.

    Args:
        sources: lines of pages by path; lines that it does not have are left out.
        spans: all of one file.
        context: lines above and below each span.
    """
    if not spans:
        return ()
    lines = sources.get(spans[0].file, ())
    blamed = {number for span in spans for number in span.lines(len(lines))}
    shown = {number for span in spans for number in span.lines(len(lines), context)}
    runs: list[list[PageLine]] = []
    for number in sorted(shown):
        line = PageLine(number, lines[number - 1], number in blamed)
        if runs and runs[-1][-1].number == number - 1:
            runs[-1].append(line)
        else:
            runs.append([line])
    return tuple(tuple(run) for run in runs)


@dataclass(frozen=True, slots=True)
class PatchLine:
    """One line of a patch, to show."""

    sign: str
    """``-`` for a line that is removed, ``+`` for one that is added."""
    place: str
    """For the first line of an edit where it is: ``file:line``, or ``line 33`` in the file named last; else empty."""
    text: str


def patch_lines(sources: Mapping[str, Sequence[str]], patch: Patch) -> tuple[PatchLine, ...]:
    """Return the lines that a patch removes and adds, edit by edit.

    Args:
        sources: lines of pages by path; removed lines that it does not have are left out.
        patch: the patch.
    """
    shown: list[PatchLine] = []
    file = ""
    for edit in patch.edits:
        old = sources.get(edit.file, ())[edit.first - 1 : edit.last]
        new = edit.text.split("\n")[:-1]
        # a line that stays, with others added beside it, is not a change
        lines = [("-", line) for line in old if line not in new] + [("+", line) for line in new if line not in old]
        place = f"line {edit.first}" if edit.file == file else str(edit.span)
        file = edit.file
        shown += [PatchLine(sign, "" if number else place, text) for number, (sign, text) in enumerate(lines)]
    return tuple(shown)
