"""Which lines of a page cause a violation: by what ran for it and for nothing right, else by reading the code. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import FUNCTIONS, enclosing, lines_of, text_of
from harness.judge.blame.answer_code import WrongAnswer, different, is_noise, is_refused
from harness.judge.blame.faults import changer_of, faults, is_right
from harness.judge.blame.flow import Flow
from harness.judge.blame.overriding import bases_of, in_effect
from harness.judge.blame.pointers import About, pointers
from harness.judge.blame.reply_code import builders
from harness.judge.blame.reply_values import values_of
from harness.judge.blame.shown_lines import Blamed, lines_shown, with_pointers
from harness.judge.blame.suspects import Hints, Suspect, checks, decided_by
from harness.judge.blame.tokens import values_of_request
from harness.model import BlameBasis, BlameSource, Certainty, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tree_sitter import Node

    from extractor.model import Bundle, Span
    from harness.judge.blame.code import Code
    from harness.judge.blame.evidence import Evidence
    from harness.model import Finding, LibraryFunction, TracedExchange
    from harness.rule import Rule

MAX_SPANS: Final = 6
"""More places than this say nothing to a reader."""
_ANSWERS: Final = re.compile(r"(?i)reject|refus|unauthori|forbid|(?:create|send|write|json).*(?:error|response)|handle")
"""Names of functions that answer a request."""
_CARRIERS: Final = frozenset({"uvicorn", "hypercorn", "gunicorn", "daphne", "granian", "waitress"})
"""Packages that run a web application and know nothing of what it answers."""
_STATUS: Final = re.compile(r"(?<![\w.])[1-5]\d\d(?![\w.])")


@dataclass(frozen=True, slots=True)
class _Case:
    """A violation, with what is known of the example."""

    rule: Rule
    finding: Finding
    evidence: Evidence
    wrong: tuple[int, ...]
    """Numbers of the exchanges that are wrong."""
    answers: tuple[WrongAnswer, ...]
    """Those of which it is known what ran for them."""
    read: tuple[Suspect, ...]
    """What the rule reads in the files of the example."""

    @property
    def ran(self) -> dict[str, set[int]]:
        """The lines that ran for what is wrong, by file."""
        return {
            file.path: {line for wrong in self.answers for line in wrong.executed.ran(file.path)}
            for file in self.evidence.code.files
        }


def blame(rule: Rule, finding: Finding, evidence: Evidence) -> Blamed:
    """Return what causes a violation, and how that is known.

    Args:
        rule: of the requirement that was violated.
        finding: the violation.
        evidence: what is known of the example; of one copy of it, to whose lines the blame goes.

    Returns:
        Of a wrong answer, the statements that ran for it and not for its control, narrowed by what the rule reads in
        the code. Where nothing differs, what changed the server's state before. Else what the rule reads, without
        answers that did not run; else the statements that build the reply and hold what is wrong in it. Where only
        code of packages ran, that. Lines that docprobe added are never blamed.
    """
    if finding.verdict is not Verdict.VIOLATED:
        return Blamed()
    exchanges, executed = evidence.exchanges, evidence.executed
    wrong = tuple(fault.number for fault, _ in faults(finding, evidence.transcript))
    read = tuple(
        Suspect(one.file, node)
        for one in evidence.code.files
        for node in (rule.blame(one.root, finding, evidence.transcript) if rule.blame is not None else ())
    )
    answers = tuple(
        WrongAnswer(finding, exchanges[number], exchanges.get(executed[number].traced.control), executed[number])
        for number in wrong
        if number in executed
    )
    case = _Case(rule, finding, evidence, wrong, answers, read)
    found = next((said for way in _WAYS if (said := way(case)).lines), None)
    bundle = evidence.bundle
    # words that a page's code has in common with the requirement say little where a package may answer
    found = found or _by_values(case, named_only=bool(bundle.dependencies)) or _by_library(case, bundle) or Blamed()
    if found.basis is not None and found.basis.certainty is Certainty.CERTAIN:
        return Blamed(tuple(sorted(found.lines)), found.basis)
    return with_pointers(found, lines_shown(_pointed_at(case), ()))


def _pointed_at(case: _Case) -> list[Suspect]:
    """Return what is odd by itself in what ran."""
    if not case.answers:
        return []
    wrong_ones = tuple(wrong.fault for wrong in case.answers)
    about = About(case.rule.requirement, case.finding, case.evidence.conversation, wrong_ones)
    served = any(wrong.refusal_is_due and not is_refused(wrong.fault) for wrong in case.answers)
    flow = Flow(case.evidence.code, [wrong.executed.traced for wrong in case.answers])
    return pointers(flow, about, is_missing_check=served)


def _by_difference(case: _Case) -> Blamed:
    """Return what ran for wrong requests and not for their controls."""
    settings = case.evidence.code.read(_settings)
    read = tuple((each.file.path, each.node) for each in case.read)
    words = (case.rule.requirement.id, case.rule.requirement.title, case.finding.summary)
    executed: dict[Span, bool] = {}
    shared = False
    telling = [wrong for wrong in case.answers if not wrong.is_served_alike]
    for wrong in telling:
        new = values_of_request(wrong.fault) - values_of_request(wrong.control) if wrong.control is not None else ()
        hints = Hints(wrong.values, read, words, settings)
        noise = is_noise(case.finding, case.evidence.exchanges)
        chosen, is_sure = different(wrong, hints, sorted(new), by_noise=noise)
        executed |= dict.fromkeys(lines_shown(chosen, hints.values), is_sure)
        shared = shared or any(one.others for one in chosen)
    # what let a request through, or refused one that was due, may have been decided anywhere before
    # what refuses others rightly may be what a request gets to whose own check is missing
    is_certain = (
        not shared
        and all(executed.values())
        and all(wrong.is_linked and wrong.refusal_is_due and is_refused(wrong.fault) for wrong in telling)
    )
    unsure = Certainty.LIKELY if all(executed.values()) else Certainty.POSSIBLE
    return _blamed(executed, BlameSource.EXECUTION, Certainty.CERTAIN if is_certain else unsure)


def _settings(code: Code) -> tuple[Suspect, ...]:
    """Return the constants that count."""
    every = [Suspect(one.file, node) for one in code.files for node in one.constants]
    return tuple(in_effect(every, code.read(bases_of)))


def _by_changed_state(case: _Case) -> Blamed:
    """Return what changed the server's state, where the same request was served before and should be still."""
    return _by_state(case, [wrong for wrong in case.answers if is_refused(wrong.fault)])


