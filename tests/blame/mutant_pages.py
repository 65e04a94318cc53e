"""Right servers with one mechanical change each as pages: what nobody chose, and whose wrong lines are known exactly."""

from __future__ import annotations

import ast
import copy
import difflib
from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.model import Segment, Span
from harness.profiles.registry import MCP
from tests.blame.pages import ServerPage, page_of
from tests.mutation.mutants import SERVERS, mutants, replaced_function
from tests.mutation.score import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.mutation.mutants import Mutant
    from tests.support.server_case import Case


def mutant_pages(every: int) -> Iterator[tuple[Case, ServerPage]]:
    """Every Nth mutant in its first set-up; whatever it violates, its line is to blame for."""
    for mutant in mutants()[::every]:
        setup = settings(mutant)[0]
        page = page_of(setup)
        count = mutant.source.count("\n") + 1
        files = tuple(
            replace(
                file, text=mutant.source, segments=(Segment(1, count, Span(file.path, 1, count)),)
            ) if file.path == mutant.file else file
            for file in page.bundle.files
        )  # fmt: skip
        case = replace(setup, violated=frozenset(MCP.catalogue.ids))
        wrong = frozenset((mutant.file, line) for line in changed_lines(mutant))
        yield case, ServerPage(replace(page.bundle, files=files), wrong)


def changed_lines(mutant: Mutant) -> set[int]:
    """The lines of a mutant that the right server does not have; of what it lacks, those around the gap."""
    before, after = _unchanged(mutant).split("\n"), mutant.source.split("\n")
    changed: set[int] = set()
    for kind, _, _, first, end in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            changed |= set(range(first + 1, end + 1))
            if all(line.strip() in ("", "pass") for line in after[first:end]):
                changed |= {first, end + 1}
    return changed


def _unchanged(mutant: Mutant) -> str:
    """The right server, written as the mutant is."""
    text = (SERVERS / mutant.language / mutant.file).read_text()
    if mutant.language == "node":
        return "\n".join(text.splitlines())
    return next(
        replaced_function(text, function, copy.deepcopy(function))
        for kind in ast.parse(text).body
        if isinstance(kind, ast.ClassDef)
        for function in kind.body
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        and function.lineno <= mutant.line <= (function.end_lineno or function.lineno)
    )
