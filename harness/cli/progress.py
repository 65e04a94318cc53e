"""Progress of a run on a terminal; in a pipe, one line for each example that is finished."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import anyio
from rich.cells import cell_len
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TimeElapsedColumn
from rich.text import Text

from extractor.base.text import printable
from harness.base.escape import defused
from harness.model import Status
from harness.report.wording import judged_as

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from rich.console import Console

    from harness.model import ExampleResult, Requirement


_QUIET_S: Final = 60.0
"""Seconds without a line after which a line is written to a pipe that names what is still running."""
_BESIDE: Final = len("s ") + len(" 0:00:00")
"""Columns of the spinner and the time, with the blanks around them."""


class _Row(ProgressColumn):
    """Name of an example and what is done with it, cut so that spinner and time keep their places."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def render(self, task: Task) -> Text:
        """Return the row: of a long name the end, which tells it from others, and of the rest the beginning."""
        room = max(self._console.width - _BESIDE, 10)
        name, what = str(task.fields["name"]), task.description
        of_name = min(cell_len(name), max(room - cell_len(what) - 1, room * 3 // 5))
        return Text.assemble((end_of(name, of_name), "bold"), " ", beginning_of(what, max(room - of_name - 1, 0)))


def end_of(text: str, columns: int) -> str:
    """Return the end of a text that is wider than some columns, behind an ellipsis."""
    if cell_len(text) <= columns:
        return text
    while text and cell_len(text) > columns - 1:
        text = text[1:]
    return f"…{text}"


def beginning_of(text: str, columns: int) -> str:
    """Return the beginning of a text that is wider than some columns, before an ellipsis."""
    if cell_len(text) <= columns:
        return text
    while text and cell_len(text) > columns - 1:
        text = text[:-1]
    return f"{text}…" if columns else ""


class LiveProgress:
    """An :class:`harness.run.observer.Observer` that draws on stderr."""

    def __init__(self, console: Console, catalogue: Sequence[Requirement]) -> None:
        self._console = console
        self._rows = {row.id: row for row in catalogue}
        self._bars = Progress(
            SpinnerColumn(),
            _Row(console),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._doing: dict[str, str] = {}
        self._began = self._said = time.monotonic()

    def __enter__(self) -> LiveProgress:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self._bars.stop()

    async def reassure(self, quiet_s: float = _QUIET_S) -> None:
        """In a pipe, say what is still being done wherever nothing was said for some seconds. Never returns."""
        if self._console.is_terminal or self._console.quiet:
            await anyio.sleep_forever()
        while True:
            await anyio.sleep(max(self._said + quiet_s - time.monotonic(), 0.01))
            if self._doing and time.monotonic() - self._said >= quiet_s:
                still = "; ".join(f"{name}: {what}" for name, what in self._doing.items())
                self._print(f"{time.monotonic() - self._began:6.1f} s  still running: {still}")
            elif not self._doing:
                self._said = time.monotonic()

    def planned(self, distinct: int, examples: int) -> None:
        """Print how much there is to run."""
        if examples:
            copies = f" ({examples} with their copies)" if examples != distinct else ""
            self.note(f"{distinct} {'example' if distinct == 1 else 'examples'} to run{copies}")

    def doing(self, example_id: str, text: str) -> None:
        """Show what is being done for one text."""
        text = printable(text)
        self._doing[printable(example_id)] = text
        if example_id not in self._tasks:
            self._tasks[example_id] = self._bars.add_task(text, name=printable(example_id), total=None)
        self._bars.update(self._tasks[example_id], description=text)

    def finished(self, result: ExampleResult) -> None:
        """Print a line for a finished example."""
        self._doing.pop(printable(result.id), None)
        if result.id in self._tasks:
            self._bars.remove_task(self._tasks.pop(result.id))
        if result.status not in {Status.JUDGED, Status.NOT_RUNNING, Status.BLOCKED}:
            return
        what = judged_as(result, self._rows) if result.status is Status.JUDGED else result.status.value
        cached = ", cached" if result.cached else ""
        at = time.monotonic() - self._began
        line = f"{at:6.1f} s  {printable(result.id)}: {what}{cached}"
        self._print(line, "dim")

    def ended(self, name: str) -> None:
        """Remove the row of something that is not an example of the report."""
        self._doing.pop(printable(name), None)
        if name in self._tasks:
            self._bars.remove_task(self._tasks.pop(name))

    def note(self, text: str) -> None:
        """Print a note."""
        self._print(printable(text))

    def _print(self, line: str, style: str = "") -> None:
        self._said = time.monotonic()
        line = defused(line)
        if self._console.is_terminal or self._console.quiet:
            self._console.print(line, markup=False, style=style, soft_wrap=True)
        else:
            # a pipe gets it as it is, which takes a tenth of the time
            self._console.file.write(f"{line}\n")
