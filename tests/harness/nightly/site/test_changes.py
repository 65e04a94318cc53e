from __future__ import annotations

from harness.model import Verdict
from harness.nightly.history.queries import Cause, Flip
from harness.nightly.site.changes import FlipView, changes, flip_view, grouped


def flip(example: str = "x", before: Verdict = Verdict.SATISFIED, after: Verdict = Verdict.VIOLATED, **more: object) -> Flip:
    values: dict[str, object] = {"requirement": "a", "revision": "2025-11-25", "night": 2, "since": 1, "causes": ()}
    return Flip(example=example, before=before, after=after, **(values | more))  # type: ignore[arg-type]


def view(one: Flip) -> FlipView:
    return flip_view(one, {2: "2026-11-22T03:00:00Z"}, {("x", "a", "2025-11-25")})


def test_changes_are_worse_better_or_other() -> None:
    flips = [view(flip()), view(flip(requirement="b", before=Verdict.VIOLATED, after=Verdict.SATISFIED)),
             view(flip(requirement="c", before=Verdict.SATISFIED, after=Verdict.INCONCLUSIVE))]  # fmt: skip
    found = changes("before", flips, ({}, {}), ({}, {}))
    assert [group.requirement for group in (*found.worse, *found.better, *found.other)] == ["a", "b", "c"]
    assert found.headline == "1 requirement newly violated, 1 violation fixed: 1 example affected."


def test_the_first_night_has_nothing_to_compare_with() -> None:
    assert changes(None, [view(flip())], ({}, {"x": "judged"}), ({}, {})).worse == ()


def test_changes_of_status_and_packages() -> None:
    found = changes(
        "before", [], ({"x": "judged", "gone": "judged"}, {"x": "blocked", "new": "judged"}),
        ({"x": {"sdk": "1", "same": "1"}, "y": {"sdk": "1"}, "z": {}},
         {"x": {"sdk": "2", "same": "1"}, "y": {"sdk": "2"}, "z": {"sdk": "2"}}),
    )  # fmt: skip
    assert found.status == (("x", "judged", "blocked"),)
    assert found.arrived == ("new",)
    assert [(s.name, s.before, s.after, s.examples) for s in found.packages] == [("sdk", "1", "2", 2)]
    assert found.headline == "1 example changed status: no verdict affected."


def test_the_same_change_is_shown_once() -> None:
    views = [
        view(flip()),
        view(flip(revision="2025-06-18")),
        view(flip("y")),
        view(flip("z", causes=(Cause.PACKAGES,))),
    ]
    first, second = grouped(views)
    assert [(name, len(of_one)) for name, of_one in first.examples] == [("x", 2), ("y", 1)]
    assert (first.because, second.because) == ("", "packages changed")


def test_a_flip_links_to_its_case_only_if_it_is_there_tonight() -> None:
    assert view(flip()).href.endswith("#a@2025-11-25")
    assert view(flip("gone")).href == ""
