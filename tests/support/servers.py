"""Every test server and what may be said against it: the exact set of violated ids, no miss and no extra."""

from __future__ import annotations

from dataclasses import dataclass

NEWEST = "2025-11-25"
MIDDLE = "2025-06-18"
OLDEST = "2025-03-26"
FIRST = "2024-11-05"
MODERN = "2026-07-28"
NOTHING: frozenset[str] = frozenset()
PREDICTABLE = frozenset({"session.id-secure", "hijack.id-nondeterministic"})
"""One property and two sentences about it: whatever breaks the one breaks the other."""


@dataclass(frozen=True)
class Case:
    """One server."""

    language: str
    name: str
    violated: frozenset[str] = NOTHING
    revisions: tuple[str, ...] = (NEWEST,)
    """Revisions that the conversation asks for; the page belongs to the last one."""
    path: str = "/mcp"

    def __str__(self) -> str:
        return f"{self.language}:{self.name}"


def _right(*names: str, language: str = "python", revisions: tuple[str, ...] = (NEWEST,)) -> tuple[Case, ...]:
    return tuple(Case(language, name, revisions=revisions) for name in names)


def _wrong(
    ids: str | frozenset[str], *names: str, language: str = "python", revisions: tuple[str, ...] = (NEWEST,)
) -> tuple[Case, ...]:
    violated = frozenset({ids}) if isinstance(ids, str) else ids
    return tuple(Case(language, name, violated, revisions) for name in names)


