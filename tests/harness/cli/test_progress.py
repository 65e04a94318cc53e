"""Rows of a run on a terminal."""

from __future__ import annotations

import io

import anyio
import pytest
from rich.cells import cell_len
from rich.console import Console

from harness.cli.progress import LiveProgress, beginning_of, end_of

LONG = "docs/2025-11-25/tutorials/security/authorization-with-a-long-name-that-goes-on#typescript"


@pytest.mark.parametrize("width", [40, 80, 100])
@pytest.mark.parametrize(
    "text", ["starting", "installing @modelcontextprotocol/sdk, express, zod and a great many others"]
)
def test_a_row_keeps_the_end_of_its_id_the_spinner_and_the_time(width: int, text: str) -> None:
    sink = io.StringIO()
    console = Console(file=sink, width=width, height=10, force_terminal=True, color_system=None, legacy_windows=False)
    with LiveProgress(console, ()) as live:
        live.doing(LONG, text)
        live.doing("a#python", text)
        paper = Console(file=io.StringIO(), width=width, color_system=None)
        paper.print(live._bars.get_renderable())
        assert isinstance(paper.file, io.StringIO)
        rows = paper.file.getvalue().splitlines()
    assert [("0:00:0" in row) for row in rows] == [True, True]
    for row in rows:
        assert cell_len(row.rstrip()) <= width
        assert row[0] in "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
    assert "#typescript " in rows[0]
    assert rows[1].startswith(f"{rows[1][0]} a#python {text[:10]}")


def test_texts_are_cut_at_either_end() -> None:
    assert (end_of("abcdef", 4), beginning_of("abcdef", 4)) == ("…def", "abc…")
    assert (end_of("日本語", 4), beginning_of("日本語", 4)) == ("…語", "日…")
    assert (end_of("abc", 3), beginning_of("abc", 0)) == ("abc", "")


def test_a_pipe_gets_lines_as_they_are() -> None:
    sink = io.StringIO()
    text = f"[bold]{LONG}[/] :100: {'x' * 100}"
    with LiveProgress(Console(file=sink), ()) as live:
        live.note(text)
    assert sink.getvalue() == f"{text}\n"


def test_nobody_who_wants_none_gets_notes() -> None:
    sink = io.StringIO()
    with LiveProgress(Console(file=sink, quiet=True), ()) as live:
        live.note("a note")
    assert sink.getvalue() == ""


@pytest.mark.anyio
@pytest.mark.parametrize("terminal", [False, True])
async def test_a_pipe_is_told_what_still_goes_on(terminal: bool) -> None:
    sink = io.StringIO()
    console = Console(file=sink, force_terminal=terminal, width=200)
    with LiveProgress(console, ()) as live:
        live.doing("a#python", "installing mcp")
        live.doing("imports", "compiling rmcp")
        live.ended("a#python")
        with anyio.move_on_after(0.3):
            await live.reassure(0.1)
        live.ended("imports")
        said = sink.getvalue()
        with anyio.move_on_after(0.2):
            await live.reassure(0.1)
    if terminal:
        assert "still running" not in sink.getvalue()
        return
    lines = said.splitlines()
    assert 1 <= len(lines) <= 3
    assert {line.partition("s  ")[2] for line in lines} == {"still running: imports: compiling rmcp"}
    assert sink.getvalue() == said, "nothing goes on any more"
