"""What was sent, what came back, and which lines of the page: as short plain values for every format. Pure.

The strings given here are still hostile; the format that writes them escapes them.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from extractor.base.text import one_line, visible
from harness.base import jsonrpc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.model import Span
    from harness.model import Exchange, Patch, Reply, Transcript

TELLING_HEADERS: Final = ("origin", "last-event-id")
"""Request headers that no ordinary request of docprobe carries."""
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
    """``POST / tools/list``."""
    who: str
    """``session A, token user1``; what tells this request from its control."""
    status: str
    """``400 Bad Request``, or why there is no reply."""
    answer: str
    """What the reply says, short; empty if nothing."""
    control: bool
    """Whether it only shows that the request is served without the fault."""
    unsolicited: bool = False
    """Whether nothing was sent: the example said ``status`` by itself."""


def exchange_lines(transcript: Transcript | None, numbers: Sequence[int]) -> tuple[ExchangeLine, ...]:
    """The exchanges with these numbers, in order of sending; unknown numbers are left out."""
    if transcript is None:
        return ()
    chosen = frozenset(numbers)
    wanted = [exchange for exchange in transcript.exchanges if exchange.number in chosen]
    controls = {exchange.control for exchange in wanted}
    shared = set(shared_context(transcript, numbers))
    return tuple(_line(exchange, shared, control=exchange.number in controls) for exchange in wanted)


def shared_context(transcript: Transcript | None, numbers: Sequence[int]) -> tuple[str, ...]:
    """What two or more shown requests all have in common (``session A``, ``token user1``): said once, above them."""
    exchanges, chosen = transcript.exchanges if transcript else (), frozenset(numbers)
    told = [_who(exchange) for exchange in exchanges if exchange.number in chosen]
    if len(told) < 2:
        return ()
    return tuple(part for part in told[0] if all(part in other for other in told))


def _line(exchange: Exchange, shared: set[str], *, control: bool) -> ExchangeLine:
    said = " ".join(part for part in (exchange.method, exchange.target, jsonrpc.methods(exchange.body)) if part)
    unsolicited = exchange.method == "STDOUT"
    return ExchangeLine(
        number=exchange.number,
        request="(unsolicited)" if unsolicited else said,
        who=", ".join(part for part in _who(exchange) if part not in shared),
        status=status_of(exchange),
        answer=answer_of(exchange.reply) if exchange.reply else "",
        control=control,
        unsolicited=unsolicited,
    )


def _who(exchange: Exchange) -> list[str]:
    told = []
    if exchange.session is not None:
        told.append(f"{exchange.session} session" if exchange.session.islower() else f"session {exchange.session}")
    if exchange.token is not None:
        told.append(f"token {exchange.token}")
    for name, value in exchange.headers:
        foreign_version = name.lower() == "mcp-protocol-version" and exchange.revision not in {None, value}
        if name.lower() in TELLING_HEADERS or foreign_version:
            told.append(f"{name}: {value}")
    return told


def status_of(exchange: Exchange) -> str:
    """``404 Not Found``; without a reply, why there is none."""
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
    """What a reply says, short: its JSON-RPC result or error, else the start of its body; why it ended early, if so."""
    bodies = [event.data for event in reply.events] or [reply.body]
    said = next((told for body in bodies if (told := _message_in(body))), "")
    said = said or " ".join(visible(bodies[0][: 4 * BODY_LIMIT]).split())
    if len(said) > BODY_LIMIT:
        said = said[: BODY_LIMIT - 1] + "…"
    return f"{said} ({reply.fault})".strip() if reply.fault else said


def _message_in(body: str) -> str | None:
    """A JSON-RPC or OAuth answer in a few words; None if the body is neither."""
    answer = jsonrpc.message(body) or {}
    match answer.get("error"):
        case {"message": message, **rest}:
            return f"error {rest.get('code', '')}: {message}"
        case str() as error:
            return ": ".join(part for part in (error, str(answer.get("error_description", ""))) if part)
        case _:
            pass
    match answer.get("result"):
        case {"protocolVersion": revision}:
            return f"result: initialized, {revision}"
        case dict() as result:
            return f"result: {', '.join(map(str, result)) or 'empty'}"
        case _:
            return None


def curl(exchange: Exchange, endpoint: str) -> str:
    """The exchange as a curl command for one line of a POSIX shell; ``endpoint`` is where ``docprobe run`` serves."""
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
    """The lines of ``spans`` (of one file) with ``context`` lines around, in runs that touch.

    Lines outside what is at hand are left out; without the page the result is empty.
    """
    if not spans:
        return ()
    lines = sources.get(spans[0].file, ())
    blamed = {number for span in spans for number in range(span.first, span.last + 1)}
    wanted = sorted({near for number in blamed for near in range(number - context, number + context + 1)})
    runs: list[list[PageLine]] = []
    for number in (n for n in wanted if 1 <= n <= len(lines)):
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
    """``-`` for a line that goes, ``+`` for one that comes."""
    place: str
    """For the first line of an edit where it is: ``file:line``, or ``line 33`` in the file named last; else empty."""
    text: str


def patch_lines(sources: Mapping[str, Sequence[str]], patch: Patch) -> tuple[PatchLine, ...]:
    """The lines that a patch takes and gives, edit by edit. Those it takes are left out if the page is not at hand."""
    found: list[PatchLine] = []
    file = ""
    for edit in patch.edits:
        first, last = edit.span.first, edit.span.last
        old = sources.get(edit.span.file, ())[first - 1 : last]
        new = edit.text.split("\n")[:-1]
        # a line that stays where others come beside it is no change
        lines = [("-", line) for line in old if line not in new] + [("+", line) for line in new if line not in old]
        place = f"line {first}" if edit.span.file == file else str(edit.span)
        file = edit.span.file
        found += [PatchLine(sign, "" if number else place, text) for number, (sign, text) in enumerate(lines)]
    return tuple(found)
