"""Which programs with a fault are programs all the same: the page gives them as whole, and their reader gets the error.

A fragment lacks what other blocks of its page have, or leaves something out on purpose. A program with a fault has its
imports, its definitions and the start of a server, and lacks what its interpreter or compiler will report.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.languages.common.files import refusal
from extractor.languages.common.missing_parts import free_names
from extractor.model import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.languages.common.values import ProgramFile, Snippet

MOST_MISSING: Final = 2
"""Names that a program lacks where the page names its file; an excerpt of a file lacks more."""
_ELIDED: Final = re.compile(
    r"^[^\S\n]*(?://|#|/\*+|\{/\*)\s*(?:\.{3}|…)|^[^\S\n]*(?:\.{3}|…)(?![\w$({\[])|[({\[]\s*(?:\.{3}|…)\s*[)}\]]"
    r"|(?<!Field)(?<!Query)(?<!Body)(?<!Path)(?<!Form)(?<!Header)(?<!Option)(?<!Argument)\(\s*(?:\.{3}|…)\s*,"
    r"|=\s*(?:\.{3}|…)\s*[;,]?\s*$"
    r"|^[^\S\n]*(?://|#|/\*+)\s*(?:your|other|more|the rest|rest of|same as|existing|previous|remaining|implement|todo|"
    r"omitted|snip|see above|as (?:above|before)|add your|continued|insert)\b|^[-+] |^>>> ",
    re.IGNORECASE | re.MULTILINE,
)
"""Lines by which docs show that they leave something out, or that they show a change. A comment has no grammar."""
_PARTS: Final = (
    r"\b(?:code|imports?|handlers?|error handling|validation|logic|boilerplate|implementation|methods?|functions?"
    r"|routes?|rest|everything else)\b"
)
"""What a comment says is left out of a program."""
_SAID: Final = (
    rf"{_PARTS}[^\n.;]{{0,40}}\b(?:omitted|elided|abbreviated|left out|not shown|hidden|unchanged|as before)\b"
    rf"|\b(?:omitted|elided)\b[^\n.;]{{0,20}}{_PARTS}|\bfor brevity\b|\bcode goes here\b|\bsame as (?:before|above)\b"
    r"|<snip>|\[snip\]|\bfrom the previous (?:section|step|part)\b"
    # Chinese, Japanese and Korean for "omitted", "the rest", "as above", "as before"; Spanish and French
    r"|[\u7701\u4e2d\u5f8c\u540e\u524d\u4e0b]\u7565|[(\uff08\s.\u2026]\u7565|\u5176\u4f59|\u540c\u4e0a"
    r"|\u4e0e\u4e4b\u524d\u76f8\u540c|\uc0dd\ub7b5|\bresto del c\u00f3digo\b|\breste du code\b"
)
"""Words that say so anywhere in a comment."""
_COMMENT: Final = re.compile(r"(?:^|\s)(?://|#|/\*+)")
_MOST_SAID: Final = 500
"""Characters of a comment that are read."""
_SAID_SO: Final = re.compile(_SAID, re.IGNORECASE)
_ENDS_ELIDED: Final = re.compile(
    r"(?<=[\s{(\[,])(?:\.{3}|…)\s*(?:$|[)}\]]|\([^()\n]{0,40}\)?\s*[)}\]]?\s*$)", re.IGNORECASE
)
"""An ellipsis of its own at the end of a comment. ``Loading...`` is none."""
_LEFT_OUT: Final = re.compile(
    r"^[^\S\n]*(?://|#|/\*+|\{/\*)\s*(?:(?:\.{3}|…)(?!\(|[\w.]+,)|(?:the )?"
    r"(?:rest of|same as|existing|previous|remaining|omitted|snip|unchanged|as (?:above|before))\b)",
    re.IGNORECASE | re.MULTILINE,
)
"""Comments in place of lines: what is shown is not all that runs."""


def left_out_line(snippet: Snippet) -> int | None:
    """Return the line of the page on which a snippet says that it leaves lines out; None if it says so nowhere."""
    text = snippet.block.text
    found = _LEFT_OUT.search(text)
    said = text.count("\n", 0, found.start()) if found is not None else None
    if said is None:
        said = next((number for number, comment in _comments(text) if _SAID_SO.search(comment)), None)
    return None if said is None else snippet.block.line(said).first


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """The comments that go to the end of their line, each with its line's number, from 0."""
    for number, line in enumerate(text.split("\n")):
        if (begins := _COMMENT.search(line)) is not None:
            yield number, line[begins.end() - 1 :][:_MOST_SAID]


def whole_by(main: ProgramFile, modules: Sequence[ProgramFile], elsewhere: Sequence[Snippet]) -> Origin | None:
    """Return who says that a file with faults is a whole program; None where it is a fragment.

    Args:
        main: the file that starts something.
        modules: other files of the program.
        elsewhere: snippets of the page in view, which may define names of the file.
    """
    if len(main.snippets) != 1 or main.glue or any(_has_faults(file) for file in modules):
        return None
    snippet = main.snippets[0]
    code = snippet.facts
    if leaves_out(snippet) or (main.name is not None and refusal(main.name.path)):
        return None
    missing = () if main.takes_all else free_names(main)
    others = [s for s in elsewhere if s is not snippet and not _is_another_file(s, main)]
    if any(name in other.facts.defines for name in missing for other in others):
        return None
    stated = main.name is not None and main.name.is_whole
    if code.error is None and not code.defines:
        return None
    if not code.imports and not (stated and code.error):
        # a broken import is not among them
        return None
    faults = len(missing) + (code.error is not None)
    if stated and main.name is not None:
        origin = main.name.origin if main.name.origin is Origin.DIRECTIVE else Origin.STATED
        return origin if faults <= MOST_MISSING else None
    return Origin.INFERRED if faults == 1 else None


def leaves_out(snippet: Snippet) -> bool:
    """Return whether a snippet shows that it is not all of a file: by an ellipsis, or by a part without its whole."""
    code, text = snippet.facts, snippet.block.text
    return (
        bool(code.left_out)
        or code.loose_method is not None
        or _ELIDED.search(text) is not None
        or any(_SAID_SO.search(comment) or _ENDS_ELIDED.search(comment) for _, comment in _comments(text))
    )


def _has_faults(file: ProgramFile) -> bool:
    return bool(free_names(file)) or any(code.error or code.left_out for code in file.facts)


def _is_another_file(snippet: Snippet, main: ProgramFile) -> bool:
    """Whether the page gives a snippet the name of another file, whose names this one would have to import."""
    if main.name is None or snippet.name is None:
        return False
    sure = min(main.name.confidence, snippet.name.confidence) == 1.0
    return sure and snippet.name.path != main.name.path
