"""How a terminal report is drawn: width, colour, links, and the smallest pieces. Everything hostile is escaped here."""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, assert_never
from urllib.parse import quote

from rich.console import Console, Group
from rich.segment import Segment
from rich.text import Text

from extractor.base.text import one_line, visible
from harness.base.escape import defused
from harness.results.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import ConsoleOptions, RenderableType, RenderResult

    from extractor.model import Span

NARROWEST: Final = 30
"""Columns of the narrowest terminal that is drawn for; in a narrower one the terminal wraps."""
PROSE_WIDTH: Final = 108
"""Columns beyond which running text gets hard to read."""
PROSE_LIMIT: Final = 4000
"""Characters of running text from a page, a log or a reply."""
LABEL_WIDTH: Final = 7
_HEIGHT: Final = 25
"""Lines; no report depends on it. Without a number, each part would ask the terminal."""
INDENT: Final = 4


@dataclass(frozen=True, slots=True)
class Look:
    """How a terminal report is drawn."""

    width: int = 100
    """Columns; at least 80 are needed for everything to stay readable."""
    color: bool = False
    links: str | None = None
    """URI of the docs root for links to pages (``file:///…/docs``); None draws no links."""

    @property
    def prose(self) -> int:
        """Columns for running text."""
        return min(self.width, PROSE_WIDTH)

    def place(self, span: Span, style: str = "cyan") -> Text:
        """Return ``file:first-last``, as a link where links are drawn."""
        text = Text(one_line(str(span)), style=style, overflow="fold")
        if self.links is not None:
            text.stylize(f"link {self.links.rstrip('/')}/{quote(span.file, errors='backslashreplace')}#L{span.first}")
        return text

    def places(self, spans: Sequence[Span], style: str = "cyan") -> Text:
        """Return several places, the file once for all its lines: ``a.mdx:1-3, 7, b.mdx:9``."""
        text = Text(overflow="fold")
        for number, span in enumerate(spans):
            if number and spans[number - 1].file == span.file:
                text.append(f", {_lines_of(span)}", style=style)
            else:
                text.append_text(Text(", ") if number else Text()).append_text(self.place(span, style))
        return text


def look_of(console: Console | None, links: str | None = None) -> Look:
    """Return how to draw on ``console``: no colour in a pipe or with NO_COLOR, links on terminals only.

    Args:
        console: where the report will be shown; None for a file.
        links: URI of the docs root for links to pages; None for none.
    """
    if console is None or not console.is_terminal or console.is_dumb_terminal:
        return Look(width=max(console.width, 80) if console is not None else 100)
    return Look(width=max(console.width, NARROWEST), color=not console.no_color, links=links)


def draw(parts: Iterable[RenderableType], look: Look) -> str:
    """Return renderables as text: no line is a command to a CI runner, none has trailing blanks."""
    sink = io.StringIO()
    styled = look.color or look.links is not None
    console = Console(
        file=sink,
        width=look.width,
        height=_HEIGHT,
        force_terminal=styled,
        color_system="standard" if styled else None,
        no_color=not look.color,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )
    for is_copied, run in groupby(parts, _is_copied):
        if is_copied:
            for part in run:
                console.print(part, soft_wrap=True)
        else:
            console.print(Group(*run))
    return defused("\n".join(line.rstrip() for line in sink.getvalue().splitlines())) + "\n"


def _is_copied(part: RenderableType) -> bool:
    """Whether a part is a line that is to be copied: it stays one line, whatever the width."""
    return isinstance(part, Text) and part.overflow == "ignore"


def mark(severity: Severity) -> tuple[str, str]:
    """Return the sign and the style of a severity."""
    match severity:
        case Severity.BLOCKING:
            return "✗", "bold red"
        case Severity.WARNING:
            return "!", "bold yellow"
        case Severity.UNCHANGED:
            return "≡", "yellow"
        case Severity.KNOWN:
            return "=", "yellow"
        case Severity.ADVISORY:
            return "·", "blue"
        case Severity.INCONCLUSIVE | Severity.NOT_CHECKED:
            return "?", "magenta"
        case Severity.NOT_APPLICABLE:
            return "-", "dim"
        case Severity.SATISFIED:
            return "✓", "green"
        case _:
            assert_never(severity)


def prose(text: str, style: str = "") -> Text:
    """Return running text from anywhere, escaped, and cut where no reader would follow."""
    shown = visible(text[:PROSE_LIMIT]).strip()
    if len(text) > PROSE_LIMIT:
        shown += f"… ({len(text) - PROSE_LIMIT:,} more characters)"
    return Text(shown, style=style)


def labelled(label: str, value: RenderableType, width: int, indent: int = INDENT) -> RenderableType:
    """Return ``label  value``, the value hanging.

    Args:
        label: at most ``LABEL_WIDTH`` characters.
        value: what stands beside it.
        width: columns for both.
        indent: columns in front of the label.
    """
    shown = f"{label:{LABEL_WIDTH}.{LABEL_WIDTH}}"
    return _Hanging(value, indent, max(width - indent - LABEL_WIDTH - 2, 20), shown, "dim", gap=2)


def signed(sign: str, style: str, value: RenderableType) -> RenderableType:
    """Return ``✗ value``, the value hanging behind the sign."""
    return _Hanging(value, INDENT - 2, None, sign, style, gap=1)


def indented(value: RenderableType, indent: int = INDENT - 2) -> RenderableType:
    """Return ``value`` with blanks in front of each line."""
    return _Hanging(value, indent)


@dataclass(frozen=True, slots=True)
class _Hanging:
    """Something behind blanks or a label: most of a report, and drawn several times faster than as a table."""

    value: RenderableType
    indent: int
    """Columns in front of the label, or of the value."""
    most: int | None = None
    """Columns of the value; None: as many as there are."""
    label: str = ""
    style: str = ""
    """Of the label."""
    gap: int = 0
    """Columns behind the label."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        margin = " " * self.indent
        before = self.indent + len(self.label) + self.gap
        width = max(options.max_width - before, 1)
        inner = options.update(width=width if self.most is None else min(width, self.most), overflow="ellipsis")
        for number, line in enumerate(console.render_lines(self.value, inner, pad=False)):
            yield Segment(margin)
            if self.label:
                shown = self.label if number == 0 else " " * len(self.label)
                yield Segment(shown + " " * self.gap, console.get_style(self.style))
            yield from line
            yield Segment.line()


def _lines_of(span: Span) -> str:
    return str(span.first) if span.first == span.last else f"{span.first}-{span.last}"
