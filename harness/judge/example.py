"""The requirements on an example as a whole, which every specification has: it runs, its page is complete and current.

No sentence of a specification states them: a page that shows a program promises that it runs.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from extractor.model import Level
from harness.judge.blame.faults import is_right
from harness.judge.failure_cause import cause_of, how_to_state, left_that_explains
from harness.judge.findings import inconclusive, join_words, satisfied, violated
from harness.judge.page_code import complete, imports, lists_packages, types
from harness.judge.start_failure import comparable_causes, compare_runs
from harness.judge.start_fixes import fixes_for, last_words, lines_of_cause
from harness.judge.stated_endpoint import answers_where_stated
from harness.model import Basis, BoundRequirement, Requirement, Side, Stage, StartOutcome
from harness.rule import PLAIN_SERVING, Decision, Rule, Serving

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from extractor.model import Example
    from harness.model import Finding, Recording, Run, Transcript
    from harness.rule import Catalogue, ExampleCheck

RUNS: Final = "example.runs"
"""Id of the requirement that the example starts and serves."""
PACKAGES: Final = "example.packages"
"""Id of the requirement that the page installs what its code imports."""
IMPORTS: Final = "example.imports"
"""Id of the requirement that packages have what code imports."""
NO_REVISION: Final = ""
"""Key of a level table for pages that belong to no revision."""


def example_rules(
    revisions: tuple[str, ...] = (),
    negotiation_steps: tuple[str, ...] = (),
    opening_step: str = "",
    judged_under: Callable[[Transcript, str], bool] = lambda transcript, revision: True,
    serving: Serving = PLAIN_SERVING,
) -> tuple[Rule, ...]:
    """Return the rules on whole examples: ``example.*`` and, for docs with revisions, ``revision.match``.

    Args:
        revisions: of the docs, oldest first.
        negotiation_steps: the steps of a conversation that ask for one revision each.
        opening_step: the step that opens the conversation in a revision that was negotiated.
        judged_under: whether a revision's text has the transport that was spoken (:class:`harness.profile.Profile`).
        serving: what the specification calls serving.
    """
    anywhere = (*revisions, NO_REVISION)
    runs_rule = Rule(
        Requirement(
            id=RUNS,
            title=serving.title,
            side=Side.EXAMPLE,
            levels=dict.fromkeys(anywhere, Level.MUST),
            # a reading, since no sentence states it; the check blocks all the same
            basis=dict.fromkeys(anywhere, Basis.INTERPRETATION),
            effect="A reader who follows the page has no working server.",
            fix="Bring the code up to the packages that a reader gets today, or pin the versions it was written for.",
            avoid="Don't pin a range that still admits the release that broke it.",
            stage=Stage.START,
            always_warns=True,
        ),
        example=partial(runs, serving=serving),
    )
    complete_rule = _recommendation(
        anywhere,
        complete,
        id="example.complete",
        title="The page gives everything needed to run the example",
        effect="A reader has to guess file names, dependencies or the command.",
        fix="Name the file, list the dependencies and give the command on the page.",
        stage=Stage.PAGE,
        always_warns=False,
    )
    imports_rule = _recommendation(
        anywhere,
        imports,
        id=IMPORTS,
        title="Installed packages have the names that the code imports",
        effect="A reader who copies the lines gets an import error before anything runs.",
        fix="Import what the package exports today, or state the version that the code was written for.",
        avoid="Don't rename the import alone: what it imports may have changed as well.",
        stage=Stage.PAGE,
    )
    types_rule = _recommendation(
        anywhere,
        types,
        id="example.types",
        title="The program has no type errors",
        effect="A reader's editor underlines lines of the page, and a build with `tsc` fails.",
        fix="Correct the types at these lines, or state the compiler options that the code is meant for.",
        avoid="Don't silence it with `any`: the message often shows a changed interface.",
        stage=Stage.START,
    )
    endpoint_rule = _recommendation(
        anywhere,
        answers_where_stated,
        id="example.endpoint",
        title="The server answers at the address that the page states",
        effect="A reader's client is set up with an address that does not answer.",
        fix="State the address that answers, or serve the endpoint at the one that the page states.",
        avoid="Don't redirect: many clients send the message again as a GET, or not at all.",
    )
    packages_rule = _recommendation(
        anywhere,
        lists_packages,
        id=PACKAGES,
        title="The page installs every package that the code imports",
        effect="A reader who follows the page gets an import error, and no server.",
        fix="Add the package to the page's install line, or import what the installed package has.",
        avoid="Don't count on a package that another one happens to bring: its next version may not.",
        stage=Stage.PAGE,
    )
    whole = (runs_rule, complete_rule, packages_rule, endpoint_rule, imports_rule, types_rule)
    if not revisions:
        return whole

    def match(transcript: Transcript, bound: BoundRequirement) -> Finding:
        """Judge whether the example serves the revision of its page, over a transport that this revision has.

        A page of a revision without the transport that is spoken is not matched by a server that agrees to the number.
        """
        # a step is shown by a request that was served: one without a token, say, shows nothing of revisions
        steps = [[e for e in transcript.exchanges if e.step == step] for step in (opening_step, *negotiation_steps)]
        served = [next(filter(is_right, taken), None) for taken in steps]
        evidence = [one or next(iter(taken), None) for one, taken in zip(served, steps, strict=True)]
        if not transcript.negotiated:
            return inconclusive(bound, "The example negotiated no revision.", evidence)
        negotiated = join_words(transcript.negotiated)
        unanswered = [e for e in transcript.exchanges if e.step in negotiation_steps and e.timed_out]
        if bound.revision not in transcript.negotiated and unanswered:
            return inconclusive(
                bound,
                f"The example negotiates {negotiated}; one revision was not answered in time.",
                unanswered,
            )
        if bound.revision not in transcript.negotiated:
            return violated(
                bound, f"The page belongs to {bound.revision}; its example negotiates {negotiated}.", evidence
            )
        if not judged_under(transcript, bound.revision):
            return violated(
                bound,
                f"The page belongs to {bound.revision}, whose text does not have the transport that its example speaks "
                f"(the example negotiates {negotiated}).",
                served if any(served) else evidence,
            )
        return satisfied(bound, f"The example negotiates {negotiated}.", evidence)

    match_rule = Rule(
        Requirement(
            id="revision.match",
            title="The example serves the revision its page belongs to",
            side=Side.EXAMPLE,
            levels=dict.fromkeys(revisions, Level.SHOULD),
            basis=dict.fromkeys(revisions, Basis.ADVICE),
            effect="A reader of this revision's docs gets a server of another one.",
            fix="Move the example to an SDK that supports the page's revision, or say on the page which one it uses.",
            avoid="Don't change the revision's number in the prose only.",
            always_warns=True,
        ),
        Decision(match),
    )
    return (*whole, match_rule)


def _recommendation(
    anywhere: Sequence[str],
    check: ExampleCheck,
    *,
    id: str,
    title: str,
    effect: str,
    fix: str,
    avoid: str = "",
    stage: Stage = Stage.CONVERSATION,
    always_warns: bool = True,
) -> Rule:
    """Return a rule on the page or the program that no sentence of a specification states, for every revision."""
    row = Requirement(
        id=id,
        title=title,
        side=Side.EXAMPLE,
        levels=dict.fromkeys(anywhere, Level.SHOULD),
        basis=dict.fromkeys(anywhere, Basis.ADVICE),
        effect=effect,
        fix=fix,
        avoid=avoid,
        stage=stage,
        always_warns=always_warns,
    )
    return Rule(row, example=check)


def judge_example(example: Example, recording: Recording, catalogue: Catalogue) -> tuple[Finding, ...]:
    """Return what the page and the attempts to start the example decide, before any conversation."""
    findings = (
        rule.example(example, recording, _bound(rule.requirement, example.revision))
        for rule in catalogue.rules
        if rule.example is not None
    )
    return tuple(finding for finding in findings if finding is not None)


def runs(example: Example, recording: Recording, bound: BoundRequirement, *, serving: Serving) -> Finding | None:
    """Judge whether the example starts and serves, as documented, with the packages of today.

    An example that runs neither with today's packages nor with those of its date violates the requirement and blocks,
    unless the failure may come from something that its page leaves to the reader and docprobe cannot know, or that
    docprobe inferred: then it decides nothing. One that runs with the packages of its date only violates
    it and does not block.
    """
    if not recording.runs:
        return None
    failed = [run for run in recording.runs if run.outcome is not StartOutcome.SERVING]
    attempts = "; ".join(f"{run.when}: {run.sentence}" for run in recording.runs)
    left = [left_that_explains(run, example.bundle) if example.bundle else () for run in failed]
    if recording.transcript is None and left and left[0]:
        parts = join_words(part.what for part in left[0])
        return inconclusive(
            bound, f"The example does not run here; its page leaves {parts} to the reader. {_sentence(attempts)}"
        )
    if not failed:
        return satisfied(bound, _sentence(attempts))
    cause = cause_of(failed[0], example.bundle) if example.bundle else None
    lines = lines_of_cause(failed[0], example.bundle, cause) if cause and example.bundle else ()
    if recording.transcript is not None:
        direct = [dependency.name for dependency in example.bundle.dependencies] if example.bundle else []
        difference = compare_runs(recording.runs[-1], failed[0], direct)
        legs = dict.fromkeys(comparable_causes(failed[0]), False)
        finding = replace(violated(bound, f"The example {difference}.", legs=legs), blame=lines)
        return _with_suggested_date(finding, recording.runs[-1])
    if cause and cause.guesses:
        guessed = join_words(note.what for note in cause.guesses)
        return inconclusive(
            bound,
            f"The example does not run here. {_sentence(attempts)} "
            f"This may come from what docprobe inferred: {guessed}. "
            f"To have it checked, state on the page (or in docprobe.toml) {how_to_state(cause.guesses)}.",
        )
    text = f"The example does not run. {_sentence(attempts)}"
    words = last_words(failed[0])
    if words and words not in attempts:
        text += f" Its last output: “{words}”."
    fix = bound.requirement.fix
    if example.bundle:
        causes = [cause_of(run, example.bundle) for run in failed]
        fix = fixes_for(failed, example.bundle, causes, fix, serving)
    finding = violated(bound, text, legs=dict.fromkeys(comparable_causes(failed[0]), False))
    # what the reader has may make it run with the packages of its date
    return replace(finding, gates=not any(left), blame=lines, fix=fix)


def _with_suggested_date(finding: Finding, run: Run) -> Finding:
    """Return the finding with the advice to state the date, if it was only that of a commit."""
    if run.date_source is None:
        return finding
    state = f'To keep it judged with these packages, state their date: `resolve-date = "{run.date}"` in docprobe.toml.'
    text = f"{finding.summary} The date is that of the last commit that touched the example."
    return replace(finding, summary=text, fix=f"{finding.fix} {state}")


def _bound(row: Requirement, revision: str | None) -> BoundRequirement:
    """Return a row as it counts for a page of ``revision``, which the catalogue may not know."""
    known = revision if revision is not None and revision in row.levels else NO_REVISION
    return BoundRequirement(row, known, row.levels[known], row.basis[known], None)


def _sentence(text: str) -> str:
    """Return a sentence with its capital and one mark at its end: an interpreter may ask a question."""
    ended = text.rstrip(".")
    return f"{ended[:1].upper()}{ended[1:]}{'' if ended.endswith(('?', '!')) else '.'}"
