"""A bindings file: which sentence each requirement is bound to. It identifies sentences and holds none.

A sentence is named by page, section, level and a fingerprint; hashed shingles find the nearest one when it is gone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import extractor
import harness
from extractor.base.kept import Kept, code_digest
from extractor.base.tomlfile import read_toml
from extractor.model import Level  # noqa: TC001 (entries are read from TOML by their type hints)
from extractor.normative.fingerprint import normative_content
from harness.base.errors import UsageError
from harness.model import MUST_LIKE, SHOULD_LIKE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extractor.model import Statement
    from harness.model import Requirement
    from harness.rule import Catalogue


@dataclass(frozen=True, slots=True)
class Binding:
    """``[[binding]]``: the sentence that one requirement is bound to in one revision."""

    requirement: str
    revision: str
    page: str
    """Path relative to the docs root."""
    anchor: str
    """Of the section; empty before the first heading."""
    level: Level
    sha256: str
    """Fingerprint of the sentence (:mod:`extractor.normative.fingerprint`)."""
    shingles: frozenset[str]
    """Hashed three-word shingles of the sentence."""
    nth: int = 0
    """Which of the same sentences and levels in that section, 0-based."""
    content: str = ""
    """Digest of what the sentence asks for, by which a rewording is told from a change; empty: every change counts."""


CODE: Final = (Path(extractor.__file__).parent, *(Path(harness.__file__).parent / part for part in ("base", "spec")))
"""What reads such files."""
_KEPT: Final = ".bindings"
"""Ending of the files that hold entries."""


def load_bindings(file: Path | None, catalogue: Catalogue, folder: Path | None = None) -> tuple[Binding, ...]:
    """Return the entries of a bindings file; without a file there are none.

    Args:
        file: the file.
        catalogue: whose requirements the entries name.
        folder: where entries are kept by the bytes of their file, since TOML takes long to read; None for nowhere.

    Raises:
        UsageError: the file cannot be read, or an entry contradicts the catalogue; names file and line.
    """
    if file is None:
        return ()
    kept, key = kept_by_file(file, folder, tuple[Binding, ...], _KEPT, Binding)
    known: tuple[Binding, ...] | None = kept.load(key) if kept is not None else None
    if known is not None and all(_agrees(entry, catalogue) for entry in known):
        return known
    entries = _entries(file, key)
    for number, entry in enumerate(entries):
        level = catalogue.requirement(entry.requirement).levels.get(entry.revision)
        if not _agrees(entry, catalogue):
            has = f"has level {level}" if level else "does not exist"
            raise read_toml(file).error(
                ("binding", number, "level"),
                f"{entry.requirement} {has} in revision {entry.revision}",
                "bind a sentence of the catalogue's level, or correct the catalogue",
            )
    if kept is not None:
        kept.store(key, entries)
    return entries


@lru_cache(maxsize=4)
def _entries(file: Path, key: str) -> tuple[Binding, ...]:
    """Return the entries of a file whose bytes ``key`` stands for; a run that keeps nothing asks for them twice."""
    return read_toml(file).values(Binding, "binding")


def kept_by_file(file: Path, folder: Path | None, kind: Any, ending: str, *parts: type) -> tuple[Kept[Any] | None, str]:
    """Return where the values of a file are kept, and the key; None if nowhere, or the file cannot be read.

    Args:
        file: the file; its bytes count.
        folder: where values are kept; None for nowhere.
        kind: type of the values.
        ending: of the names of kept files.
        parts: the dataclasses of which values are made; with other fields they are others.
    """
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return None, ""
    shape = ",".join(f"{field.name}: {field.type}" for part in parts for field in fields(part))
    return (Kept(folder, kind, ending) if folder is not None else None), f"{shape} {code_digest(*CODE)} {digest}"


def _agrees(entry: Binding, catalogue: Catalogue) -> bool:
    """Return whether an entry has the level of its requirement. Raises UsageError if there is no such requirement."""
    level = catalogue.requirement(entry.requirement).levels.get(entry.revision)
    return level is not None and _is_as_strict(level, entry.level)


def binding_at(
    row: Requirement, page: str, line: int, statements: Sequence[Statement], *, sentence: int = 1
) -> Binding:
    """Return the binding of a requirement to the statement at a place.

    Args:
        row: the requirement.
        page: path relative to the docs root.
        line: the line of the keyword, or any line of the sentence, 1-based.
        statements: of the whole corpus.
        sentence: which of those of the requirement's level at that line, 1-based.

    Raises:
        UsageError: no such statement of the requirement's level is there; the hint lists the statements that are.
    """
    there = [s for s in statements if s.page == page and s.span.first <= line <= s.span.last]
    fitting = [s for s in there if _is_as_strict(row.levels.get(s.revision or ""), s.level)]
    if not 1 <= sentence <= len(fitting):
        listed = ", ".join(f"{s.level} (line {s.line}, revision {s.revision})" for s in there) or "none"
        raise UsageError(
            f"{page}:{line}: no statement of the level that {row.id} has", f"statements at that line: {listed}"
        )
    ordered = sorted(fitting, key=lambda s: (abs(s.line - line), s.ordinal))
    return _binding_of(row.id, ordered[sentence - 1], statements)


def _is_as_strict(level: Level | None, other: Level) -> bool:
    """Return whether two levels weigh the same: what a sentence forbids, another may demand the other way round."""
    return level is other or any({level, other} <= alike for alike in (MUST_LIKE, SHOULD_LIKE))


def _binding_of(requirement: str, statement: Statement, statements: Sequence[Statement]) -> Binding:
    alike = [
        s
        for s in statements
        if (s.page, s.anchor, s.level, s.fingerprint)
        == (statement.page, statement.anchor, statement.level, statement.fingerprint)
    ]
    return Binding(
        requirement=requirement,
        revision=statement.revision or "",
        page=statement.page,
        anchor=statement.anchor,
        level=statement.level,
        sha256=statement.fingerprint,
        shingles=statement.shingles,
        nth=alike.index(statement),
        content=normative_content(statement.text),
    )


def to_toml(bindings: Iterable[Binding]) -> str:
    """Return the ``[[binding]]`` tables of a bindings file."""
    return "\n".join(_table(binding) for binding in bindings)


def _table(binding: Binding) -> str:
    lines = [
        "[[binding]]",
        f'requirement = "{binding.requirement}"',
        f'revision = "{binding.revision}"',
        f'page = "{binding.page}"',
        f'anchor = "{binding.anchor}"',
        f'level = "{binding.level}"',
        f'sha256 = "{binding.sha256}"',
        f"shingles = [{', '.join(f'{chr(34)}{shingle}{chr(34)}' for shingle in sorted(binding.shingles))}]",
    ]
    if binding.nth:
        lines.append(f"nth = {binding.nth}")
    if binding.content:
        lines.append(f'content = "{binding.content}"')
    return "\n".join(lines) + "\n"
