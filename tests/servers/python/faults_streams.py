"""Servers that break one sentence about event streams each."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import conforming
from conforming import Refused, Session
from variants_features import Polled, SlowTools

if TYPE_CHECKING:
    from wire import Reply

LIST_CHANGED = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
LONG_S = 30.0
"""What a server waits for what is to come, on a busy machine too."""


class ResponseOnListener(conforming.Server):
    """Requests are answered by JSON, and their responses come on the standalone stream too."""

    answers = "json"

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        for listener in session.listeners:
            await listener.event(json.dumps(self.result_of(message)))
        await super().answer(session, message, reply)


class ResponseOnBoth(conforming.Server):
    """Responses come on the stream of their POST and on the standalone one."""

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        for listener in session.listeners:
            await listener.event(json.dumps(self.result_of(message)))
        await super().answer(session, message, reply)


class NewsOnBoth(conforming.Server):
    """A notification comes on the stream of the POST and on the standalone one."""

    def news_of(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        return [LIST_CHANGED, *super().news_of(message)]

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        for listener in session.listeners:
            await listener.event(json.dumps(LIST_CHANGED))
        await super().answer(session, message, reply)


class ProgressOnBoth(conforming.Server):
    """Progress comes on the standalone stream as well."""

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        for listener in session.listeners:
            for news in self.news_of(message):
                await listener.event(json.dumps(news))
        await super().answer(session, message, reply)


class ProgressOnAllRequests(conforming.Server):
    """Progress comes on the streams of all requests that run.

    While a standalone stream is open, a call comes alone, and then two requests come at once: each of these waits for
    the other.
    """

    def __init__(self) -> None:
        super().__init__()
        self.running: list[Reply] = []
        self.called_alone: set[str] = set()
        self.joined = asyncio.Event()
        self.called = asyncio.Event()

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        await reply.start_stream()
        self.running.append(reply)
        if message["method"] == "tools/call":
            self.called.clear()
            if len(self.running) == 1 and session.listeners and session.id in self.called_alone:
                await self.wait(self.joined)
            if session.listeners:
                self.called_alone.add(session.id)
            for news in self.news_of(message):
                for other in self.running:
                    await other.event(json.dumps(news))
            self.called.set()
        elif session.listeners:
            self.joined.set()
            if len(self.running) == 1:
                self.called.clear()
            await self.wait(self.called)
            self.joined.clear()
        await reply.event(json.dumps(self.answer_to(message)))
        self.running.remove(reply)
        await reply.end()

    async def wait(self, event: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), LONG_S)


class StreamStaysOpen(conforming.Server):
    """The stream of a request stays open after its response."""

    async def finish(self, reply: Reply) -> None:
        await reply.gone()


class ToolStreamSaysNothing(conforming.Server):
    """The stream of a tool's request ends without the response."""

    async def answer(self, session: Session, message: dict[str, Any], reply: Reply) -> None:
        if message["method"] == "tools/call":
            await reply.start_stream()
            await self.finish(reply)
        else:
            await super().answer(session, message, reply)


class EventIdsPerStream(conforming.Server):
    """Every stream counts its events from zero; nothing is replayed."""

    async def emit(self, session: Session, stream: str, data: str, reply: Reply) -> None:
        session.streams[stream].append(("", data))
        await reply.event(data, str(len(session.streams[stream])))

    async def prime(self, session: Session, stream: str, reply: Reply) -> None:
        await self.emit(session, stream, "", reply)


class OneEventId(conforming.Server):
    """All events of a stream have the same id."""

    async def emit(self, session: Session, stream: str, data: str, reply: Reply) -> None:
        await reply.event(data, f"{session.id}-{stream}")

    async def prime(self, session: Session, stream: str, reply: Reply) -> None:
        await self.emit(session, stream, "", reply)

    def news_of(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        return [{**LIST_CHANGED, "params": {"at": message["id"]}}]


class ClosesInSilence(Polled):
    """The connection of a tool's request is closed at once, without a word."""

    async def work(self, session: Session, stream: str, reply: Reply) -> None:
        await reply.end()
        reply.writer.close()


class CancelsLostRequests(SlowTools):
    """A tool stops when its client's connection is lost.

    A connection is lost in the call after a resumption: that one is waited for as long as a busy machine needs.
    """

    resumed = False

    async def resume(self, session: Session, last: str, reply: Reply) -> None:
        self.resumed = True
        await super().resume(session, last, reply)

    async def work(self, session: Session, stream: str, reply: Reply) -> None:
        wait_s, self.resumed = LONG_S if self.resumed else 0.05, False
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reply.gone(), wait_s)
            raise ConnectionError


class _Resumable(conforming.Server):
    resumable = True


class StoreSharedBySessions(_Resumable):
    """One event store, whose streams are named after the JSON-RPC id: sessions number their requests alike."""

    def __init__(self) -> None:
        super().__init__()
        self.store: list[tuple[str, str, str]] = []
        self.request_id = ""

    async def deliver(
        self, session: Session, messages: list[dict[str, Any]], reply: Reply, headers: dict[str, str] | None = None
    ) -> None:
        self.request_id = str(messages[-1]["id"])
        await super().deliver(session, messages, reply, headers)

    async def emit(self, session: Session, stream: str, data: str, reply: Reply) -> None:
        event_id = str(len(self.store))
        self.store.append((self.request_id, event_id, data))
        await reply.event(data, event_id)

    async def resume(self, session: Session, last: str, reply: Reply) -> None:
        stream = next((stream for stream, event_id, _ in self.store if event_id == last), None)
        if stream is None:
            raise Refused(400, "no such event")
        await reply.start_stream()
        for other, event_id, data in self.store:
            if other == stream and int(event_id) > int(last):
                await reply.event(data, event_id)
        await reply.end()


class ReplaysOtherSessions(_Resumable):
    """Any session may replay what another one was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.delivered: dict[str, Session] = {}

    def new_stream(self, session: Session) -> str:
        stream = f"{session.id}:{super().new_stream(session)}"
        session.streams[stream] = []
        self.delivered[stream] = session
        return stream

    async def resume(self, session: Session, last: str, reply: Reply) -> None:
        owner = self.delivered.get(last.rpartition("_")[0], session)
        await super().resume(owner, last, reply)


class ReplaysWholeSession(_Resumable):
    """Resuming one stream brings the later messages of all streams of the session."""

    async def resume(self, session: Session, last: str, reply: Reply) -> None:
        events = [event for stream in session.streams.values() for event in stream]
        ids = [event_id for event_id, _ in events]
        if last not in ids:
            raise Refused(400, "no such event")
        await reply.start_stream()
        for event_id, data in events[ids.index(last) + 1 :]:
            await reply.event(data, event_id)
        await reply.end()


class UnversionedNews(conforming.Server):
    """Its notifications do not say that they are JSON-RPC."""

    def news_of(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"method": "notifications/tools/list_changed"}, *super().news_of(message)]


class NumberedNews(conforming.Server):
    """Its notifications have an id, which is null."""

    def news_of(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        return [{**LIST_CHANGED, "id": None}, *super().news_of(message)]
