"""Patches that were proved, kept in the state folder and brought to the findings that they mend.

A proof is about a text with its packages, held by this docprobe. It is kept under a key over all three, so that a
finding never carries a patch that was not proved for what it is about: another text, another release of a package or
another docprobe finds nothing. What is kept are edits of the example's files; each copy of the text gets them as edits
of its own page.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import harness
from extractor.base.storage import write_atomically
from harness.base.codec import from_json, to_json
from harness.base.errors import UsageError
from harness.model import Patch, Verdict
from harness.repair.fix import RULES, FileEdit, on_pages
from harness.run.cache import code_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extractor.model import Corpus, Example
    from harness.model import ExampleResult, Finding, Report
    from harness.run.plan import Plan

FOLDER: Final = "patches"
"""In the state folder."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A patch that holds."""

    mended: tuple[tuple[str, str], ...]
    """Requirement and revision of every finding that was violated and is satisfied with the patch."""
    edits: tuple[FileEdit, ...]

    @property
    def description(self) -> str:
        """What the proof showed, in a sentence."""
        names = sorted({name for name, _ in self.mended})
        return f"run with this change, the example satisfies {', '.join(names)}, and nothing else is violated anew"


def keep(state: Path, result: ExampleResult, proved: Kept) -> None:
    """Keep a patch that was proved for the text and the packages of ``result``."""
    write_atomically(_file(state, result), to_json(proved))


def load(state: Path, result: ExampleResult) -> Kept | None:
    """The patch that was proved for the text and the packages of ``result``; None if there is none."""
    path = _file(state, result)
    try:
        return from_json(path.read_bytes(), Kept)
    except FileNotFoundError:
        return None
    except (OSError, UsageError):
        path.unlink(missing_ok=True)
        return None


def attach(report: Report, todo: Plan, state: Path, docs: Path) -> Report:
    """The report with each kept patch at the findings that it mends, as edits of their own page."""
    examples = {example.id: example for example in todo.examples}

    def with_patch(result: ExampleResult) -> ExampleResult:
        example = examples.get(result.id)
        if example is None or example.bundle is None or not any(map(_has_rule, result.findings)):
            return result
        proved = load(state, result)
        if proved is None:
            return result
        edits = on_pages(proved.edits, example.bundle, sources_of(example, todo.corpus, docs))
        if not edits:
            return result
        patch = Patch(proved.description, edits)
        findings = tuple(
            replace(finding, patch=patch) if _mends(proved, finding) else finding for finding in result.findings
        )
        return replace(result, findings=findings)

    return replace(report, examples=tuple(map(with_patch, report.examples)))


def _has_rule(finding: Finding) -> bool:
    return finding.verdict is Verdict.VIOLATED and finding.requirement in RULES


def _mends(proved: Kept, finding: Finding) -> bool:
    return finding.verdict is Verdict.VIOLATED and (finding.requirement, finding.revision) in proved.mended


def sources_of(example: Example, corpus: Corpus, docs: Path) -> Mapping[str, str]:
    r"""The text of an example's page and of every file that it includes, by path; line ends are ``\n``."""
    found = {example.page: corpus.page(example.page).source}
    for block in corpus.blocks:
        for included in block.includes if block.span.file == example.page else ():
            if included.file not in found:
                found[included.file] = (docs / included.file).read_text(encoding="utf-8", errors="replace")
    return found


def _file(state: Path, result: ExampleResult) -> Path:
    parts = [result.digest, _code(), *(f"{name} {version}" for name, version in sorted(result.packages.items()))]
    name = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return state / FOLDER / f"{name}.json"


def _code() -> str:
    """Digest of the code that holds a conversation, judges it and proposes patches."""
    digest = hashlib.sha256(code_digest().encode())
    root = Path(harness.__file__).parent
    for folder in ("judge", "repair"):
        for path in sorted((root / folder).rglob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
