"""What a worker of a cluster is handed and what it hands back, as values, and the work itself.

A worker runs :func:`run_task`. It knows nothing of the docs: it gets a bundle, or questions about packages, with the
settings of the run, and uses its own machine's engine, registries and state folder, as its own environment names them.
"""

from __future__ import annotations

import contextvars
import hashlib
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
from sniffio import current_async_library_cvar

from extractor.base.errors import internal_error
from extractor.base.kept import library_version
from extractor.base.storage import write_atomically
from extractor.model import Bundle, Layout
from harness.base.codec import from_json, to_json
from harness.base.errors import BlockedError, DocprobeError, EngineError
from harness.base.host import HostEnvironment
from harness.config import Config
from harness.engine.protocol import Limits
from harness.model import Lookup, Recording, Resolve, SettingsSource, Trust
from harness.run import cache
from harness.run.connect import open_engine
from harness.run.recorder import on_engine
from harness.settings import profile_named, state_folder

if TYPE_CHECKING:
    from harness.run.recorder import EngineRecorder

_LOG: Final = logging.getLogger(__name__)
_LOOK_S: Final = 1.0
"""How often a worker looks whether its task is still wanted."""


@dataclass(frozen=True, slots=True)
class TaskSettings:
    """The settings of a run, as far as a conversation depends on them."""

    code: str
    """From :func:`code_digest` of docprobe on the machine that leads the run."""
    profile: str
    """Name of the specification."""
    revisions: tuple[str, ...]
    limits: Limits
    timeout_s: float
    resolve: Resolve
    trust: Trust
    runtime: str | None = None
    images: Mapping[str, str] = field(default_factory=dict)
    images_lock: str | None = None
    """Text of the file with the digests of images, so that all workers use the same."""


@dataclass(frozen=True, slots=True)
class ExampleTask:
    """One text to run, or, with questions, packages to be asked."""

    name: str
    """What it is called in progress."""
    settings: TaskSettings
    bundle: Bundle
    date: str | None = None
    """Cutoff of dated packages, ISO."""
    committed: str | None = None
    """The same if the page states none: the day of the last commit."""
    locks: Mapping[str, str] = field(default_factory=dict)
    questions: Mapping[str, tuple[str, ...]] | None = None
    """The names that are wanted of each module."""
    recording: Recording | None = None
    """Of the text, if it shall be traced."""
    pairs: tuple[tuple[int, int], ...] = ()
    """Exchanges to trace, each with its control."""


@dataclass(frozen=True, slots=True)
class WorkerAnswer:
    """What came of a task."""

    recording: Recording | None = None
    lookup: Lookup | None = None
    refused: str | None = None
    """Why this worker cannot do such tasks at all, with a next step: another one may."""


def code_digest() -> str:
    """Return the SHA-256 of the code and libraries that take part in a conversation on this machine."""
    libraries = [f"{name} {library_version(name)}" for name in cache.LIBRARIES]
    return hashlib.sha256("\0".join((cache.conversation_digest(), *libraries)).encode()).hexdigest()


def lent_by_worker(data: bytes) -> str:
    """Return the digest of what this machine lends to the texts of a run with these settings, as JSON: its environment.

    Registries, proxies, base images, the engine and the interpreter: where they are others, so may a verdict be.
    """
    return cache.host_inputs_digest(_config(from_json(data, TaskSettings), os.environ))


def run_task(
    data: bytes, progress: Callable[[str], None], wanted: Callable[[], bool], environ: Mapping[str, str] | None = None
) -> bytes:
    """Do what a task says, on this machine.

    Args:
        data: an :class:`ExampleTask`, as JSON.
        progress: called with what is being done.
        wanted: whether the answer is still wanted; if not, the pod is removed at once.
        environ: this machine's environment: engine, registries, state folder. None takes the process's.

    Returns:
        A :class:`WorkerAnswer`, as JSON. It raises nothing of docprobe's own.
    """
    task = from_json(data, ExampleTask)
    if task.settings.code != code_digest():
        return to_json(WorkerAnswer(refused="it has a different version of docprobe or of its libraries"))
    environment = os.environ if environ is None else environ
    context = contextvars.copy_context()
    # the worker's own event loop may be in it, which would keep this thread's from beginning
    context.run(current_async_library_cvar.set, None)
    return to_json(context.run(anyio.run, _run, task, progress, wanted, environment))


async def _run(
    task: ExampleTask, progress: Callable[[str], None], wanted: Callable[[], bool], environ: Mapping[str, str]
) -> WorkerAnswer:
    answer = _failed(task, f"not run (hint: {BlockedError.NEXT_STEP})")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_cancel_unless, wanted, tasks.cancel_scope)
        answer = await _done(task, progress, environ)
        tasks.cancel_scope.cancel()
    return answer


async def _done(task: ExampleTask, progress: Callable[[str], None], environ: Mapping[str, str]) -> WorkerAnswer:
    """Do the task, and return what came of it, whatever went wrong."""
    try:
        config = _config(task.settings, environ)
        async with on_engine(open_engine, config) as recorder:
            answer = await _answer(task, recorder, progress)
        if answer.recording is not None and answer.recording.blocked is not None:
            async with open_engine(config):  # one that has died meanwhile raises: the text can run elsewhere
                pass
    except EngineError as error:
        return WorkerAnswer(refused=error.in_one_line())
    except DocprobeError as error:
        return _failed(task, error.in_one_line())
    except Exception as error:
        _LOG.exception("a task failed")  # in the worker's own log: what leads the run sees the line below
        return _failed(task, internal_error(error))
    return answer


async def _answer(task: ExampleTask, recorder: EngineRecorder, progress: Callable[[str], None]) -> WorkerAnswer:
    if task.questions is not None:
        questions = {module: frozenset(names) for module, names in task.questions.items()}
        return WorkerAnswer(lookup=await recorder.look_up(task.bundle, questions, cutoff=task.date, progress=progress))

    if task.recording is not None:
        traced = await recorder.trace(task.bundle, task.recording, dict(task.pairs), progress=progress)
        return WorkerAnswer(recording=replace(task.recording, traced=traced))

    async def committed() -> str | None:
        return task.committed

    return WorkerAnswer(
        recording=await recorder.record(
            task.bundle, date=task.date, committed=committed, locks=task.locks, progress=progress
        )
    )


def _failed(task: ExampleTask, reason: str) -> WorkerAnswer:
    if task.questions is not None:
        return WorkerAnswer(lookup=Lookup(task.date, {}, {}, reason))
    if task.recording is not None:
        return WorkerAnswer(recording=task.recording)
    return WorkerAnswer(recording=Recording((), None, blocked=reason))


async def _cancel_unless(wanted: Callable[[], bool], scope: anyio.CancelScope) -> None:
    while wanted():
        await anyio.sleep(_LOOK_S)
    scope.cancel()


def _config(settings: TaskSettings, environ: Mapping[str, str]) -> Config:
    state = state_folder(environ=environ)
    lock = None
    if settings.images_lock is not None:
        name = hashlib.sha256(settings.images_lock.encode()).hexdigest()[:16]
        lock = state / "cluster" / f"images-{name}.toml"
        if not lock.exists():
            write_atomically(lock, settings.images_lock.encode())
    return Config(
        docs=Path(),
        layout=Layout(revisions=settings.revisions),
        profile=profile_named(settings.profile),
        limits=settings.limits,
        state=state,
        resolve=settings.resolve,
        runtime=settings.runtime,
        images=settings.images,
        images_lock=lock,
        settings=SettingsSource(settings.trust),
        timeout_s=settings.timeout_s,
        host=HostEnvironment.of(environ),
    )
