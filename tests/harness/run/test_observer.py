"""What a run notes about a failure of docprobe itself."""

from __future__ import annotations

from harness.run.observer import Silent, note_traceback


class Noting(Silent):
    """An observer that keeps its notes."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_a_traceback_is_noted_line_by_line_and_each_line_is_marked() -> None:
    observer = Noting()
    try:
        raise RuntimeError("of a page\n::error::all is well")
    except RuntimeError as error:
        note_traceback(observer, error)
    assert observer.notes[0] == "  | Traceback (most recent call last):"
    assert observer.notes[-2:] == ["  | RuntimeError: of a page", "  | ::error::all is well"]
    assert all(note.startswith("  | ") and "\n" not in note for note in observer.notes)
