"""The version header, and what the sessionless revisions put beside it.

Sentences: transports page, "Protocol Version Header"; 2026-07-28 also "Server Validation" and the base protocol's
"_meta".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.judge.findings import violated
from harness.model import Verdict
from harness.profiles.mcp import steps
from harness.profiles.mcp.rules import jsonrpc
from harness.profiles.mcp.rules.reading import first, of_step
from harness.profiles.mcp.rules.verdicts import must_answer, only_modern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.model import BoundRequirement, Finding, Transcript


def unsupported_400(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """An unsupported MCP-Protocol-Version MUST get 400. Judged on POST of a request only.

    On initialize the version is negotiated in the body; GET and DELETE with an unknown version are routed to the
    sessionless handler by servers of both eras.
    """
    modern = bound.revision in transcript.modern
    step = steps.MODERN_UNSUPPORTED if modern else steps.VERSION_UNSUPPORTED
    return must_answer(transcript, bound, step, 400, "A request with an MCP-Protocol-Version that does not exist")


def mismatch_400(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """A version header that differs from the body's _meta MUST get 400, whichever of the two is the wrong one."""
    return worse(
        must_answer(transcript, bound, step, 400, f"A request whose {wrong} names a version that does not exist")
        for step, wrong in ((steps.MODERN_MISMATCH_HEADER, "header"), (steps.MODERN_MISMATCH, "body"))
    )


def missing_header_reject(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """A server that supports no client from before the header MUST reject a request without it, by 400."""
    return must_answer(transcript, bound, steps.MODERN_MISSING_HEADER, 400, "A request without MCP-Protocol-Version")


def unknown_method_404(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """A method that the server does not implement MUST get 404 with JSON-RPC code -32601."""
    found = must_answer(transcript, bound, steps.MODERN_UNKNOWN_METHOD, 404, "A request with an unknown method")
    fault = first(transcript, steps.MODERN_UNKNOWN_METHOD, bound.revision)
    if found.verdict is not Verdict.SATISFIED or fault is None:
        return found
    code = jsonrpc.error_code(fault)
    if code == jsonrpc.METHOD_NOT_FOUND:
        return found
    body = f"with code {code}" if code is not None else "without a JSON-RPC error"
    return violated(
        bound,
        f"A request with an unknown method was answered 404 {body} instead of -32601.",
        of_step(transcript, steps.MODERN_UNKNOWN_METHOD, bound.revision),
    )


def missing_meta_400(transcript: Transcript, bound: BoundRequirement) -> Finding:
    """A request that lacks a required field of _meta MUST get 400.

    One that lacks the version is an older client's to a server that speaks the older revisions too: not judged there.
    """
    faults = {steps.MODERN_MISSING_META: "the client's capabilities"}
    if only_modern(transcript, bound) is None:
        faults[steps.MODERN_MISSING_META_VERSION] = "the protocol version"
    return worse(
        must_answer(transcript, bound, step, 400, f"A request whose _meta lacks {what}")
        for step, what in faults.items()
    )


def worse(found: Iterable[Finding]) -> Finding:
    """The finding that decides among those of several faults: a violation, else what is undecided, else the first."""
    order = (Verdict.VIOLATED, Verdict.INCONCLUSIVE)
    return min(found, key=lambda finding: order.index(finding.verdict) if finding.verdict in order else len(order))
