"""Recordings of earlier runs, so that a conversation need not be held again.

What is cached is the transcript and the runs, not the findings: judging is pure and takes milliseconds. So the key
holds all that can change a conversation, and a changed rule or sentence is judged afresh from the same transcript.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import harness
from extractor.base.kept import code_digest, library_version
from extractor.base.storage import write_atomically
from harness.base.codec import from_json, to_json
from harness.base.errors import UsageError
from harness.engine.chosen import engine_inputs
from harness.engine.install.settings import (
    BASE_IMAGE_VARIABLE,
    IMAGES_LOCK,
    folder_contents,
    image_variables,
    install_settings,
    toolchain_variables,
)
from harness.model import Recording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from extractor.model import Example
    from harness.config import Config

ROOT: Final = Path(harness.__file__).parent.parent
"""Folder of the packages."""
CONVERSATION: Final = (
    "extractor/base", "extractor/languages/common", "extractor/languages/ecmascript/check_types.mjs",
    "extractor/languages/toolchains", "extractor/model",
    "harness/__init__.py", "harness/base", "harness/engine", "harness/exchanges", "harness/judge/start_failure.py",
    "harness/model", "harness/profile.py",
    "harness/profiles", "harness/rule.py", "harness/run/attempt.py", "harness/run/cache.py",
    "harness/run/code_checks.py", "harness/run/environment_faults.py", "harness/run/kept_types.py",
    "harness/run/listening_probe.py", "harness/run/recorder.py", "harness/run/start_results.py", "harness/run/tracing",
    "harness/run/turns.py",
)  # fmt: skip
"""Folders and files whose code takes part in a conversation."""
JUDGING: Final = frozenset({"rules"})
"""Folders of a profile that judge a transcript and take no part in making it."""
LIBRARIES: Final = (
    "anyio", "authlib", "docker", "h11", "httpcore", "httpx", "httpx-sse", "joserfc", "packaging", "requests",
    "starlette", "uvicorn",
)  # fmt: skip
"""Libraries that take part in a conversation."""
CODE_SUFFIXES: Final = frozenset({".py", ".json", ".mjs"})


def conversation_digest() -> str:
    """Return the SHA-256 of the code that holds conversations: another docprobe may send other requests."""
    return _digest(conversation_files())


def docprobe_digest() -> str:
    """Return the SHA-256 of all code of docprobe, its tables included."""
    return code_digest(ROOT / "extractor", ROOT / "harness")


def conversation_files() -> Iterator[Path]:
    """Yield the files whose code takes part in a conversation."""
    for part in CONVERSATION:
        for file in _code_below(ROOT / part):
            if not JUDGING.intersection(file.relative_to(ROOT).parts):
                yield file


def _code_below(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    for top, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            if os.path.splitext(name)[1] in CODE_SUFFIXES:  # noqa: PTH122  (faster, of hundreds of files)
                yield Path(top, name)


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def host_inputs_digest(config: Config, lent: tuple[str, ...] = ()) -> str:
    """Return the SHA-256 of what the host lends to installs and images, and of the engine that the user chose.

    Another registry, proxy, base image or toolchain may make another program of the same text; another Python, or
    another version of a library that speaks a protocol, may hold another conversation.

    Args:
        config: the environment, images that the user names, and the files of images' digests count.
        lent: from :meth:`harness.run.recorder.Recorder.lent`.

    Raises:
        UsageError: a file that the environment names cannot be read.
    """
    settings, host = install_settings(config.host), config.host
    named = {name: host.get(name) for name in image_variables()}
    folders = [folder_contents(Path(value)) for name in toolchain_variables() if (value := host.get(name))]
    libraries = {name: library_version(name) for name in LIBRARIES}
    digests = [_text(file) for file in (config.images_lock, config.state / IMAGES_LOCK) if file is not None]
    parts: list[object] = [settings.environment, settings.files, settings.hosts, named, folders, dict(config.images)]
    parts += [digests, sys.version, libraries, engine_inputs(host)]
    if config.scheduler is not None or lent:
        parts.append({"scheduler": config.scheduler, "lent": lent})
    return hashlib.sha256(to_json(parts)).hexdigest()


def named_images(config: Config) -> tuple[str, ...]:
    """Return the names of images that the user gave: an image that is built anew under its name is another input."""
    given = (*config.images.values(), config.host.get(BASE_IMAGE_VARIABLE))
    return tuple(sorted({name for name in given if name}))


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read: {error}", "correct the file, or remove it") from error


def key(
    example: Example,
    config: Config,
    *,
    date: str | None,
    day: str,
    code: str,
    host_inputs: str,
    locks: Mapping[str, str] | None = None,
    again: bool = False,
) -> str:
    """Return the cache key of one distinct text.

    Args:
        example: any of its copies.
        config: of the run; profile, limits, timeout, runtime, revisions, how packages are resolved, tracing, and
            whose settings it goes by count: what a stranger's change was asked is not kept for others.
        date: cutoff for dated packages, ISO.
        day: today, ISO, UTC: what "packages of today" means.
        code: from :func:`conversation_digest`.
        host_inputs: from :func:`host_inputs_digest`.
        locks: packages to replay instead of what a registry has, if any: ``today`` or ``dated`` to the lock's text.
        again: whether it is the recording of a second run.
    """
    parts = (
        example.digest, config.profile.name, repr(config.limits), repr(config.timeout_s), repr(config.runtime),
        repr(config.resolve), repr(config.trace), config.settings.trust,
        repr(config.layout.revisions), repr(date), day, code, host_inputs,
        *(text for pair in sorted((locks or {}).items()) for text in pair), *(("again",) if again else ()),
    )  # fmt: skip
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def load(folder: Path, name: str) -> Recording | None:
    """Return the recording stored under ``name``; None if there is none or it cannot be read (then it is removed)."""
    path = folder / f"{name}.json"
    try:
        recording = from_json(path.read_bytes(), Recording)
        os.utime(path)  # what is used stays longest
    except FileNotFoundError:
        return None
    except (OSError, UsageError):
        with contextlib.suppress(OSError):
            path.unlink()
        return None
    return recording


def content_digest(folder: Path, name: str) -> str | None:
    """Return the SHA-256 of the recording stored under ``name``; None if there is none."""
    try:
        return hashlib.sha256((folder / f"{name}.json").read_bytes()).hexdigest()
    except OSError:
        return None


def store(folder: Path, name: str, recording: Recording) -> None:
    """Store a recording, whole or not at all.

    Raises:
        StorageError: the disk is full or fails.
        UsageError: this user may not write there.
    """
    write_atomically(folder / f"{name}.json", to_json(recording))
