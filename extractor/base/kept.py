"""Values kept on disk between runs, each under a key over everything that it depends on.

One MessagePack file per value. A file that is not a valid entry is removed and ignored, and a folder that cannot be
written costs nobody anything but time.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

from extractor.base.storage import keep

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

T = TypeVar("T")

_KEY_DIGITS: Final = 40
CODE: Final = frozenset({".py", ".toml", ".txt", ".json", ".mjs"})
"""Endings of files that decide what docprobe does."""


class Kept(Generic[T]):
    """A folder of values of one type. Other processes may be handed it."""

    def __init__(self, folder: Path, kind: Any, ending: str) -> None:
        """Open a folder.

        Args:
            folder: where the entries are; it need not exist.
            kind: type of the values, by which entries are read.
            ending: of the files' names, with its dot.
        """
        self._folder = folder
        self._ending = ending
        self._kind = kind

    def load(self, key: str) -> T | None:
        """Return the value under a key, or None. Never raises: an invalid entry is removed."""
        file = self._file(key)
        try:
            with open(file, "rb") as stream:  # noqa: PTH123  (faster, of thousands of entries)
                value: T = unpacked(stream.read(), self._kind)
                return value
        except OSError:
            return None
        except (msgspec.MsgspecError, ValueError, RecursionError):
            Path(file).unlink(missing_ok=True)
            return None

    def store(self, key: str, value: T) -> None:
        """Write a value; does nothing if the folder cannot be written, or the value cannot be encoded."""
        with contextlib.suppress(OSError, msgspec.MsgspecError, UnicodeError):
            keep(self._file(key), msgspec.msgpack.encode(value))

    def prune(self, keep: int) -> None:
        """Remove the oldest entries while there are more than ``keep``."""
        with contextlib.suppress(OSError):
            files = list(self._folder.glob(f"*{self._ending}"))
            if len(files) > keep:
                files.sort(key=lambda file: file.stat().st_mtime)
                for file in files[: len(files) - keep]:
                    file.unlink(missing_ok=True)

    def _file(self, key: str) -> str:
        name = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:_KEY_DIGITS]
        return f"{self._folder}{os.sep}{name}{self._ending}"


def slow_key(key: str, seconds: float) -> str:
    """Return the key under which it is kept that something takes too long: until the day ends, UTC.

    Args:
        key: of the value that it would have.
        seconds: of processor time that it may take.
    """
    return key_of_day(f"{key}\0{seconds:g} s", today())


def today() -> str:
    """Return the day, ISO, UTC: what is kept until the day ends is kept under it."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def key_of_day(key: str, day: str) -> str:
    """Return the key of what is kept until a day ends, ISO, UTC."""
    return f"{key}\0{day}"


def unpacked(data: bytes, kind: Any) -> Any:
    """Return the value of a type that msgspec packed; raises MsgspecError, ValueError or RecursionError."""
    return _decoder(kind).decode(data)


@cache
def _decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(kind)


def value_digest(value: object, named: Callable[[Any], str] | None = None) -> str:
    """Return the SHA-256 of plain values, dataclasses among them: the same for equal ones.

    Args:
        value: the value.
        named: a name for what is not plain, such as a function.
    """
    try:
        data = msgspec.msgpack.encode(value, order="deterministic", enc_hook=named)
    except UnicodeEncodeError:
        # a lone surrogate, which no encoding can hold
        data = repr(value).encode("utf-8", "backslashreplace")
    return hashlib.sha256(data).hexdigest()


@cache
def code_digest(*places: Path, endings: Collection[str] = CODE) -> str:
    """Return the SHA-256 of the files of docprobe's own code in some folders, names and contents.

    Args:
        places: folders, with all that is below them, and single files.
        endings: of the files that count.
    """
    digest = hashlib.sha256()
    for place in places:
        for name in _files(place) if place.is_dir() else (str(place),):
            if os.path.splitext(name)[1] in endings:  # noqa: PTH122  (faster, of hundreds of files)
                digest.update(os.path.relpath(name, place.parent).encode() + b"\0" + _file_digest(name))
    return digest.hexdigest()


@cache
def _file_digest(name: str) -> bytes:
    """Return the SHA-256 of a file of docprobe's own code: several caches ask for the same ones."""
    with open(name, "rb") as file:  # noqa: PTH123  (as above)
        return hashlib.sha256(file.read()).digest()


@cache
def library_version(name: str) -> str:
    """Return the version of an installed library, by its name on PyPI.

    It stands in the name of the folder that describes the library, so nothing is parsed, and nothing imported that
    takes longer than reading a cached tree.
    """
    found = _installed(tuple(sys.path)).get(_canonical(name))
    if found is not None:
        return found
    from importlib import metadata

    return metadata.version(name)


@cache
def _installed(places: tuple[str, ...]) -> Mapping[str, str]:
    """Return the versions of the libraries in folders that code is imported from, by name; the first counts."""
    versions: dict[str, str] = {}
    for place in places:
        with contextlib.suppress(OSError):
            for entry in os.listdir(place or "."):  # noqa: PTH208  (faster)
                stem, ending = os.path.splitext(entry)  # noqa: PTH122  (faster)
                library, _, version = stem.partition("-")
                if ending == ".dist-info" and version:
                    versions.setdefault(_canonical(library), version)
    return versions


def _canonical(name: str) -> str:
    return name.lower().replace("-", "_").replace(".", "_")


def _files(folder: Path) -> Iterator[str]:
    """Yield the files below a folder, in order."""
    for top, folders, names in os.walk(folder):
        folders.sort()
        yield from (f"{top}{os.sep}{name}" for name in sorted(names))
