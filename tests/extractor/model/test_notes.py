"""Texts of notes."""

from __future__ import annotations

import pytest

from extractor.model import Note, NoteKind, Origin


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
