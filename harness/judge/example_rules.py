"""The rules on an example as a whole, which every specification has: it runs, its page is complete and current.

No sentence of a specification states them: a page that shows a program promises that it runs.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from extractor.model import Level
from harness.judge.blame.faults import is_right
from harness.judge.example import IMPORTS, NO_REVISION, PACKAGES, RUNS, runs
from harness.judge.findings import inconclusive, join_words, satisfied, violated
from harness.judge.page_code import complete, imports, lists_packages, types
from harness.judge.stated_endpoint import answers_where_stated
from harness.model import Basis, Requirement, Side, Stage
from harness.rule import PLAIN_SERVING, Decision, Rule, Serving

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.model import BoundRequirement, Finding, Transcript
    from harness.rule import ExampleCheck


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
    whole = (_runs_rule(anywhere, serving), *_recommendations(anywhere))
    if not revisions:
        return whole
    match = partial(_match, negotiation_steps=negotiation_steps, opening_step=opening_step, judged_under=judged_under)
    return (*whole, _match_rule(revisions, match))


def _runs_rule(anywhere: Sequence[str], serving: Serving) -> Rule:
    """Return the rule that the example starts and serves, for every revision."""
    return Rule(
        Requirement(
            id=RUNS,
            title=serving.title,
            side=Side.EXAMPLE,
            levels=dict.fromkeys(anywhere, Level.MUST),
            # a reading, since no sentence states it; the check blocks all the same
            basis=dict.fromkeys(anywhere, Basis.INTERPRETATION),
            effect="A reader who follows the page has no working program.",
            fix="Bring the code up to the packages that a reader gets today, or pin the versions it was written for.",
            avoid="Don't pin a range that still admits the release that broke it.",
            stage=Stage.START,
            always_warns=True,
        ),
        example=partial(runs, serving=serving),
    )


def _recommendations(anywhere: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules on the page and the program that warn, or recommend."""
    return (
        _recommendation(
            anywhere,
            complete,
            id="example.complete",
            title="The page gives everything needed to run the example",
            effect="A reader has to guess file names, dependencies or the command.",
            fix="Name the file, list the dependencies and give the command on the page.",
            stage=Stage.PAGE,
            always_warns=False,
        ),
        _recommendation(
            anywhere,
            lists_packages,
            id=PACKAGES,
            title="The page installs every package that the code imports",
            effect="A reader who follows the page gets an import error, and no server.",
            fix="Add the package to the page's install line, or import what the installed package has.",
            avoid="Don't count on a package that another one happens to bring: its next version may not.",
            stage=Stage.PAGE,
        ),
        _recommendation(
            anywhere,
            answers_where_stated,
            id="example.endpoint",
            title="The server answers at the address that the page states",
            effect="A reader's client is set up with an address that does not answer.",
            fix="State the address that answers, or serve the endpoint at the one that the page states.",
            avoid="Don't redirect: many clients send the message again as a GET, or not at all.",
        ),
        _recommendation(
            anywhere,
            imports,
            id=IMPORTS,
            title="Installed packages have the names that the code imports",
            effect="A reader who copies the lines gets an import error before anything runs.",
            fix="Import what the package exports today, install the optional part (extra) that brings it, or state the "
            "version that the code was written for.",
            avoid="Don't rename the import alone: what it imports may have changed as well.",
            stage=Stage.PAGE,
        ),
        _recommendation(
            anywhere,
            types,
            id="example.types",
            title="The program has no type errors",
            effect="A reader's editor underlines lines of the page, and a build with `tsc` fails.",
            fix="Correct the types at these lines, or state the compiler options that the code is meant for.",
            avoid="Don't silence it with `any`: the message often shows a changed interface.",
            stage=Stage.START,
        ),
    )


def _match_rule(revisions: Sequence[str], match: Callable[[Transcript, BoundRequirement], Finding]) -> Rule:
    """Return the rule that the example serves the revision of its page, as ``match`` judges it."""
    return Rule(
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


def _match(
    transcript: Transcript,
    bound: BoundRequirement,
    *,
    negotiation_steps: Sequence[str],
    opening_step: str,
    judged_under: Callable[[Transcript, str], bool],
) -> Finding:
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
        return violated(bound, f"The page belongs to {bound.revision}; its example negotiates {negotiated}.", evidence)
    if not judged_under(transcript, bound.revision):
        return violated(
            bound,
            f"The page belongs to {bound.revision}, whose text does not have the transport that its example speaks "
            f"(the example negotiates {negotiated}).",
            served if any(served) else evidence,
        )
    return satisfied(bound, f"The example negotiates {negotiated}.", evidence)


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
