"""Patches for a page, from the edits that a rule's fix proposes for the files of an example. Running them is the proof.

An edit is made on the syntax tree of the example's file and carried back to the page line by line, so what a reader
of the docs sees changes and nothing else. Edits of files are the same for every copy of a text; edits of pages are not.
"""

from __future__ import annotations

import codecs
import difflib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from extractor.model import Span
from harness.judge.example import PACKAGES, RUNS
from harness.model import Edit, StartOutcome, Verdict
from harness.repair.start_edits import start_edits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.model import Bundle, SourceFile
    from harness.model import Finding, ModuleAnswer, Run, Transcript
    from harness.rule import Catalogue, TextEdit

_LINE: Final = re.compile(rb"[^\r\n]*(?:\r\n|[\r\n])|[^\r\n]+")
_END: Final = re.compile(rb"(?:\r\n|[\r\n])\Z")
_SPECIAL: Final = re.compile(r'[\x00-\x1f"\\\x7f]')
_BY_THE_EXAMPLE: Final = frozenset({RUNS, PACKAGES})
"""Requirements whose fixes follow from the page and its start, and not from a conversation."""


@dataclass(frozen=True, slots=True)
class FileEdit:
    """Replace one line of one of a bundle's files."""

    file: str
    """Path inside the bundle."""
    line: int
    """1-based."""
    new: tuple[str, ...]
    """The lines that come, without line ends; none if the line goes."""


def fixable(findings: Sequence[Finding], catalogue: Catalogue) -> tuple[Finding, ...]:
    """Return the violations of requirements for which docprobe knows a fix of some faults."""
    return tuple(
        finding
        for finding in findings
        if finding.verdict is Verdict.VIOLATED and has_fix(finding.requirement, catalogue)
    )


def has_fix(requirement: str, catalogue: Catalogue) -> bool:
    """Return whether docprobe knows a fix for a fault against a requirement."""
    return requirement in _BY_THE_EXAMPLE or catalogue.rule(requirement).fix is not None


def propose(
    findings: Sequence[Finding],
    transcript: Transcript | None,
    bundle: Bundle,
    catalogue: Catalogue,
    runs: Sequence[Run] = (),
    answers: Mapping[str, ModuleAnswer] | None = None,
) -> tuple[FileEdit, ...]:
    """Return edits of an example's files for every violation that has a fix rule.

    Args:
        findings: of the example.
        transcript: the conversation that they were found in; None if it does not run.
        bundle: the example's files.
        catalogue: with the fix rules.
        runs: the attempts to start it.
        answers: what its packages say of names that are missing, by module.

    Returns:
        In order of files and lines. Empty if no rule proposes anything. A line that docprobe added is never edited: the
        docs do not have it.
    """
    edits: list[FileEdit] = []
    for file in bundle.files:
        # here, since a report without such a finding needs no grammar
        from extractor.languages.registry import syntax_tree

        root = syntax_tree(file.path, file.text)
        if root is None:
            continue
        changes: set[TextEdit] = set()
        for finding in fixable(findings, catalogue):
            fix = catalogue.rule(finding.requirement).fix
            if fix is not None and transcript is not None:
                changes.update(fix(root, replace(finding, blame=_blamed_in(file, finding)), transcript))
            elif finding.requirement == RUNS and (failed := first_failure(runs)) is not None:
                changes.update(start_edits(root, failed, bundle, answers or {}))
        edits.extend(_by_line(file, sorted(changes, key=lambda edit: (edit.start, edit.end, edit.new))))
    return tuple(edits)


def _blamed_in(file: SourceFile, finding: Finding) -> tuple[Span, ...]:
    """Return the lines of a file that a finding blames, as lines of the file."""
    lines = ((line, file.docs_line(line)) for line in range(1, file.text.count("\n") + 2))
    return tuple(
        Span(file.path, line, line)
        for line, span in lines
        if span and any(span.file == one.file and one.first <= span.first <= one.last for one in finding.blame)
    )


def first_failure(runs: Sequence[Run]) -> Run | None:
    """Return the first attempt that did not serve, which is what the requirement to run is judged by."""
    return next((run for run in runs if run.outcome is not StartOutcome.SERVING), None)


def edits_between(before: Bundle, after: Bundle) -> tuple[FileEdit, ...]:
    """Return the edits that make the files of one bundle those of another, which has the same files."""
    texts = {file.path: file.text.split("\n") for file in after.files}
    found: list[FileEdit] = []
    for file in before.files:
        old, new = file.text.split("\n"), texts.get(file.path, file.text.split("\n"))
        for tag, first, last, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if tag == "equal":
                continue
            if first == last:
                # lines that come stand behind the one before; at the start of the file, in front of the first
                at = max(first - 1, 0)
                lines = (old[at], *new[start:end]) if first else (*new[start:end], old[at])
                found.append(FileEdit(file.path, at + 1, lines))
                continue
            # each line by the one in its place, and the last by all that are left
            for at in range(first, last):
                place = start + at - first
                lines = tuple(new[place:end] if at == last - 1 else new[place : min(place + 1, end)])
                found.append(FileEdit(file.path, at + 1, lines))
    return tuple(found)


