from __future__ import annotations

from dataclasses import replace

from extractor.model import Level
from harness.model import Status, Verdict
from harness.nightly.history.queries import Flaky, Flip, FlipCause
from harness.nightly.site.changes import FlipView, changes, flaky_groups, flip_view, grouped
from tests.harness.nightly.history.nights import example, failing, night, verdict
from tests.support.reports import rich_report

DOES_NOT_RUN = verdict("example.runs", Verdict.VIOLATED)


def flip(
    example: str = "x", before: Verdict = Verdict.SATISFIED, after: Verdict = Verdict.VIOLATED, **more: object
) -> Flip:
    values: dict[str, object] = {"requirement": "a", "revision": "2025-11-25", "night": 2, "since": 1, "causes": ()}
    return Flip(example=example, before=before, after=after, **(values | more))  # type: ignore[arg-type]


def view(one: Flip) -> FlipView:
    return flip_view(one, {2: "2026-11-22T03:00:00Z"}, {("x", "a", "2025-11-25")})


def test_changes_are_worse_better_or_other() -> None:
    flips = [view(flip()), view(flip(requirement="b", before=Verdict.VIOLATED, after=Verdict.SATISFIED)),
             view(flip(requirement="c", before=Verdict.SATISFIED, after=Verdict.INCONCLUSIVE))]  # fmt: skip
    found = changes("before", flips, night(0, example("fine")), {"fine": "judged"}, ({}, {}))
    assert [group.requirement for group in (*found.worse, *found.better, *found.other)] == ["a", "b", "c"]
    assert found.headline == "1 requirement newly violated, 1 requirement fixed."


def test_the_first_night_has_nothing_to_compare_with() -> None:
    found = changes(None, [view(flip())], night(0, failing()), {}, ({}, {}))
    assert (found.worse, found.broken, found.headline) == ((), (), "This is the first night in the history.")


def test_changes_of_status_and_packages() -> None:
    tonight = night(
        0, example("stuck", status=Status.BLOCKED, reason="no network"), example("back"),
        example("part", status=Status.FRAGMENT), example("new"),
    )  # fmt: skip
    found = changes(
        "before", [], tonight, {"stuck": "judged", "gone": "judged", "back": "not-running", "part": "skipped"},
        ({"x": {"sdk": "1", "same": "1"}, "y": {"sdk": "1"}, "z": {}},
         {"x": {"sdk": "2", "same": "1"}, "y": {"sdk": "2"}, "z": {"sdk": "2"}}),
    )  # fmt: skip
    assert [(one.example, one.before, one.now, one.reason) for one in found.unchecked] == [
        ("stuck", "judged", "blocked", "no network")
    ]
    assert found.stopped == (), "whether the page is why is not known"
    assert [one.example for one in found.recovered] == ["back"]
    assert [one.example for one in found.status] == ["part"]
    assert found.arrived == ("new",)
    assert [(s.name, s.before, s.after, s.examples) for s in found.packages] == [("sdk", "1", "2", 2)]
    assert found.headline == "1 example judged again, 1 example not checked, 1 example no longer in the results."


def test_examples_that_are_gone_are_named_unless_a_part_of_the_docs_was_checked() -> None:
    last_night = {"gone": "judged", "part": "fragment", failing().id: "judged"}
    found = changes("before", [], night(0, failing()), last_night, ({}, {}), {"gone"})
    assert [(name, status) for name, status, _ in found.gone] == [("gone", "judged"), ("part", "fragment")]
    assert [bool(href) for *_, href in found.gone] == [True, False], "only what was judged once has a page"
    assert found.headline == "1 example no longer in the results.", "nobody misses a fragment"
    alone = replace(night(0, failing()), shards=("1/2",))
    parts = (replace(night(0, failing()), narrowed=True), alone, replace(alone, missing_shards=("2/2",)))
    for part in parts:
        assert changes("before", [], part, last_night, ({}, {})).gone == ()
    whole = replace(alone, shards=("2/2", "1/2"))
    assert [name for name, *_ in changes("before", [], whole, last_night, ({}, {})).gone] == ["gone", "part"]


def test_what_all_verdicts_of_a_group_are_based_on_is_said_once() -> None:
    alike = [replace(view(flip(example=name)), why="GET returned 404.") for name in ("x", "y")]
    assert grouped(alike)[0].why == "GET returned 404."
    assert grouped([alike[0], replace(alike[1], why="GET returned 500.")])[0].why == ""


def test_a_new_example_names_what_is_worst_first() -> None:
    both = example(
        "new", verdict("session.missing-400", Verdict.VIOLATED, level=Level.SHOULD),
        replace(verdict("session.terminated-404", Verdict.VIOLATED), summary="It returned 400; expected 404."),
    )  # fmt: skip
    (found,) = changes("before", [], night(0, both), {}, ({}, {})).broken
    assert [(level, why) for level, _, _, why in found.violated] == [
        ("MUST", "It returned 400; expected 404."), ("SHOULD", ""),
    ]  # fmt: skip


