"""What became of statements between two states of the docs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.model import Layout
from harness.cli.snapshot import to_json, to_text
from harness.spec.diff import ChangeKind, StatementChange, diff_statements

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from extractor.model import Statement

    Spec = Callable[..., tuple[Statement, ...]]

ENDED = "it **MUST** answer every request that names that\n  session with status 404"


def diff(spec: Spec, *replacements: tuple[str, str], **where: str) -> tuple[StatementChange, ...]:
    return diff_statements(spec(), spec(*replacements, **where))


def test_nothing_changed(spec: Spec) -> None:
    assert diff(spec, ("## Sessions\n", "## Sessions\n\nNew prose.\n"), (ENDED, ENDED.replace("**", "_"))) == ()


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("**SHOULD** turn", "**MUST** turn", ChangeKind.STRENGTHENED),
        ("**SHOULD** turn", "**MAY** turn", ChangeKind.WEAKENED),
        ("**SHOULD** turn", "**SHOULD NOT** turn", ChangeKind.REVERSED),
        ("**SHOULD** turn", "**MUST NOT** turn", ChangeKind.REVERSED),
        ("clients **MAY** log", "clients **MUST NOT** log", ChangeKind.STRENGTHENED),
        ("**MUST NOT** send", "**MAY** send", ChangeKind.WEAKENED),
        ("carries none with status 400", "carries none with status 401", ChangeKind.REWORDED),
        ("Streams **SHOULD** end soon.", "", ChangeKind.REMOVED),
        ("**SHOULD** end soon.", "**SHOULD** end soon. Whales **MUST** sing loudly at night.", ChangeKind.ADDED),
    ],
)
def test_one_change_of_each_kind(spec: Spec, old: str, new: str, kind: ChangeKind) -> None:
    (change,) = diff(spec, (old, new))
    assert change.kind is kind
    assert (change.old is None) == (kind is ChangeKind.ADDED)
    assert (change.new is None) == (kind is ChangeKind.REMOVED)


def test_a_changed_keyword_alone_is_full_likeness(spec: Spec) -> None:
    (change,) = diff(spec, ("**SHOULD** turn", "**MUST** turn"))
    assert change.similarity == 1


def test_statements_of_one_requirement_are_a_pair_however_they_differ(spec: Spec) -> None:
    gone = "The server **MUST NOT** send one and the same message on two streams."
    come = "Two streams **MUST NOT** carry what is equal."
    alone = diff(spec, (gone, come))
    assert [change.kind for change in alone] == [ChangeKind.ADDED, ChangeKind.REMOVED]
    bound = diff_statements(
        spec(), spec((gone, come)), requirements_of=lambda s: ["stream.no-broadcast"] if s.level == "MUST NOT" else []
    )
    assert [(change.kind, change.requirements) for change in bound] == [(ChangeKind.REWORDED, ("stream.no-broadcast",))]


def test_renamed_section_moves_its_statements(spec: Spec) -> None:
    found = diff(spec, ("## Streams", "## Flows"))
    assert [change.kind for change in found] == [ChangeKind.MOVED, ChangeKind.MOVED]
    assert {change.new.anchor for change in found if change.new} == {"flows"}


def test_a_sentence_of_two_keywords_is_reported_once(spec: Spec) -> None:
    old = spec()
    ids = {("MUST", 9): "session.id-charset", ("MAY", 9): "session.may-assign"}
    found = diff_statements(
        old,
        spec(("clients **MAY** log it", "clients **SHOULD** log it")),
        requirements_of=lambda s: filter(None, [ids.get((s.level, s.line))]),
    )
    (change,) = found
    assert change.kind is ChangeKind.STRENGTHENED
    assert set(change.requirements) == {"session.may-assign", "session.id-charset"}


def test_two_revisions_by_page(spec: Spec) -> None:
    old = tuple(s for s in spec(revision="2025-06-18") if s.revision == "2025-06-18")
    both = spec(("**SHOULD** turn", "**MUST** turn"))
    new = tuple(s for s in both if s.revision == "2025-11-25")
    page_of = lambda s: s.page.replace(f"/{s.revision}/", "/")  # noqa: E731
    (change,) = diff_statements(
        old, new, page_of=page_of, requirements_of=lambda s: ("session.missing-400",) * (s.line == 7)
    )
    assert change.kind is ChangeKind.STRENGTHENED
    assert change.requirements == ("session.missing-400",)


def test_gravest_first(spec: Spec) -> None:
    found = diff(
        spec,
        ("## Streams", "## Flows"),
        ("**SHOULD** turn", "**MUST** turn"),
        ("visible ASCII characters only", "visible ASCII only"),
        ("A server that needs", "Each server that needs"),
    )
    kinds = [change.kind for change in found]
    assert kinds == sorted(kinds, key=list(ChangeKind).index)
    assert kinds[0] is ChangeKind.STRENGTHENED


def test_text_for_a_reviewer(spec: Spec) -> None:
    found = diff_statements(
        spec(),
        spec(("**SHOULD** turn", "**MUST** turn"), ("Streams **SHOULD** end soon.", "")),
        requirements_of=lambda s: ("session.missing-400",) if s.line == 7 else (),
    )
    page = "specification/2025-11-25/basic/transports.mdx"
    assert to_text(found, "old", "new") == (
        "old -> new: 1 strengthened, 1 removed\n"
        "requirements affected: session.missing-400\n"
        "\n"
        "STRENGTHENED (1)\n"
        f"  SHOULD -> MUST  {page}:7 -> {page}:7  [session.missing-400]\n"
        "      A server that needs a session id [-SHOULD-] {+MUST+} turn away a request that carries none with status "
        "400.\n"
        "\n"
        "REMOVED (1)\n"
        f"  SHOULD  {page}:13\n"
        "      Streams SHOULD end soon.\n"
    )


def test_uses_of_one_removed_sentence_are_reported_once(spec: Spec) -> None:
    lost = "The id of a session **MUST** be made of visible ASCII characters only, and clients **MAY** log it.\n"
    text = to_text(diff(spec, (lost, "")), "old", "new")
    assert "2 removed" in text
    assert "  MUST and MAY  " in text
    assert text.count("visible ASCII") == 1


def test_json_has_the_same(spec: Spec) -> None:
    import json

    document = json.loads(to_json(diff(spec, ("**SHOULD** turn", "**MUST** turn")), "old", "new"))
    assert document["schema"] == "docprobe-changes/1"
    assert document["summary"] == {"strengthened": 1}
    (change,) = document["changes"]
    assert (change["old"]["level"], change["new"]["level"]) == ("SHOULD", "MUST")


def test_no_changes_is_an_answer_too(spec: Spec) -> None:
    assert to_text((), "a", "b") == "a -> b: no changes\nrequirements affected: none\n"


SENTENCES = (
    "The keeper of a parcel **SHOULD** tell its owner where the parcel lies within one day.",
    "Whoever opens a parcel **MUST** note the hour of its opening in the book of the house.",
)
REWORKED = (
    "The keeper of it **MUST** tell the owner where a parcel lies within one day.",
    "Anyone who opens a parcel **MUST** write the hour into the book of the house.",
)


def written(root: Path, pages: dict[str, tuple[str, ...]]) -> tuple[Statement, ...]:
    for name, sentences in pages.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("# Page\n\n" + "\n\n".join(sentences) + "\n", encoding="utf-8")
    return extract(root, Layout(specification=("**",)), jobs=1).statements


@pytest.mark.parametrize(
    ("before", "after", "followed"),
    [
        ("basic/parcels.md", ("basic/parcels/keeping.md", "basic/parcels/opening.md"), True),
        ("utilities/parcels.md", ("patterns/parcels.md", "patterns/parcels.md"), True),
        ("utilities/parcels.md", ("letters.md", "stamps.md"), False),
    ],
    ids=["split", "renamed", "another page"],
)
def test_reworked_sentences_are_followed_to_pages_that_theirs_became(
    tmp_path: Path, before: str, after: tuple[str, str], followed: bool
) -> None:
    pages: dict[str, tuple[str, ...]] = {}
    for name, sentence in zip(after, REWORKED, strict=True):
        pages[name] = (*pages.get(name, ()), sentence)
    changes = diff_statements(written(tmp_path / "old", {before: SENTENCES}), written(tmp_path / "new", pages))
    kinds = (
        [ChangeKind.STRENGTHENED, ChangeKind.REWORDED]
        if followed
        else [ChangeKind.ADDED] * 2 + [ChangeKind.REMOVED] * 2
    )
    assert [change.kind for change in changes] == kinds


def test_a_page_that_took_a_sentence_over_is_searched_for_the_others(tmp_path: Path) -> None:
    kept = "Parcels of glass **MUST NOT** be thrown."
    old = written(tmp_path / "old", {"a.md": (*SENTENCES, kept)})
    changes = diff_statements(old, written(tmp_path / "new", {"b.md": (*REWORKED, kept)}))
    assert [change.kind for change in changes] == [ChangeKind.STRENGTHENED, ChangeKind.REWORDED, ChangeKind.MOVED]