def on_pages(edits: Sequence[FileEdit], bundle: Bundle, sources: Mapping[str, str]) -> tuple[Edit, ...]:
    """Return the same edits, made on the pages that the lines came from: all of them or none.

    Args:
        edits: of the bundle's files.
        bundle: of one copy of the text.
        sources: text by path, of every page and included file that the bundle's lines came from.

    Returns:
        Edits of whole lines in order; empty if a line of the docs does not end with the line of the file, so that it is
        uncertain what to replace.
    """
    files = {file.path: file for file in bundle.files}
    page_edits: list[Edit] = []
    for edit in edits:
        file = files.get(edit.file)
        span = file.docs_line(edit.line) if file else None
        if file is None or span is None or span.file not in sources:
            return ()
        lines = sources[span.file].split("\n")[span.first - 1 : span.first]
        indent = _indent(lines[0] if lines else "", file.text.split("\n")[edit.line - 1])
        if indent is None:
            return ()
        text = "".join(f"{indent + line if line else indent.rstrip()}\n" for line in edit.new)
        page_edits.append(Edit(span.file, span.first, span.last, text))
    return tuple(sorted(page_edits, key=lambda edit: (edit.span.file, edit.span.first)))


def _indent(of_page: str, of_file: str) -> str | None:
    """Return what a page has before a line of code, in a list or a tab; None if it does not have that line."""
    if not of_page.endswith(of_file):
        return None
    indent = of_page[: len(of_page) - len(of_file)]
    return indent if not indent.strip(" \t>") else None


def patched(source: str, edits: Sequence[Edit]) -> str:
    """Return one file's text with its edits made."""
    lines = source.split("\n")
    for edit in sorted(edits, key=lambda edit: edit.span.first, reverse=True):
        lines[edit.span.first - 1 : edit.span.last] = edit.text.split("\n")[:-1]
    return "\n".join(lines)


def rewritten(raw: bytes, before: str, after: str) -> bytes:
    r"""Return the bytes of a page with a change of its text; every other line stays as it is, byte for byte.

    Args:
        raw: the file.
        before: its text as it was read: line ends are ``\\n``, and bytes that are not UTF-8 are replaced.
        after: the text with the change. New lines get the line end of those that they replace.
    """
    lines, old, new = _LINE.findall(raw), before.split("\n"), after.split("\n")
    lines += [b""] * (len(old) - len(lines) == 1)
    if len(lines) != len(old):
        return after.encode()  # UTF-16: the change is written as UTF-8
    made: list[bytes] = []
    for tag, first, last, new_first, new_last in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        same = tag == "equal"
        bodies = (
            [_END.sub(b"", line) for line in lines[first:last]]
            if same
            else [t.encode() for t in new[new_first:new_last]]
        )
        for at, body in enumerate(bodies):
            near = min(first + at, max(last - 1, first), len(lines) - 1)
            ends = (match[0] for line in (lines[near], lines[near - 1], lines[0]) if (match := _END.search(line)))
            made.append(body + (next(ends, b"\n") if new_first + at < len(new) - 1 else b""))
    if raw.startswith(codecs.BOM_UTF8) and not made[0].startswith(codecs.BOM_UTF8):
        made[0] = codecs.BOM_UTF8 + made[0]
    return b"".join(made)


def unified(page: str, before: bytes, after: bytes) -> bytes:
    """Return a patch of the file at ``page`` as ``git apply`` reads it, exact to the byte."""
    old, new = (_git_name(f"{side}/{page}").encode("utf-8", "surrogateescape") for side in "ab")
    diff = difflib.diff_bytes(difflib.unified_diff, _git_lines(before), _git_lines(after), old, new)
    return b"".join(line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n" for line in diff)


def _git_lines(data: bytes) -> list[bytes]:
    """Lines as git counts them: a carriage return, a form feed or U+2028 ends none."""
    return re.findall(rb"[^\n]*\n|[^\n]+", data)


def _git_name(path: str) -> str:
    """A path in the head of a patch: quoted as git does if it holds control characters, quotes or backslashes."""
    if not _SPECIAL.search(path):
        return f"{path}\t" if " " in path else path
    quoted = (
        f"\\{byte:03o}" if byte < 0x20 or byte > 0x7E or byte in b'"\\' else chr(byte)
        for byte in path.encode("utf-8", "surrogateescape")
    )
    return f'"{"".join(quoted)}"'


def _by_line(file: SourceFile, changes: Sequence[TextEdit]) -> Iterator[FileEdit]:
    """Yield the edits of a file's bytes as edits of its lines, except of lines that docprobe added."""
    data = file.text.encode()
    by_line: dict[int, list[TextEdit]] = {}
    for change in changes:
        first = data.count(b"\n", 0, change.start)
        if data.count(b"\n", 0, change.end) == first and file.docs_line(first + 1) is not None:
            by_line.setdefault(first, []).append(change)
    lines = data.split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for number, edits in by_line.items():
        line = lines[number]
        further = next((e.new for e in edits if e.start == e.end == starts[number] and e.new.isspace()), "")
        # where one puts something in front of what another replaces, that is replaced first
        for edit in sorted(edits, key=lambda e: (e.start, e.end), reverse=True):
            at, end = edit.start - starts[number], edit.end - starts[number]
            new = edit.new if edit.indented else edit.new.replace("\n", f"\n{further}")
            line = line[:at] + new.encode() + line[end:]
        gone = not line.strip() and all(not edit.new for edit in edits)
        yield FileEdit(file.path, number + 1, () if gone else tuple(line.decode().split("\n")))