def test_of_new_examples_the_most_broken_is_first() -> None:
    should = example("a", verdict("session.missing-400", Verdict.VIOLATED, level=Level.SHOULD))
    must = example("b", verdict("session.terminated-404", Verdict.VIOLATED))
    found = changes("before", [], night(0, should, must), {}, ({}, {}))
    assert [one.example for one in found.broken] == ["b", "a"]


def test_a_new_example_that_is_broken_is_not_among_the_harmless_ones() -> None:
    tonight = night(
        0, failing(), example("dead", DOES_NOT_RUN, status=Status.NOT_RUNNING, reason="it exits"), example("fine"),
        example("other", verdict("a", Verdict.VIOLATED, "2025-06-18")),
    )  # fmt: skip
    found = changes("before", [], tonight, {}, ({}, {}))
    assert [(one.example, one.status, one.violated) for one in found.broken] == [
        (failing().id, "judged", (("MUST", "session.terminated-404", "session.terminated-404@2025-11-25", ""),)),
        ("dead", "not-running", (("MUST", "example.runs", "example.runs@2025-11-25", ""),)),
    ]
    assert found.arrived == ("fine", "other"), "by the text of another revision nothing is broken"
    assert found.headline == "2 new examples broken."


def test_what_may_not_be_the_page_is_not_among_what_got_worse() -> None:
    unsure = verdict("example.runs", Verdict.INCONCLUSIVE)
    tonight = night(
        0, example("cut", status=Status.BLOCKED, reason="the registry did not answer"),
        example("guess", unsure, status=Status.NOT_RUNNING), example("late", unsure, status=Status.NOT_RUNNING),
        example("dead", DOES_NOT_RUN, status=Status.NOT_RUNNING),
    )  # fmt: skip
    found = changes("before", [], tonight, {"late": "judged", "dead": "judged"}, ({}, {}))
    assert [(one.example, one.before) for one in found.unchecked] == [("cut", ""), ("guess", ""), ("late", "judged")]
    assert [one.example for one in found.stopped] == ["dead"]
    assert (found.broken, found.status, found.arrived) == ((), (), ())
    assert found.headline == "Nothing was judged tonight: 1 example no longer running, 3 examples not checked."


def test_a_night_that_judged_nothing_says_so_first() -> None:
    assert changes("before", [], night(0), {}, ({}, {})).headline == "Nothing was judged tonight."
    assert changes(None, [], night(0), {}, ({}, {})).headline == "Nothing was judged tonight."
    stuck = night(0, example("stuck", status=Status.BLOCKED, reason="no engine"))
    assert changes("before", [], stuck, {"stuck": "blocked"}, ({}, {})).headline == "Nothing was judged tonight."


def test_a_headline_names_the_gravest_and_the_news_list_all() -> None:
    tonight = replace(rich_report(), examples=(failing(), example("fine")))
    flips = [view(flip()), view(flip(requirement="b", before=Verdict.VIOLATED, after=Verdict.SATISFIED))]
    found = changes("before", flips, tonight, {"fine": "judged", "old": "judged"}, ({}, {}))
    assert found.headline == "1 sentence of the specification drifted, 1 new example broken, and 3 more changes."
    assert [(one.words, one.anchor) for one in found.news] == [
        ("1 sentence of the specification drifted", "drift"),
        ("1 new example broken", "worse"),
        ("1 requirement newly violated", "worse"),
        ("1 requirement fixed", "better"),
        ("1 example no longer in the results", "gone"),
    ]


def test_flaky_verdicts_that_flip_alike_in_several_revisions_are_one() -> None:
    newer = Flaky("x", "a", "2025-11-25", flips=3, nights=9, last=7)
    found = flaky_groups([newer, replace(newer, revision="2025-06-18"), replace(newer, example="y", flips=1)])
    assert [(one.example, revisions) for one, revisions in found] == [
        ("x", ("2025-11-25", "2025-06-18")), ("y", ("2025-11-25",)),
    ]  # fmt: skip


def test_drift_stands_first_in_the_headline() -> None:
    tonight = replace(rich_report(), examples=(example("fine"),))
    found = changes("before", [view(flip())], tonight, {"fine": "judged"}, ({}, {}))
    assert found.headline.startswith(f"{len(tonight.drift)} sentence")
    assert found.headline.endswith("newly violated.")


def test_the_same_change_is_shown_once() -> None:
    views = [
        view(flip()),
        view(flip(revision="2025-06-18")),
        view(flip("y")),
        view(flip("z", causes=(FlipCause.PACKAGES,))),
    ]
    first, second = grouped(views)
    assert [(name, len(of_one)) for name, of_one in first.examples] == [("x", 2), ("y", 1)]
    assert (first.because, second.because) == ("", "packages changed")


def test_a_flip_links_to_its_case_only_if_it_is_there_tonight() -> None:
    assert view(flip()).href.endswith("#a@2025-11-25")
    assert view(flip("gone")).href == ""