GROUPS: dict[str, tuple[Case, ...]] = {
    "right: answers and ends of sessions": _right(
        "Server",
        "JsonAnswers",
        "Delete202",
        "Delete204",
        "Delete405",
        "DeleteWithBody",
        "NoStream",
        "JsonWithoutStream",
        "Stateless",
        "StatelessWithStream",
        "OptionalIds",
        "OptionalIdsEnded",
        "Resources",
        "Prompts",
        "ProgressRises",
    ),
    "right: ids and order of checks": _right(
        "LongIds",
        "OddIds",
        "Uuid7Ids",
        "UlidIds",
        "Hex64Ids",
        "SessionBeforeAccept",
        "VersionBeforeSession",
        "HtmlErrors",
        "Tombstones",
    ),
    "right: the wire": (
        *_right(
            "SlowStart",
            "SlowAnswers",
            "Ipv6Only",
            "TrailingSlash",
            "Http10",
            "CloseDelimited",
            "Crlf",
            "CaseInsensitive",
            "ManyHeaders",
            "Chatty",
        ),
        Case("python", "OtherPath", path="/api/v2/agents"),
    ),
    "right: streams": _right(
        "EndsLate",
        "Resumable",
        "GloballyUniqueEvents",
        "SecondStream409",
        "News",
        "EqualNotifications",
        "NoTools",
        "LocalOrigins",
        "SlowTools",
        "Polled",
    ),
    "right: authorization": _right("Authorized", "AuthorizedScopes", "AuthorizedStateless", "AuthorizedForbids"),
    "right: older revisions": (
        *_right("OnlyOldest", revisions=(OLDEST,)),
        *_right("Server", "JsonAnswers", revisions=(OLDEST, MIDDLE, NEWEST)),
        *_right("Authorized", revisions=(OLDEST,)),
        Case("python", "HttpSse", revisions=(FIRST,), path="/sse"),
    ),
    "right: sessionless": (
        *_right(
            "ModernOnly",
            "ModernJson",
            "ModernEndsLate",
            "AuthorizedModern",
            "AuthorizedScopesModern",
            revisions=(MODERN,),
        ),
        *_right(
            "ModernFeatures",
            "ModernAsking",
            "ModernRegions",
            "ModernRows",
            "ModernPages",
            "ModernLevels",
            revisions=(MODERN,),
        ),
        *_right(
            "ModernBaskets",
            "AuthorizedBaskets",
            "ModernBasketsInText",
            "ModernReceipts",
            "ModernRecords",
            revisions=(MODERN,),
        ),
        *_right("DualEra", revisions=(NEWEST, MODERN)),
    ),
    "right: on Node": _right(
        "Server",
        "JsonAnswers",
        "Delete204",
        "Delete405",
        "NoStream",
        "Authorized",
        "RoutedByMap",
        "Stateless",
        "Primed",
        language="node",
    ),
    "wrong: ended sessions": (
        *_wrong(
            "session.terminated-404",
            "Ended400",
            "Ended410",
            "Ended500",
            "Ended401",
            "EndedGet405",
            "EndedGetStream",
            "EndedDelete204",
            "EndedNotification202",
            "EndedRequestError200",
            "EndedRequestHangs",
            "EndedConnectionCloses",
            "EndedLivesOn",
        ),
        *_wrong(frozenset({"session.terminated-404", "session.unknown-404"}), "LikeTheTutorial"),
    ),
    "wrong: missing and unknown ids": (
        *_wrong("session.missing-400", "Missing404", "Missing500", "MissingGet404", "MissingError200"),
        *_wrong("session.unknown-404", "Unknown400"),
        *_wrong("session.id-charset", "IdWithSpace", "IdNotAscii"),
    ),
    "wrong: predictable ids": _wrong(
        PREDICTABLE,
        "CountingIds",
        "ClockIds",
        "ShortIds",
        "ClockAndShortIds",
        "HashedCounterIds",
        "SeededIds",
    ),
    "wrong: one client ends others": (
        *_wrong("session.isolation", "DeleteEndsAll"),
        *_wrong("server.survives", "DiesWithSession"),
        *_wrong("example.clients", "OneInitialize", "OneInitialize500", "SecondClientKills", "DeadAfterDelete"),
        *_wrong("example.clients", "OneInitialize", revisions=(OLDEST, MIDDLE, NEWEST)),
    ),
    "wrong: tokens": (
        *_wrong("hijack.no-session-auth", "TokenForInitializeOnly", "TokenForPostOnly"),
        *_wrong("hijack.bind-user", "AnyUser", "AnyUserDeletes", "AnyUserListens", "RefusedDeleteEnds"),
        *_wrong("auth.invalid-401", "Inactive500", "Expired403", "ExpiredServed", "WrongAudienceServed"),
        *_wrong("auth.audience-list", "FirstAudienceOnly", "NoAudienceLists"),
        *_wrong("auth.missing-401", "AuthorizedForbidsNobody"),
        *_wrong("auth.resource-metadata", "MetadataNowhere", "MetadataWithoutServers"),
        *_wrong("auth.challenge-scope", "ChallengeWithoutScope"),
        *_wrong("auth.insufficient-scope", "ScopeMissing401"),
        # its text never asks whom a token is for
        *_right("WrongAudienceServed", revisions=(OLDEST,)),
    ),
    "wrong: Origin and version": (
        *_wrong(
            "http.origin-validate",
            "OriginServed",
            "OriginServedAtInitialize",
            "OriginServedInSessions",
            "OriginSearched",
            "OriginBeginsLocal",
            "OriginNull",
        ),
        *_wrong(frozenset({"http.origin-validate", "http.bind-localhost"}), "OriginServedOnWildcard"),
        *_wrong("http.origin-403", "Origin400", "Origin500", "OriginError200"),
        # before 2025-11-25 no status is asked for
        *_right("Origin400", "OriginError200", revisions=(MIDDLE,)),
        *_wrong("version.negotiated-served", "NegotiatesAndRefuses", revisions=(MIDDLE, NEWEST)),
        *_wrong("http.bind-localhost", "Wildcard"),
        *_wrong("init.version", "EchoesVersion", "RefusesVersion"),
        *_wrong("init.newest-version", "AnswersOldest", revisions=(OLDEST, NEWEST)),
        *_wrong("http.origin-own", "OriginAlways403"),
        *_wrong("version.absent-served", "NeedsVersionHeader"),
        *_wrong("ping.answered", "NoPing"),
        *_wrong("server.no-undeclared-requests", "AsksForSampling"),
        *_wrong("resource.not-found", "EmptyResource"),
        *_wrong("rpc.response-form", "NoJsonRpc"),
        *_right("StructuredTools"),
        *_wrong("tool.structured-result", "UnstructuredResult", "OtherResult"),
        *_wrong("tool.schema-valid", "InvalidToolSchema"),
        *_wrong("tool.names", "SpacedToolName"),
        *_wrong("rpc.null-id", "NullIds"),
        *_wrong("message.schema", "UntypedTools", "WordyProgress"),
        *_wrong("capability.declared", "UndeclaredTools", "HiddenPrompts"),
        *_wrong("capability.logging", "LogsInSecret"),
        *_wrong("content.base64", "DataUrl", "UntypedImage"),
        *_wrong("tool.text-copy", "StructuredOnly"),
        *_right("TaskTools"),
        *_wrong("tool.task-required", "TaskToolsCode"),
        *_wrong("page.invalid-cursor", "AnyCursor", "PagedAnyCursor"),
        *_wrong("errors.invalid-params", "WrongNames0"),
        *_wrong("progress.rules", "ProgressFalls", "ProgressStays", "ProgressOfNobody", "ProgressAfterwards"),
        *_wrong("message.utf-8", "Latin1"),
        *_wrong("version.unsupported-400", "VersionIgnored", "Version404", "VersionError200"),
        # 2025-03-26 has no such header
        *_right("VersionIgnored", revisions=(OLDEST,)),
    ),
    "wrong: POST, GET and batches": (
        *_wrong(
            "post.notification-202",
            "Notification200",
            "Notification204",
            "Notification202Body",
            "Notification202Word",
            "Response200",
        ),
        *_wrong("post.refused-status", "UnreadableError200"),
        *_wrong(
            "post.request-sse-or-json",
            "AnswersAsText",
            "AnswersAsHtml",
            "AnswersWithoutType",
            "AnswersAsArray",
            "ToolAnswersAsText",
        ),
        *_wrong(
            "get.sse-or-405",
            "Get404",
            "Get400",
            "Get401",
            "Get406",
            "Get500",
            "GetJson",
            "GetCloses",
            "ResumeIssued500",
        ),
        *_wrong("get.invented-event-id", "ResumeInvented500"),
        *_wrong("batch.receive", "BatchRefused", "BatchFirstOnly", "BatchError200", revisions=(OLDEST,)),
        # batches were removed in 2025-06-18
        *_right("BatchRefused", revisions=(NEWEST,)),
    ),
    "wrong: streams": (
        *_wrong("get.no-responses", "ResponseOnListener", "ResponseOnBoth"),
        *_wrong("stream.no-broadcast", "NewsOnBoth", "ProgressOnBoth", "ProgressOnAllRequests"),
        *_wrong("stream.end-after-response", "StreamStaysOpen"),
        *_wrong("stream.retry-before-close", "ClosesInSilence"),
        *_wrong("disconnect.not-cancel", "CancelsLostRequests"),
        *_wrong("resume.primed", "EventIdsWithoutReplay"),
        *_wrong("resume.id-unique", "EventIdsPerStream", "OneEventId"),
        *_wrong("resume.no-cross-stream", "StoreSharedBySessions", "ReplaysOtherSessions", "ReplaysWholeSession"),
    ),
    "wrong: sessionless": (
        *_wrong("sessionless.get-delete-405", "ModernDelete404", "ModernGetStream", revisions=(MODERN,)),
        *_wrong(
            "sessionless.ignore-session-id", "ModernEchoesId", "ModernIssuesId", "ModernRefusesId", revisions=(MODERN,)
        ),
        *_wrong("version.mismatch-400", "ModernIgnoresMismatch", "ModernMismatch422", revisions=(MODERN,)),
        *_wrong("version.missing-header-reject", "ModernNeedsNoHeader", revisions=(MODERN,)),
        *_wrong(
            "version.unknown-method-404",
            "ModernUnknownMethod200",
            "ModernUnknownMethodBare",
            "ModernUnknownMethodCode",
            revisions=(MODERN,),
        ),
        *_wrong("meta.missing-400", "ModernNeedsNoMeta", "ModernMeta200", revisions=(MODERN,)),
        *_wrong("version.unsupported-400", "ModernUnsupported200", revisions=(MODERN,)),
        *_wrong("post.notification-202", "ModernNotification200", revisions=(MODERN,)),
        *_wrong("post.request-sse-or-json", "ModernText", revisions=(MODERN,)),
        *_wrong("http.origin-validate", "ModernOriginServed", revisions=(MODERN,)),
        *_wrong("http.origin-403", "ModernOrigin400", revisions=(MODERN,)),
        *_wrong("stream.end-after-response", "ModernStreamStaysOpen", revisions=(MODERN,)),
        *_wrong("auth.invalid-401", "ModernExpired403", revisions=(MODERN,)),
        *_wrong("handle.no-auth", "ModernBasketsForAnybody", revisions=(MODERN,)),
        *_wrong("handle.bound", "ModernBasketsForAll", revisions=(MODERN,)),
        *_wrong("handle.nondeterministic", "ModernCountingBaskets", revisions=(MODERN,)),
        *_wrong("session.terminated-404", "DualEraSessionFault", revisions=(NEWEST, MODERN)),
        *_wrong("version.mismatch-400", "DualEraModernFault", revisions=(NEWEST, MODERN)),
        # a page of 2026-07-28 whose server negotiates 2025-11-25 only
        *_wrong("revision.match", "Server", revisions=(NEWEST, MODERN)),
    ),
    "wrong: headers and codes without sessions": (
        *_wrong("header.method-match", "ModernIgnoresMethod", "ModernNeedsNoMethod", revisions=(MODERN,)),
        *_wrong(
            "header.name-match",
            "ModernIgnoresName",
            "ModernNeedsNoName",
            "ModernNameAsSent",
            "ModernRefusesNames",
            revisions=(MODERN,),
        ),
        *_wrong("header.case-insensitive", "ModernCaseMatters", revisions=(MODERN,)),
        *_wrong("header.error-code", "ModernPlainRefusals", "ModernMismatchCode", revisions=(MODERN,)),
        *_wrong(
            "version.unsupported-error",
            "ModernUnsupportedCode",
            "ModernUnsupportedBare",
            "ModernUnsupportedList",
            revisions=(MODERN,),
        ),
        *_wrong("meta.missing-code", "ModernMetaCode", revisions=(MODERN,)),
        *_wrong("error.reserved-codes", "ModernReservedCode", "ModernRetiredCode", revisions=(MODERN,)),
        *_wrong("resource.not-found", "ModernEmptyResource", "ModernResourceCode", revisions=(MODERN,)),
        *_wrong("sessionless.ignore-event-id", "ModernRefusesEventId", revisions=(MODERN,)),
    ),
    "wrong: results and messages without sessions": (
        *_wrong("tool.order", "ModernShuffles", revisions=(MODERN,)),
        *_wrong("list.same-for-all", "ModernListsInTurn", revisions=(MODERN,)),
        *_wrong("result.type", "ModernNoResultType", revisions=(MODERN,)),
        *_wrong("result.server-info", "ModernAnonymous", revisions=(MODERN,)),
        *_wrong(
            "cache.hints", "ModernNoTtl", "ModernNoScope", "ModernNegativeTtl", "ModernScopeVaries", revisions=(MODERN,)
        ),
        *_wrong("discover.implemented", "ModernNoDiscovery", "ModernDiscoversOthers", revisions=(MODERN,)),
        *_wrong("capability.declared", "ModernUndeclaredTools", revisions=(MODERN,)),
        *_wrong(
            "initialize.names-versions",
            "ModernSilentInitialize",
            "ModernPlainInitialize",
            "ModernUnroutedInitialize",
            revisions=(MODERN,),
        ),
        *_wrong("stream.x-accel-buffering", "ModernBuffered", revisions=(MODERN,)),
        *_wrong("stream.no-server-requests", "ModernAsks", revisions=(MODERN,)),
        *_wrong("log.not-asked", "ModernLogs", revisions=(MODERN,)),
        *_wrong("log.level-refused", "ModernAnyLevel", revisions=(MODERN,)),
        *_wrong("cancel.only-subscriptions", "ModernCancels", revisions=(MODERN,)),
        *_wrong("capability.listed", "ModernUnlisted", revisions=(MODERN,)),
        *_wrong("listen.acknowledged", "ModernListensSilently", "ModernListensToNobody", revisions=(MODERN,)),
        *_wrong("rpc.response-form", "ModernNoJsonRpc", "ModernErrorInWords", revisions=(MODERN,)),
        *_wrong("version.unknown-method-404", "ModernServesPing", revisions=(MODERN,)),
    ),
    "wrong: input and headers of parameters": (
        *_wrong(
            "meta.capability-error",
            "ModernAsksAnybody",
            "ModernCapabilityCode",
            "ModernCapability200",
            "ModernCapabilityUnnamed",
            revisions=(MODERN,),
        ),
        *_wrong("mrtr.result", "ModernAsksForNothing", "ModernAsksOddly", revisions=(MODERN,)),
        *_wrong("mrtr.state", "ModernStateUnsigned", revisions=(MODERN,)),
        *_wrong("mrtr.answers", "ModernAsksOnce", "ModernRefusesMore", "ModernTakesAnything", revisions=(MODERN,)),
        *_wrong(
            "tool.header-annotation",
            "ModernSpacedAnnotation",
            "ModernEmptyAnnotation",
            "ModernSameAnnotation",
            "ModernNumberAnnotation",
            "ModernItemsAnnotation",
            revisions=(MODERN,),
        ),
        *_wrong(
            "param.header-match",
            "ModernIgnoresParameter",
            "ModernNeedsNoParameter",
            "ModernParameterAsSent",
            "ModernParameterInLatin1",
            "ModernExpectsParameter",
            "ModernParameter422",
            "ModernRefusesParameters",
            revisions=(MODERN,),
        ),
        *_wrong("param.integer-value", "ModernRowsAsText", revisions=(MODERN,)),
    ),
    "wrong: on Node": (
        *_wrong(
            frozenset({"session.terminated-404", "session.unknown-404"}),
            "PlainObjectMap",
            "OnlyPostFixed",
            language="node",
        ),
        *_wrong("session.missing-400", "OneWordFix", language="node"),
        *_wrong("session.terminated-404", "ClosedTransportHangs", "ForgetsToRemove", language="node"),
        *_wrong(PREDICTABLE, "WeakIds", language="node"),
        *_wrong("post.request-sse-or-json", "HtmlAnswers", language="node"),
        *_wrong("post.notification-202", "SendStatus202", language="node"),
        *_wrong("http.origin-validate", "CorsStar", language="node"),
        *_wrong("http.origin-403", "CorsError", language="node"),
        *_wrong("get.sse-or-405", "GetNotRouted", language="node"),
        *_wrong("auth.invalid-401", "VerifierThrows", language="node"),
        *_wrong("hijack.bind-user", "BoundToNobody", language="node"),
        *_wrong("version.unsupported-400", "AnyVersion", "VersionError200", language="node"),
        *_wrong("stream.no-broadcast", "SendsEverywhere", language="node"),
        *_wrong("stream.end-after-response", "NeverEnds", language="node"),
        *_wrong("server.survives", "ExitsOnDelete", language="node"),
    ),
}

CASES: tuple[Case, ...] = tuple(case for group in GROUPS.values() for case in group)
