"""Every check, listed once, and how a transcript becomes findings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, assert_never

from extractor.model import ExampleKind, Level
from harness.model import Basis, Side, Verdict
from harness.profiles.mcp.catalogue import CATALOGUE
from harness.profiles.mcp.rules import (
    advice,
    auth,
    batch,
    client,
    documented,
    example,
    hijack,
    origin,
    posting,
    resume,
    session,
    sessionless,
    stdio,
    streams,
    versions,
)
from harness.profiles.mcp.rules.reading import spoken_as
from harness.profiles.mcp.rules.verdicts import (
    Check,
    baseline_served,
    only_modern,
    session_issued,
    token_demanded,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model import BoundRequirement, Finding, Transcript

_SESSION: Final = (baseline_served, session_issued)
_AUTHORIZED: Final = (token_demanded, baseline_served)
_HIJACKED: Final = (token_demanded, baseline_served, session_issued)

CHECKS: Final[tuple[Check, ...]] = (
    Check("session.terminated-404", session.terminated_404, _SESSION),
    Check("session.missing-400", session.missing_400, _SESSION),
    Check("session.id-charset", session.id_charset, (session_issued,)),
    Check("session.id-secure", hijack.unpredictable_ids, (session_issued,)),
    Check("session.may-assign", session.may_assign, (session_issued,)),
    Check("session.delete-405", session.delete_405, _SESSION),
    Check("session.unknown-404", session.unknown_404, _SESSION),
    Check("hijack.id-nondeterministic", hijack.unpredictable_ids, (session_issued,)),
    Check("hijack.no-session-auth", hijack.no_session_auth, _HIJACKED),
    Check("hijack.bind-user", hijack.bind_user, _HIJACKED),
    Check("auth.invalid-401", auth.invalid_401, _AUTHORIZED),
    Check("auth.audience-list", auth.audience_list, _AUTHORIZED),
    Check("post.notification-202", posting.notification_202),
    Check("post.request-sse-or-json", posting.request_sse_or_json),
    Check("version.unsupported-400", versions.unsupported_400, (baseline_served,)),
    Check("http.origin-validate", origin.validate, (baseline_served,)),
    Check("http.origin-403", origin.refused_403, (baseline_served,)),
    Check("batch.receive", batch.receive, (baseline_served,)),
    Check("get.sse-or-405", streams.sse_or_405, (baseline_served,)),
    Check("get.invented-event-id", streams.invented_event_id, (baseline_served,)),
    Check("get.no-responses", streams.no_responses, (baseline_served,)),
    Check("stream.no-broadcast", streams.no_broadcast, (baseline_served,)),
    Check("stream.end-after-response", streams.end_after_response, (baseline_served,)),
    Check("resume.id-unique", resume.id_unique, (baseline_served,)),
    Check("resume.no-cross-stream", resume.no_cross_stream, _SESSION),
    Check("sessionless.ignore-session-id", sessionless.ignore_session_id, (only_modern, baseline_served)),
    Check("sessionless.get-delete-405", sessionless.get_delete_405, (only_modern, baseline_served)),
    Check("version.mismatch-400", versions.mismatch_400, (baseline_served,)),
    Check("version.missing-header-reject", versions.missing_header_reject, (only_modern, baseline_served)),
    Check("version.unknown-method-404", versions.unknown_method_404, (baseline_served,)),
    Check("meta.missing-400", versions.missing_meta_400, (baseline_served,)),
    Check("handle.nondeterministic", hijack.nondeterministic_handles),
    Check("stdio.only-messages", stdio.only_messages),
    Check("stdio.exit-on-close", stdio.exit_on_close),
    Check("client.sends-session-id", client.sends_session_id),
    Check("client.reinit-on-404", client.reinit_on_404),
    Check("client.deletes-session", client.deletes_session),
    Check("client.version-header", client.version_header),
    Check("client.accepts-both", client.accepts_both),
    Check("client.posts-initialized", client.posts_initialized),
    Check("revision.match", example.match),
    Check("server.survives", advice.survives, (baseline_served,)),
    Check("session.isolation", advice.isolation, _SESSION),
)
"""One check per requirement that a conversation decides. ``example.runs`` and ``example.complete`` are decided before
any conversation: :func:`harness.profiles.mcp.rules.example.runs`, :func:`harness.profiles.mcp.rules.example.complete`.
"""


def judge(
    transcript: Transcript, bound: Sequence[BoundRequirement], *, page_revision: str | None
) -> tuple[Finding, ...]:
    """One finding per requirement of every revision that the example really negotiates.

    Args:
        transcript: of an example whose own initialize was served.
        bound: every row of the catalogue in each of its revisions.
        page_revision: of the example's page; None if it belongs to none. Only findings under it gate; of a page
            without one, those under the newest negotiated revision.

    Returns:
        In order of the catalogue, then of the revisions. The page's own revision comes as ``revision.match`` only
        where the example does not serve it: no verdict is made up. Of exchanges that a page prints (kind ``other``),
        what they decide and nothing else.
    """
    if transcript.kind is ExampleKind.OTHER:
        printed = documented.judge_printed(transcript, bound)
        return tuple(replace(f, gates=f.revision == page_revision and gates(f)) for f in printed)
    transcript = _draft_too(transcript, bound, page_revision)
    sides = _sides(transcript.kind)
    checks = {check.requirement_id: check for check in CHECKS}
    rows = [row for row in bound if row.requirement.id in checks and _asked(row, transcript, sides, page_revision)]
    own = page_revision or (transcript.negotiated[-1] if transcript.negotiated else None)
    found = []
    for row in sorted(rows, key=_order):
        finding = checks[row.requirement.id].judge(transcript, row)
        found.append(replace(finding, gates=row.revision == own and gates(finding)))
    return tuple(found)


def gates(finding: Finding) -> bool:
    """Whether a finding under the page's own revision decides the exit code, before ``--fail-on``.

    A violated MUST or MUST NOT of basis text, and the reading that a session may not outlive its DELETE.
    """
    return (
        finding.verdict is Verdict.VIOLATED
        and finding.level in (Level.MUST, Level.MUST_NOT)
        and (finding.basis is Basis.TEXT or _is_delete_reading(finding))
    )


def _is_delete_reading(finding: Finding) -> bool:
    return finding.requirement == "session.terminated-404" and finding.basis is Basis.INTERPRETATION


def _asked(row: BoundRequirement, transcript: Transcript, sides: frozenset[Side], page_revision: str | None) -> bool:
    if row.requirement.side not in sides:
        return False
    if row.requirement.side is Side.EXAMPLE:
        return row.revision == page_revision
    # a server may agree to the number of a revision that does not know its transport: nothing is judged by that text
    return row.revision in transcript.negotiated and example.transport_known(transcript, row.revision)


def _sides(kind: ExampleKind) -> frozenset[Side]:
    """Whose requirements an example of this kind is asked about."""
    match kind:
        case ExampleKind.HTTP_SERVER:
            return frozenset({Side.SERVER, Side.EXAMPLE})
        case ExampleKind.STDIO_SERVER:
            return frozenset({Side.STDIO, Side.EXAMPLE})
        case ExampleKind.CLIENT:
            return frozenset({Side.CLIENT, Side.EXAMPLE})
        case ExampleKind.OTHER:
            return frozenset()
        case _:
            assert_never(kind)


def _draft_too(transcript: Transcript, bound: Sequence[BoundRequirement], page_revision: str | None) -> Transcript:
    """For a draft's page, the conversation in the newest release is heard as one in the draft.

    A draft has no version on the wire; what grows from the newest release is spoken as that release.
    """
    if page_revision is None or page_revision[:1].isdigit():
        return transcript
    newest = max((row.revision for row in bound if row.revision[:1].isdigit()), default=None)
    return spoken_as(transcript, newest, page_revision) if newest in transcript.negotiated and newest else transcript


def _order(row: BoundRequirement) -> tuple[int, str]:
    return next(at for at, known in enumerate(CATALOGUE) if known.id == row.requirement.id), row.revision
