"""Code and commands that a page shows as what not to do: by their label, their heading, or the sentence above them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from extractor.model import Block

_COUNTEREXAMPLE: Final = frozenset(
    {"before", "bad", "wrong", "incorrect", "avoid", "don't", "dont", "never", "broken", "unsafe", "insecure",
     "vulnerable", "deprecated", "old", "anti-pattern", "antipattern", "buggy", "faulty", *"❌✗✘✖🚫⛔"}
)  # fmt: skip
"""First words of labels of code that the docs warn of."""
_SIGNS: Final = "❌✗✘✖🚫⛔"
_NUMBER: Final = r"(?:[\d.:)]+\s+)?"
_WRONG: Final = r"(?:an? |the )?(?:bad|broken|buggy|faulty|incorrect|insecure|unsafe|vulnerable|wrong)"
_WHAT: Final = (
    r"(?:app|client|code|handler|implementation|program|script|server|session|tool|express|go|java|javascript|kotlin"
    r"|node|node\.js|python|rust|typescript)"
)
"""What is wrong itself: of a "Wrong Origin example" the Origin is, and the code may be right."""
_HEADED: Final = re.compile(
    rf"{_NUMBER}(?:[{_SIGNS}]|:x:)(?!.*(?:→|->|✅|✔))|[^✅✔→]*❌\Z"
    rf"|{_NUMBER}(?:bad|broken|buggy|incorrect|wrong)\s*(?::.*)?\Z"
    rf"|{_NUMBER}{_WRONG}(?: {_WHAT}){{0,2}} "
    r"(?:approach|code|example|implementation|pattern|practice|snippet|usage|way(?: to [\w ]{1,30})?)s?\Z"
    rf"|{_NUMBER}(?:an? |the )?(?:broken|buggy|faulty|incorrect|wrong)"
    r"(?: (?:express|http|python|typescript|javascript|node|tool))?"
    r" (?:app|client|program|route|script|server)\Z"
    rf"|{_NUMBER}(?!avoid|fix|no\b|without|detect|beyond|from)(?:[\w'’-]+ ){{0,2}}"
    r"anti-?patterns?(?: \w?\d+)?(?:\s*[:(–—-].*)?\Z"
    rf"|{_NUMBER}(?:what|how) not to (?:do|write|build|implement)\b[^:,]{{0,20}}\Z"
    rf"|{_NUMBER}(?:don['’]t|do not) do this\b.{{0,20}}\Z",
    re.IGNORECASE,
)
"""A heading of code that the docs warn of: ``Broken server implementation``, not ``Broken link checker server``."""
_GOOD: Final = frozenset(
    {"good", "right", "correct", "better", "fixed", "recommended", "safe", "secure", "instead", "do", "✅", "✔"}
)
"""First words of labels of code that stands beside what the docs warn of."""
_NO_COMMAND: Final = frozenset({"bad", "wrong", "incorrect", "don't", "dont", "never", *_SIGNS})
"""First words of labels of commands that the docs warn of: "Before you start:" and "Old systems:" are none."""
_REMINDER: Final = re.compile(r"(?:don['’]?t|never|do not) (?:forget|miss|hesitate|worry)\b", re.IGNORECASE)
_FAILING: Final = re.compile(
    r"\b(?:fails?|explodes?|breaks|crash(?:es)?|deadlocks?|leaks|hangs"
    r"|(?:does|do|will|would|can)(?: not|n['’]t) (?:work|start|run|compile)|cannot (?:work|start|run|compile)"
    r"|never (?:works?|starts?|runs?)|(?:is|are) (?:broken|wrong|vulnerable|insecure|unsafe|incorrect|not allowed)"
    r"|(?:raises|throws|gives|causes)(?: an?| the)?(?: [\w`.]+)? ?"
    r"(?:[`\w.]*(?:Error|Exception)`?|error|exception|panic))"
    r"(?: (?:with|at|on|when|because of|immediately|silently|today)\b[^.;:]{0,60})?:\s*\Z"
)
"""How a sentence ends that shows its reader code which fails: "the first request explodes:"."""
_CONDITIONAL: Final = re.compile(
    r"\b(?:if|when|whenever|unless|until|once|should|in case|so that|before)\b"
    r"|(?:\b(?:never|not|no longer)|n['’]t)\b(?:(?!\band\b)[^,;:.])*\Z",
    re.IGNORECASE,
)
"""What makes such a sentence one about a remedy: "If it fails:", "it never fails:"."""
_SIDE: Final = re.compile(
    rf"(?://|#|--|/\*)\s*(?:(?P<worse>[{_SIGNS}]|(?:before|old|bad|wrong|incorrect)\b\s*(?:\([^)]*\))?\s*:?\s*(?:\*/)?\Z)"
    r"|(?P<better>[✅✔]|(?:after|new|good|right|correct)\b\s*(?:\([^)]*\))?\s*:?\s*(?:\*/)?\Z))",
    re.IGNORECASE,
)
"""A comment above one side of a comparison: ``# Before (v1)``, ``// ✅ one transport for each session``."""
_COMMENT: Final = ("//", "#", "--", "/*", "*")
_MAX_SENTENCE: Final = 400
_MAX_SHOWN: Final = 80
_MAX_LABEL: Final = 40
"""Longer than a label: a sentence that happens to begin with such a word."""
_WORD: Final = re.compile(rf"[\w'-]+|[{_SIGNS}✅✔]")


