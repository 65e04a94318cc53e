"""Proved patches: kept in the state folder for later runs, and brought to the findings that they fix.

A proof is about a text with its packages, run as docprobe does and judged by the rules of its run. It is stored under a
key over all of that, so that no finding gets a patch that was not proved for what it is about. What is stored are edits
of the example's files; each copy of the text gets them as edits of its own page.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from extractor.base.kept import value_digest
from extractor.base.storage import write_atomically
from harness.base.codec import from_json, to_json
from harness.base.errors import UsageError
from harness.judge.example import PACKAGES, RUNS
from harness.judge.results import Ruleset
from harness.model import Patch, Verdict
from harness.repair.edits import FileEdit, fixable, on_pages
from harness.repair.pins import Pin, alternative_words, edits_of_installs
from harness.run.cache import host_inputs_digest
from harness.run.kept_results import rules_digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from extractor.model import Corpus, Example
    from harness.config import Config
    from harness.model import ExampleResult, Report
    from harness.run.confirm import FindingKey
    from harness.run.plan import Plan

FOLDER: Final = "patches"
"""In the state folder."""


@dataclass(frozen=True, slots=True)
class ProvedPatch:
    """A patch that was run and holds."""

    fixed: tuple[tuple[str, str], ...]
    """Requirement and revision of every finding that was violated and is satisfied with the patch."""
    edits: tuple[FileEdit, ...]
    pins: tuple[Pin, ...] = ()
    """Packages that it pins on the page's install lines."""
    alternative: tuple[Pin, ...] = ()
    """Packages that make the example run, too, if they are pinned in place of the edits for that."""

    @property
    def description(self) -> str:
        """What the proof showed, in a sentence."""
        names = ", ".join(sorted({requirement for requirement, _ in self.fixed}))
        others = "no other requirement is newly violated"
        if any(requirement == RUNS for requirement, _ in self.fixed):
            others = "nothing that could be judged before is newly violated"
        return f"run with this change, the example satisfies {names}, and {others}"


Proofs: TypeAlias = "Mapping[str, ProvedPatch]"
"""Proved patches by the digest of the text: within one run, all copies of a text have the same packages."""


def how_it_is_proved(plan: Plan, config: Config) -> str:
    """Return the SHA-256 of all that a proof depends on besides a text and its packages.

    Those are the sentences and rules that the fixed page is judged by, all of them or some, what the host lends to
    containers, and what they may use.
    """
    rules = rules_digest(Ruleset(config.profile, plan.bound, config.requirements))
    limits = (repr(config.limits), config.timeout_s, config.runtime, config.resolve, config.settings.trust)
    return value_digest((rules, host_inputs_digest(config), limits))


def load_proofs(report: Report, plan: Plan, config: Config) -> dict[str, ProvedPatch]:
    """Return the patches that earlier runs proved for the texts and packages of a report, judged as here."""
    found: dict[str, ProvedPatch] = {}
    fixables = [result for result in report.examples if fixable(result.findings, config.catalogue)]
    how = how_it_is_proved(plan, config) if fixables else ""
    for result in {result.digest: result for result in fixables}.values():
        proof = _load(_file(config.state, result, how))
        if proof is not None:
            found[result.digest] = proof
    return found


def store_proof(proof: ProvedPatch, result: ExampleResult, plan: Plan, config: Config) -> None:
    """Store a patch that was proved for the text and the packages of ``result``.

    Args:
        proof: the patch.
        result: of the text before it.
        plan: of the run that proved it.
        config: of that run.

    Raises:
        StorageError: the disk is full or fails.
        UsageError: this user may not write there.
    """
    write_atomically(_file(config.state, result, how_it_is_proved(plan, config)), to_json(proof))


def patches_of(proofs: Proofs, report: Report, plan: Plan, docs: Path) -> dict[FindingKey, Patch]:
    """Return the patch for each finding that a proof fixes, as edits of the finding's own page.

    Args:
        proofs: for the texts of the report.
        report: whose findings get patches.
        plan: of the same run.
        docs: the docs root.
    """
    examples = {example.id: example for example in plan.examples}
    patches: dict[FindingKey, Patch] = {}
    for result in report.examples:
        proof, example = proofs.get(result.digest), examples.get(result.id)
        if proof is None or example is None or example.bundle is None:
            continue
        sources = sources_of(example, plan.corpus, docs)
        edits = on_pages(proof.edits, example.bundle, sources)
        if proof.edits and not edits:
            continue
        lacking = (f for f in result.findings if f.requirement == PACKAGES and (PACKAGES, f.revision) in proof.fixed)
        of_installs = edits_of_installs(next(lacking, None), proof.pins, example.bundle, sources)
        if proof.pins and not of_installs:
            continue
        edits = tuple(sorted((*edits, *of_installs), key=lambda edit: (edit.file, edit.first)))
        if edits:
            patch = Patch(proof.description + alternative_words(proof.alternative, sources), edits)
            patches |= {
                (result.id, finding.requirement, finding.revision): patch
                for finding in result.findings
                if finding.verdict is Verdict.VIOLATED and (finding.requirement, finding.revision) in proof.fixed
            }
    return patches


def sources_of(example: Example, corpus: Corpus, docs: Path) -> Mapping[str, str]:
    r"""Return the text of an example's page and of every file that it includes, by path; line ends are ``\n``."""
    found = {example.page: corpus.page(example.page).source}
    for block in corpus.blocks:
        for included in block.includes if block.span.file == example.page else ():
            if included.file not in found:
                found[included.file] = (docs / included.file).read_text(encoding="utf-8", errors="replace")
    return found


def _load(file: Path) -> ProvedPatch | None:
    try:
        return from_json(file.read_bytes(), ProvedPatch)
    except FileNotFoundError:
        return None
    except (OSError, UsageError):
        with contextlib.suppress(OSError):
            file.unlink()
        return None


def _file(state: Path, result: ExampleResult, how: str) -> Path:
    return state / FOLDER / f"{value_digest((result.digest, how, sorted(result.packages.items())))}.json"
