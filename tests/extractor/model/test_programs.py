"""Texts of notes and dependencies."""

from __future__ import annotations

import pytest

from extractor.model import Dependency, Note, NoteKind, Origin


@pytest.mark.parametrize(
    ("note", "text"),
    [
        (Note(NoteKind.FILE_NAME, Origin.STATED, "server.ts", ", stated here"), "file name server.ts, stated here"),
        (Note(NoteKind.DEPENDENCY, Origin.INFERRED, "express", "@5"), "dependency express@5"),
        (Note(NoteKind.ALLOWED_SCRIPTS, Origin.CONFIG), "install scripts allowed"),
        (Note(NoteKind.REMARK, Origin.STATED, detail="“x” is ignored"), "“x” is ignored"),
    ],
)
def test_text_of_a_note(note: Note, text: str) -> None:
    assert note.what == text


@pytest.mark.parametrize(
    ("dependency", "text"),
    [
        (Dependency("express", "5"), "express@5"),
        (Dependency("zod", "^3.2"), "zod@^3.2"),
        (Dependency("zod", "~3"), "zod@~3"),
        (Dependency("mcp", "~=1.2", extras=("cli", "ws")), "mcp[cli,ws]~=1.2"),
        (Dependency("tsx"), "tsx"),
    ],
)
def test_text_of_a_dependency(dependency: Dependency, text: str) -> None:
    assert str(dependency) == text
