"""Bindings as a maintainer writes them: from a place in the docs to the lines of a bindings file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.base.errors import UsageError
from harness.spec.entry import Binding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extractor.model import Statement
    from harness.model import Requirement


def binding_at(row: Requirement, page: str, line: int, statements: Sequence[Statement]) -> Binding:
    """Bind a requirement to the statement at ``page:line`` (the keyword's line, or any line of the sentence).

    Raises:
        UsageError: no statement of its level at that place; says what stands there.
    """
    id, levels = row.id, row.levels
    there = [s for s in statements if s.page == page and s.span.first <= line <= s.span.last]
    fitting = [s for s in there if levels.get(s.revision or "") is s.level]
    if not fitting:
        stands = ", ".join(f"{s.level} (line {s.line}, revision {s.revision})" for s in there) or "no statement"
        raise UsageError(f"{page}:{line}: nothing that {id} can be bound to", hint=f"at that place: {stands}")
    chosen = min(fitting, key=lambda s: (abs(s.line - line), s.ordinal))
    return binding_of(id, chosen, statements)


def binding_of(id: str, statement: Statement, statements: Sequence[Statement]) -> Binding:
    """The binding of requirement ``id`` to ``statement``, one of ``statements``."""
    alike = [
        s
        for s in statements
        if (s.page, s.anchor, s.level, s.fingerprint)
        == (statement.page, statement.anchor, statement.level, statement.fingerprint)
    ]
    return Binding(
        requirement=id,
        revision=statement.revision or "",
        page=statement.page,
        anchor=statement.anchor,
        level=statement.level,
        sha256=statement.fingerprint,
        shingles=statement.shingles,
        nth=alike.index(statement),
    )


def to_toml(bindings: Iterable[Binding]) -> str:
    """``[[binding]]`` tables for a bindings file."""
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
    return "\n".join(lines) + "\n"