def counterexample(block: Block) -> str | None:
    """Return why a block of code is not to be run; None if nothing says so.

    Its label, its tab, the line above it and its first comment are read, then its heading, unless one of them praises
    it; then whether the sentence above says that it fails, and whether its comments compare two versions.
    """
    labels = _labels(block)
    for label, first in labels:
        if first in _COUNTEREXAMPLE:
            return f"is shown as “{label.rstrip(':')}”, not as something to run"
    if compared := _compared(block.text):
        return f"compares two versions (“{compared[0]}” and “{compared[1]}”), so it is not one program"
    if (heading := _warning(block)) and not any(first in _GOOD for _, first in labels):
        return f"is shown under “{heading}”, not as something to run"
    above = block.context.rpartition("\n")[2].strip()
    sentence = re.split(r"(?<=[.!?])\s+", above[-_MAX_SENTENCE:])[-1]
    if (failing := _FAILING.search(sentence)) and not _CONDITIONAL.search(sentence[: failing.start()]):
        shown = sentence.rstrip(": ")
        return f"is shown as what fails (“{shown if len(shown) <= _MAX_SHOWN else '…' + shown[-_MAX_SHOWN:]}”)"
    return None


def is_warned_of(block: Block) -> bool:
    """Return whether a page shows commands as what not to do."""
    labels = _labels(block)
    if any(first in _NO_COMMAND and not _REMINDER.match(label) for label, first in labels):
        return True
    return _warning(block) is not None and not any(first in _GOOD for _, first in labels)


def _compared(text: str) -> tuple[str, str] | None:
    """Return the comments over the worse and the better side of a comparison within a block; None if it has none.

    A worse side of nothing but comments is not code that would run.
    """
    above = worse = better = ""
    for written in text.split("\n"):
        line = written.strip()
        # within a function, "Before" and "After" are steps of it
        side = _SIDE.match(written[:_MAX_SENTENCE].rstrip())
        if side is not None:
            above = line if side["worse"] else ""
            better = better or ("" if side["worse"] else line)
        elif above and line and not line.startswith(_COMMENT):
            worse = worse or above
    return (_shown(worse), _shown(better)) if worse and better else None


def _shown(comment: str) -> str:
    """Return the text of a comment, cut to the length of a label."""
    return comment.strip("/#*- ")[:_MAX_LABEL]


def _labels(block: Block) -> list[tuple[str, str]]:
    """The labels of a block, each with its first word."""
    above = block.context.rpartition("\n")[2].strip()
    first = block.text.lstrip().partition("\n")[0][: _MAX_LABEL + 1].strip()
    comment = first.lstrip("/#*-<! ") if first.startswith(("//", "#", "/*", "<!--", "--")) else ""
    labels = (block.info.label or "", block.place.tab or "", above, comment)
    found = ((label, _WORD.search(label.lower().replace("’", "'"))) for label in labels if len(label) <= _MAX_LABEL)
    return [(label, word[0]) for label, word in found if word]


def _warning(block: Block) -> str | None:
    """The heading of a section that warns of what it shows; not the title of the page."""
    heading = block.place.headings[-1] if block.place.headings else None
    if heading is None or heading.level == 1:
        return None
    text = heading.text.strip()
    return text if len(text) <= _MAX_SHOWN and _HEADED.match(text) else None
