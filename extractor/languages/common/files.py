"""Files of a bundle: their names, which never lead out of it, and their lines, which are traceable to the docs."""

from __future__ import annotations

import unicodedata
from importlib import resources
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Final

from extractor.model import Segment, SourceFile, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.model import Block


MAX_PATH_CHARS: Final = 255
RESERVED: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))]
)  # fmt: skip
"""Device names of Windows (Microsoft, "Naming Files, Paths, and Namespaces"): a file of that name breaks checkouts."""
FORBIDDEN_FOLDERS: Final = frozenset({".git", "node_modules", ".venv", "site-packages", "__pycache__"})
"""Folders that belong to tools: docs never write there."""
FORBIDDEN_FILES: Final = frozenset(
    {".npmrc", ".yarnrc", ".yarnrc.yml", ".pypirc", "pip.conf", "uv.toml", ".pnpmfile.cjs", "bunfig.toml",
     "sitecustomize.py", "usercustomize.py"}
)  # fmt: skip
"""Files that redirect a package client or an interpreter."""


def refusal(name: str) -> str | None:
    """Return why a file of a page may not be called ``name``, as a clause about the example; None if it may.

    Args:
        name: a path as docs write it. A backslash counts as a separator.
    """
    shown = name if len(name) <= 60 else name[:57] + "…"
    shown = "".join(c if c.isprintable() else "?" for c in shown)
    path = name.replace("\\", "/")
    parts = PurePosixPath(path).parts
    lowered = [part.lower() for part in parts]
    if ".." in parts:
        return f"has a file name that leads out of its folder: “{shown}”"
    if not path.strip("/ ."):
        return f"has a file name that is empty: “{shown}”"
    if any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in path):
        return f"has a file name with an invisible or control character: “{shown}”"
    if len(path) > MAX_PATH_CHARS:
        return f"has a file name of {len(path)} characters, more than {MAX_PATH_CHARS}: “{shown}”"
    if path.startswith(("/", "~")) or PureWindowsPath(path).drive:
        return f"has a file name that is absolute: “{shown}”"
    if any(part.split(".")[0] in RESERVED for part in lowered):
        return f"has a file name that is reserved on Windows: “{shown}”"
    if any(part.endswith((" ", ".")) or part.startswith((" ", "-")) or set(part) & set('<>:"|?*') for part in parts):
        return f"has a file name that not every system accepts: “{shown}”"
    if FORBIDDEN_FOLDERS & set(lowered) or lowered[-1] in FORBIDDEN_FILES:
        return f"has a file name that belongs to a tool: “{shown}”"
    return None


def normal(name: str) -> str:
    r"""Return ``./src\index.ts`` as ``src/index.ts``. Only for names that :func:`refusal` accepts."""
    return str(PurePosixPath(name.replace("\\", "/")))


def source_file(path: str, blocks: Sequence[Block], before: str = "", after: str = "") -> SourceFile:
    """Return a file of a program: blocks in order with an added blank line between them, and glue around them.

    Args:
        path: of the file.
        blocks: in order.
        before: glue in front of them.
        after: glue behind them.
    """
    text = joined(path, blocks, added_file(path, before))
    return append_added(text, after) if after else text


def joined(path: str, blocks: Sequence[Block], head: SourceFile | None = None) -> SourceFile:
    """Return the texts of blocks as one file.

    Args:
        path: of the file.
        blocks: in order.
        head: lines that come before them.
    """
    text = head.text if head else ""
    segments = head.segments if head else ()
    for block in blocks:
        if text:
            segments = (*segments, Segment(_lines(text) + 1, 1, None))
            text += "\n"
        segments = (*segments, *_segments(block, _lines(text) + 1))
        text += block.text if block.text.endswith("\n") or not block.text else block.text + "\n"
    return SourceFile(path, text, segments)


def added_file(path: str, text: str) -> SourceFile:
    """Return a file that docprobe adds: no line of it is ever blamed on the docs."""
    text = text if text.endswith("\n") or not text else text + "\n"
    return SourceFile(path, text, (Segment(1, _lines(text), None),) if text else ())


def tool_file(package: str, name: str) -> SourceFile:
    """Return a program of docprobe's that ships in the package ``package`` as a file to put beside an example's own."""
    return added_file(f"docprobe_{name}", resources.files(package).joinpath(name).read_text(encoding="utf-8"))


def append_added(file: SourceFile, text: str) -> SourceFile:
    """Return the file with added lines at its end."""
    text = text if text.endswith("\n") else text + "\n"
    segment = Segment(_lines(file.text) + 1, _lines(text), None)
    return SourceFile(file.path, file.text + text, (*file.segments, segment))


def with_lines(file: SourceFile, changed: dict[int, str]) -> SourceFile:
    """Return the file with some lines (1-based) replaced; those no longer point at the docs."""
    if not changed:
        return file
    lines = file.text.splitlines(keepends=True)
    segments: list[Segment] = []
    for number in range(1, len(lines) + 1):
        span = None if number in changed else file.docs_line(number)
        last = segments[-1] if segments else None
        if last and (last.span is None) is (span is None) and _continues(last, span):
            grown = Span(last.span.file, last.span.first, span.first, last.span.column) if last.span and span else None
            segments[-1] = Segment(last.first, last.count + 1, grown)
        else:
            segments.append(Segment(number, 1, span))
    text = "".join(changed.get(number, line) for number, line in enumerate(lines, 1))
    return SourceFile(file.path, text, tuple(segments))


def _continues(last: Segment, span: Span | None) -> bool:
    if last.span is None or span is None:
        return True
    return last.span.file == span.file and last.span.last + 1 == span.first


def _segments(block: Block, first: int) -> tuple[Segment, ...]:
    count = _lines(block.text)
    if not count:
        return ()
    included = sum(span.last - span.first + 1 for span in block.includes)
    if block.includes and included == count:
        segments: list[Segment] = []
        for span in block.includes:
            segments.append(Segment(first, span.last - span.first + 1, span))
            first += span.last - span.first + 1
        return tuple(segments)
    if block.includes:
        # own lines and included ones are mixed: only the fence as a whole is certain
        return tuple(Segment(first + n, 1, block.line(0)) for n in range(count))
    start = block.line(0).first
    return (Segment(first, count, Span(block.span.file, start, start + count - 1, block.span.column)),)


def _lines(text: str) -> int:
    return text.count("\n") + (1 if text and not text.endswith("\n") else 0)
