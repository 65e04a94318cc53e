"""Every rule, listed once: rows of the catalogue with the checks that decide them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.profile import Catalogue, Decision, Rule
from harness.profiles.mcp.catalogue import ROWS
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
    baseline_served,
    only_modern,
    session_issued,
    token_demanded,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.model import BoundRequirement, Transcript

_SESSION: Final = (baseline_served, session_issued)
_AUTHORIZED: Final = (token_demanded, baseline_served)
_HIJACKED: Final = (token_demanded, baseline_served, session_issued)

CHECKS: Final[Mapping[str, Decision]] = {
    "session.terminated-404": Decision(session.terminated_404, _SESSION),
    "session.missing-400": Decision(session.missing_400, _SESSION),
    "session.id-charset": Decision(session.id_charset, (session_issued,)),
    "session.id-secure": Decision(hijack.unpredictable_ids, (session_issued,)),
    "session.may-assign": Decision(session.may_assign, (session_issued,)),
    "session.delete-405": Decision(session.delete_405, _SESSION),
    "session.unknown-404": Decision(session.unknown_404, _SESSION),
    "hijack.id-nondeterministic": Decision(hijack.unpredictable_ids, (session_issued,)),
    "hijack.no-session-auth": Decision(hijack.no_session_auth, _HIJACKED),
    "hijack.bind-user": Decision(hijack.bind_user, _HIJACKED),
    "auth.invalid-401": Decision(auth.invalid_401, _AUTHORIZED),
    "auth.audience-list": Decision(auth.audience_list, _AUTHORIZED),
    "post.notification-202": Decision(posting.notification_202),
    "post.request-sse-or-json": Decision(posting.request_sse_or_json),
    "version.unsupported-400": Decision(versions.unsupported_400, (baseline_served,)),
    "http.origin-validate": Decision(origin.validate, (baseline_served,)),
    "http.origin-403": Decision(origin.refused_403, (baseline_served,)),
    "batch.receive": Decision(batch.receive, (baseline_served,)),
    "get.sse-or-405": Decision(streams.sse_or_405, (baseline_served,)),
    "get.invented-event-id": Decision(streams.invented_event_id, (baseline_served,)),
    "get.no-responses": Decision(streams.no_responses, (baseline_served,)),
    "stream.no-broadcast": Decision(streams.no_broadcast, (baseline_served,)),
    "stream.end-after-response": Decision(streams.end_after_response, (baseline_served,)),
    "resume.id-unique": Decision(resume.id_unique, (baseline_served,)),
    "resume.no-cross-stream": Decision(resume.no_cross_stream, _SESSION),
    "sessionless.ignore-session-id": Decision(sessionless.ignore_session_id, (only_modern, baseline_served)),
    "sessionless.get-delete-405": Decision(sessionless.get_delete_405, (only_modern, baseline_served)),
    "version.mismatch-400": Decision(versions.mismatch_400, (baseline_served,)),
    "version.missing-header-reject": Decision(versions.missing_header_reject, (only_modern, baseline_served)),
    "version.unknown-method-404": Decision(versions.unknown_method_404, (baseline_served,)),
    "meta.missing-400": Decision(versions.missing_meta_400, (baseline_served,)),
    "handle.nondeterministic": Decision(hijack.nondeterministic_handles),
    "stdio.only-messages": Decision(stdio.only_messages),
    "stdio.exit-on-close": Decision(stdio.exit_on_close),
    "client.sends-session-id": Decision(client.sends_session_id),
    "client.reinit-on-404": Decision(client.reinit_on_404),
    "client.deletes-session": Decision(client.deletes_session),
    "client.version-header": Decision(client.version_header),
    "client.accepts-both": Decision(client.accepts_both),
    "client.posts-initialized": Decision(client.posts_initialized),
    "revision.match": Decision(example.match),
    "server.survives": Decision(advice.survives, (baseline_served,)),
    "session.isolation": Decision(advice.isolation, _SESSION),
}
"""One check per requirement that a conversation decides. ``example.runs`` and ``example.complete`` are decided before
any conversation: :func:`harness.profiles.mcp.rules.example.runs`, :func:`harness.profiles.mcp.rules.example.complete`.
"""


READINGS_THAT_BLOCK: Final = frozenset({"session.terminated-404"})
"""Nothing but this reading gives a DELETE that was answered 2xx a meaning."""

CATALOGUE: Final = Catalogue(
    tuple(
        Rule(row, CHECKS.get(row.id), documented.CHECKS.get(row.id), reading_blocks=row.id in READINGS_THAT_BLOCK)
        for row in ROWS
    )
)
"""Every rule of the protocol, in the order in which reports show them."""


def judged_under(transcript: Transcript, revision: str) -> bool:
    """Return whether the text of ``revision`` has the transport that was spoken.

    A server may agree to the number of a revision that does not know its transport: nothing is judged by that text.
    """
    return example.transport_known(transcript, revision)


def heard_for(
    transcript: Transcript, bound: Sequence[BoundRequirement], page_revision: str | None
) -> Transcript:
    """Return the transcript as it counts for a page: for a draft's, the newest release is heard as the draft.

    A draft has no version on the wire; what grows from the newest release is spoken as that release.
    """
    if page_revision is None or page_revision[:1].isdigit():
        return transcript
    newest = max((row.revision for row in bound if row.revision[:1].isdigit()), default=None)
    return spoken_as(transcript, newest, page_revision) if newest in transcript.negotiated and newest else transcript