def _by_unchanged_state(case: _Case) -> Blamed:
    """Return what should have changed the server's state, where the same request is served as before and should not."""
    answers = [wrong for wrong in case.answers if not is_refused(wrong.fault)]
    changers = [changer_of(wrong.fault, case.finding, case.evidence.transcript) for wrong in answers]
    known = (case.evidence.executed.get(one.number) for one in changers if one is not None)
    if any(one is not None and one.removed_by for one in known):
        # it did change it: whatever was to look at the state does not
        return Blamed()
    return _by_state(case, answers)


def _by_state(case: _Case, answers: Sequence[WrongAnswer]) -> Blamed:
    found: dict[Span, None] = {}
    for wrong in answers:
        changer = changer_of(wrong.fault, case.finding, case.evidence.transcript)
        executed = case.evidence.executed.get(changer.number) if changer is not None else None
        found |= dict.fromkeys(lines_shown(executed.removing, ()) if executed is not None else ())
    return _blamed(found, BlameSource.EXECUTION, Certainty.LIKELY)


def _by_reading(case: _Case) -> Blamed:
    """Return what the rule reads in the code, and what is named for what it checks."""
    ran = case.ran
    left = [
        one
        for one in case.read
        if not ran[one.file.path] or not _is_answer_that_did_not_run(one.node, ran[one.file.path])
    ]
    if not left and case.answers and all(wrong.is_served_alike for wrong in case.answers):
        left = checks(case.evidence.code, case.rule.requirement.id, ran)
        left += [each for one in left for each in decided_by(one.node, case.evidence.code, ran)]
    return _blamed(lines_shown(left, ()), BlameSource.READING, Certainty.POSSIBLE)


def _by_values(case: _Case, *, named_only: bool) -> Blamed | None:
    """Return what builds the reply and holds what is wrong in it.

    Where it is not known what ran, only what names that; a rule that reads the code and finds nothing has looked.
    """
    if not case.answers and case.rule.blame is not None:
        return None
    evidence = case.evidence
    about = [evidence.exchanges[number] for number in case.wrong]
    values = values_of(case.finding, about, evidence.conversation, case.rule.requirement.title)
    executed = [wrong.executed for wrong in case.answers]
    named_only = named_only or not executed
    building = builders(evidence.code, executed, values, evidence.exchanges, named_only=named_only)
    found = lines_shown(building, values.subject)
    by = BlameSource.EXECUTION if executed else BlameSource.READING
    return _blamed(found, by, Certainty.POSSIBLE) if found else None


def _by_library(case: _Case, bundle: Bundle) -> Blamed | None:
    """Return the function of a package that answers, where no line of the page does."""
    # what is answered 2xx for another reason than the fault runs other functions too
    refusing = [
        wrong.executed.traced
        for wrong in case.answers
        if not wrong.is_served_alike and (wrong.is_linked or not is_right(wrong.fault))
    ]
    library = _library(refusing, bundle)
    if library is not None and not any(wrong.executed.traced.only for wrong in case.answers):
        return Blamed((), BlameBasis(BlameSource.EXECUTION, Certainty.LIKELY, library))
    return None


_WAYS: Final = (_by_changed_state, _by_difference, _by_unchanged_state, _by_reading)


def _blamed(spans: Collection[Span], by: BlameSource, certainty: Certainty) -> Blamed:
    return Blamed(tuple(spans)[:MAX_SPANS], BlameBasis(by, certainty)) if spans else Blamed()


def _is_answer_that_did_not_run(node: Node, ran: set[int]) -> bool:
    """Return whether a statement answers with a status, in a function, and no line of it ran for what is wrong."""
    first, last = lines_of(node)
    answers = _STATUS.search(text_of(node)) is not None and enclosing(node, FUNCTIONS) is not None
    return answers and ran.isdisjoint(range(first, last + 1))


def _library(traced: Sequence[TracedExchange], bundle: Bundle) -> LibraryFunction | None:
    """Return the function of a package of the page's that answers; None if nothing points at one.

    What only carries requests to a program, such as uvicorn, answers nothing that a reader could change.
    """
    direct = {dependency.name for dependency in bundle.dependencies} - _CARRIERS
    called = [one for each in traced for one in each.library if one.package in direct and "__" not in one.function]
    answering = (one for one in called if _ANSWERS.search(one.function))
    return next(answering, called[0] if called else None)
