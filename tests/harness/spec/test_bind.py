"""Binding, and each kind of drift: the text changes, the binding says how."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from extractor.model import Level, Statement
from extractor.normative.fingerprint import normative_content
from harness.base.errors import UsageError
from harness.load import load_statements
from harness.model import MUST_LIKE, SHOULD_LIKE, Citation, DriftKind
from harness.profiles.registry import MCP
from harness.rule import Catalogue
from harness.settings import load_config
from harness.spec import bindings_file
from harness.spec.bind import Bound, bind, locate, with_accepted, with_old_sentences
from harness.spec.bindings_file import Binding, binding_at, load_bindings, to_toml

if TYPE_CHECKING:
    from collections.abc import Callable

    Spec = Callable[..., tuple[Statement, ...]]

SAMPLE = Path(__file__).parents[3] / "docs-snapshot" / "sample"
PAGE = "specification/2025-11-25/basic/transports.mdx"
ENDED = "it **MUST** answer every request that names that\n  session with status 404"
PLACES = (
    ("session.terminated-404", PAGE, 5),
    ("session.missing-400", PAGE, 7),
    ("session.id-charset", PAGE, 9),
    ("stream.no-broadcast", PAGE, 13),
    ("auth.invalid-401", "specification/2025-11-25/basic/authorization.mdx", 3),
)


def bindings_of(statements: tuple[Statement, ...]) -> tuple[Binding, ...]:
    return tuple(binding_at(MCP.catalogue.requirement(id), page, line, statements) for id, page, line in PLACES)


def rebound(spec: Spec, *replacements: tuple[str, str], **where: str) -> Bound:
    """Bind to the text as it was, then to the text with replacements."""
    bindings = bindings_of(spec())
    return bind(spec(*replacements, **where), bindings, MCP.catalogue.requirements)


def test_unchanged_text_binds_without_drift(spec: Spec) -> None:
    bound = rebound(spec)
    assert bound.drift == ()
    row = bound.requirements["session.terminated-404", "2025-11-25"]
    assert row.statement is not None
    assert (row.statement.span.first, row.statement.span.last) == (5, 6)
    assert row.level is Level.MUST
    assert bound.requirements_of(row.statement) == ("session.terminated-404",)
    assert {(s.level, s.line) for s in bound.unbound} == {(Level.MAY, 9), (Level.SHOULD, 13)}


def test_of_several_sentences_the_one_that_is_meant_is_quoted(spec: Spec) -> None:
    statements = spec()
    row = MCP.catalogue.requirement("session.terminated-404")
    bindings = tuple(binding_at(row, PAGE, line, statements) for line in (5, 9))
    found = bind(statements, bindings, (row,)).requirements[row.id, "2025-11-25"]
    assert found.statement is not None
    assert [other.span.first for other in found.others] == [9]
    for words, first in (("VISIBLE ascii", 9), ("status 404", 5), ("of another", 5), ("", 5)):
        said = found.sentence_with(words)
        assert said is not None
        assert said.span.first == first


def test_without_a_sentence_none_is_quoted(spec: Spec) -> None:
    found = bind(spec(), (), (MCP.catalogue.requirement("session.terminated-404"),))
    assert found.requirements["session.terminated-404", "2025-11-25"].sentence_with("status") is None


def test_every_row_of_the_catalogue_is_there_in_each_of_its_revisions(spec: Spec) -> None:
    bound = rebound(spec)
    assert set(bound.requirements) == {
        (row.id, revision) for row in MCP.catalogue.requirements for revision in row.levels
    }
    assert bound.requirements["session.isolation", "2025-11-25"].statement is None


@pytest.mark.parametrize(
    "replacement",
    [
        ("## Sessions\n", "## Sessions\n\nA new first paragraph.\n"),
        (ENDED, "it\n  MUST answer _every_ request that names that session\n  with `status 404`"),
        (ENDED, "it [**MUST** answer](/there) every request that names that Session with status 404"),
        ("visible ASCII characters only", "visible ascii\ncharacters only"),
        ("When a session ended:", "As soon as a session ended:"),
    ],
)
def test_form_and_surroundings_are_not_drift(spec: Spec, replacement: tuple[str, str]) -> None:
    assert rebound(spec, replacement).drift == ()


def test_changed_words(spec: Spec) -> None:
    bound = rebound(spec, (ENDED, "it **MUST** answer every request that names that session with status 410"))
    (drift,) = bound.drift
    assert (drift.requirement, drift.kind) == ("session.terminated-404", DriftKind.CHANGED)
    assert drift.nearest is not None
    assert "status 410" in drift.nearest.text
    assert 0.5 < drift.similarity < 1
    sentence = bound.requirements["session.terminated-404", "2025-11-25"].statement
    assert sentence is not None
    assert Citation.of(sentence) == drift.nearest


@pytest.mark.parametrize("level", ["**SHOULD**", "**MUST NOT**"])
def test_changed_level_is_not_quoted_for_the_old_level(spec: Spec, level: str) -> None:
    bound = rebound(spec, (ENDED, ENDED.replace("**MUST**", level)))
    (drift,) = bound.drift
    assert drift.kind is DriftKind.CHANGED
    assert drift.nearest is not None
    assert drift.nearest.keyword == level.strip("*")
    assert bound.requirements["session.terminated-404", "2025-11-25"].statement is None


def test_renamed_heading_is_moved(spec: Spec) -> None:
    bound = rebound(spec, ("## Sessions", "## How sessions end"))
    assert {drift.requirement for drift in bound.drift} == {
        "session.terminated-404",
        "session.missing-400",
        "session.id-charset",
    }
    for drift in bound.drift:
        assert drift.kind is DriftKind.MOVED
        assert drift.similarity == 1
        assert drift.nearest is not None
        assert drift.nearest.anchor == "how-sessions-end"
        sentence = bound.requirements[drift.requirement, "2025-11-25"].statement
        assert sentence is not None
        assert Citation.of(sentence) == drift.nearest


def test_renamed_page_is_moved(spec: Spec) -> None:
    bound = rebound(spec, transports="streamable.mdx")
    assert {drift.kind for drift in bound.drift} == {DriftKind.MOVED}
    assert len(bound.drift) == 4
    assert all(drift.nearest and drift.nearest.file.endswith("streamable.mdx") for drift in bound.drift)


def test_removed_sentence_vanished_although_others_are_alike(spec: Spec) -> None:
    bound = rebound(spec, ("The server **MUST NOT** send one and the same message on two streams. ", ""))
    (drift,) = bound.drift
    assert (drift.requirement, drift.kind) == ("stream.no-broadcast", DriftKind.VANISHED)
    assert drift.nearest is None or drift.similarity < 0.2
    assert bound.requirements["stream.no-broadcast", "2025-11-25"].statement is None


def test_lost_keyword_vanished(spec: Spec) -> None:
    bound = rebound(spec, ("**MUST** be made", "must be made"))
    assert {(drift.requirement, drift.kind) for drift in bound.drift} >= {("session.id-charset", DriftKind.CHANGED)}


def test_a_bound_sentence_is_not_a_candidate_for_another_binding(spec: Spec) -> None:
    """Two bindings, near-twins: when one goes, the other's sentence is not taken for it."""
    twin = ("carries none with status 400.", "carries none with status 400.\n- A server that needs a session id "
            "**SHOULD** turn away a request that carries none with status 401.")  # fmt: skip
    statements = spec(twin)
    first, second = (s for s in statements if "needs a session id" in s.text)
    assert first.level is second.level is Level.SHOULD
    bindings = (binding_at(MCP.catalogue.requirement("session.missing-400"), PAGE, first.line, statements),
                                 binding_at(MCP.catalogue.requirement("session.id-secure"), PAGE, second.line, statements))  # fmt: skip
    (drift,) = bind(spec(), bindings, MCP.catalogue.requirements).drift
    assert (drift.requirement, drift.kind) == ("session.id-secure", DriftKind.VANISHED)


def test_docs_without_the_revision_are_not_drift(spec: Spec) -> None:
    bindings = bindings_of(spec())
    others = tuple(s for s in spec(revision="2025-06-18") if s.revision == "2025-06-18")
    bound = bind(others, bindings, MCP.catalogue.requirements)
    assert bound.drift == ()
    assert bound.requirements["session.terminated-404", "2025-11-25"].statement is None


def test_the_same_words_in_another_revision_are_not_bound(spec: Spec) -> None:
    bindings = bindings_of(spec())
    statements = (*spec(), *spec(revision="2025-06-18"))
    bound = bind(statements, bindings, MCP.catalogue.requirements)
    assert all(row.statement is None for (_, revision), row in bound.requirements.items() if revision == "2025-06-18")


def test_toml_round_trip(spec: Spec, tmp_path: Path) -> None:
    bindings = bindings_of(spec())
    file = tmp_path / "bindings.toml"
    file.write_text(to_toml(bindings), encoding="utf-8")
    assert load_bindings(file, MCP.catalogue) == bindings


def test_no_bindings() -> None:
    assert load_bindings(None, MCP.catalogue) == ()


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('requirement = "session.missing-404"', "unknown requirement"),
        ('requirement = "session.missing-400"\nlevel = "MUST"', r":3: session\.missing-400 has level SHOULD"),
        ('requirement = "session.missing-400"\nrevision = "2024-11-05"', "does not exist in revision 2024-11-05"),
        ('requirement = "session.missing-400"\nlevle = "SHOULD"', "unknown key 'levle'"),
        ('requirement = "session.missing-400"\nnth = "one"', ":3: "),
        ("requirement = ", "Invalid"),
    ],
)
def test_wrong_bindings_are_named(tmp_path: Path, entry: str, message: str) -> None:
    fields = {"revision": '"2025-11-25"', "page": '"x"', "anchor": '"x"', "level": '"SHOULD"', "sha256": '"0"'}
    lines = [f"{key} = {value}" for key, value in fields.items() if f"{key} =" not in entry]
    file = tmp_path / "wrong.toml"
    file.write_text("\n".join(["[[binding]]", entry, *lines, "shingles = []"]), encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        load_bindings(file, MCP.catalogue)


def test_binding_at_a_place_without_the_level(spec: Spec) -> None:
    with pytest.raises(UsageError, match="no statement of the level") as error:
        binding_at(MCP.catalogue.requirement("session.terminated-404"), PAGE, 7, spec())
    assert error.value.hint == "statements at that line: SHOULD (line 7, revision 2025-11-25)"


def test_shipped_bindings_hold_no_sentence_and_fit_the_catalogue() -> None:
    entries = load_bindings(MCP.bindings, MCP.catalogue)
    assert len(entries) > 100
    assert len({(e.requirement, e.revision, e.page, e.level, e.sha256, e.nth) for e in entries}) == len(entries)
    bound = {(entry.requirement, entry.revision) for entry in entries}
    unbound_text = {
        (row.id, revision)
        for row in MCP.catalogue.requirements
        for revision, basis in row.basis.items()
        if basis == "text" and (row.id, revision) not in bound
    }
    assert unbound_text == set(), "a row of basis text needs its sentence"
    for entry in entries:
        assert isinstance(entry, Binding)
        level = MCP.catalogue.requirement(entry.requirement).levels[entry.revision]
        assert entry.level is level or {entry.level, level} in (MUST_LIKE, SHOULD_LIKE)
        assert len(entry.sha256) == 64
        assert all(len(shingle) == 12 for shingle in entry.shingles)
        assert len(entry.content) == 12


def test_the_digests_of_the_samples_bindings_are_those_of_its_sentences(tmp_path: Path) -> None:
    config = load_config(SAMPLE, environ={}, state=tmp_path, jobs=1)
    found = locate(load_bindings(config.bindings, config.catalogue), load_statements(config))
    assert [
        b.requirement for b, statement, _ in found if not statement or normative_content(statement.text) != b.content
    ] == []


def test_other_words_that_ask_for_the_same_are_reworded_and_judged(spec: Spec) -> None:
    bound = rebound(spec, (ENDED, ENDED.replace("names that", "names this")))
    (drift,) = bound.drift
    assert (drift.requirement, drift.kind) == ("session.terminated-404", DriftKind.REWORDED)
    assert drift.words.count("{+") == 1
    row = bound.requirements["session.terminated-404", "2025-11-25"]
    assert row.statement is not None
    assert row.doubt is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("status 404", "status 410"),
        ("**MUST** answer", "**MUST** not answer"),
        ("answer every", "ignore every"),
    ],
)
def test_a_sentence_that_changed_in_meaning_leaves_its_requirement_in_doubt(spec: Spec, old: str, new: str) -> None:
    bound = rebound(spec, (ENDED, ENDED.replace(old, new)))
    (drift,) = bound.drift
    assert drift.kind is DriftKind.CHANGED
    assert bound.requirements["session.terminated-404", "2025-11-25"].doubt == drift


def test_without_a_digest_of_its_content_every_change_of_a_sentence_counts(spec: Spec) -> None:
    bindings = tuple(replace(binding, content="") for binding in bindings_of(spec()))
    bound = bind(spec((ENDED, ENDED.replace("names that", "names this"))), bindings, MCP.catalogue.requirements)
    assert [drift.kind for drift in bound.drift] == [DriftKind.CHANGED]


def test_a_sentence_that_is_gone_leaves_doubt_unless_another_is_bound(spec: Spec) -> None:
    gone = ("The server **MUST NOT** send one and the same message on two streams. ", "")
    assert rebound(spec, gone).requirements["stream.no-broadcast", "2025-11-25"].doubt is not None
    twin = replace(bindings_of(spec())[3], page=PAGE, anchor="elsewhere", sha256="0" * 64, shingles=frozenset())
    bound = bind(spec(), (*bindings_of(spec()), twin), MCP.catalogue.requirements)
    assert [drift.kind for drift in bound.drift] == [DriftKind.VANISHED]
    assert bound.requirements["stream.no-broadcast", "2025-11-25"].doubt is None


def test_an_accepted_change_is_judged_again_and_no_other_change(spec: Spec) -> None:
    bound = rebound(spec, (ENDED, ENDED.replace("404", "410")))
    (drift,) = bound.drift
    row = "session.terminated-404", "2025-11-25"
    assert with_accepted(bound, {drift.identity}).requirements[row].doubt is None
    assert with_accepted(bound, {(*drift.identity[:3], "f" * 64)}).requirements[row].doubt == drift


def test_the_old_words_are_added_where_they_are_known(spec: Spec) -> None:
    bound = rebound(spec, (ENDED, ENDED.replace("404", "410")))
    assert "{+410" in bound.drift[0].words
    old = next(s for s in spec() if s.fingerprint == bound.drift[0].expected)
    told = with_old_sentences(bound, {old.fingerprint: old.text})
    assert told.drift[0].old == old.text
    assert "[-404.-] {+410.+}" in told.drift[0].words or "[-404-] {+410+}" in told.drift[0].words
    assert told.requirements["session.terminated-404", "2025-11-25"].doubt == told.drift[0]


def test_entries_are_kept_by_the_bytes_of_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "bindings.toml"
    file.write_bytes((SAMPLE / "bindings.toml").read_bytes())
    first = load_bindings(file, MCP.catalogue, tmp_path / "kept")
    monkeypatch.setattr(bindings_file, "read_toml", None)
    assert load_bindings(file, MCP.catalogue, tmp_path / "kept") == first
    file.write_bytes(file.read_bytes() + b"\n# edited\n")
    with pytest.raises(TypeError):
        load_bindings(file, MCP.catalogue, tmp_path / "kept")


def test_a_file_is_read_once_and_again_when_its_bytes_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "bindings.toml"
    file.write_bytes((SAMPLE / "bindings.toml").read_bytes())
    first = load_bindings(file, MCP.catalogue)
    with monkeypatch.context() as patched:
        patched.setattr(bindings_file, "read_toml", None)
        assert load_bindings(file, MCP.catalogue) == first
    file.write_text(to_toml(first[1:]))
    assert load_bindings(file, MCP.catalogue) == first[1:]


def test_kept_entries_that_contradict_the_catalogue_are_refused_like_others(tmp_path: Path) -> None:
    file = tmp_path / "bindings.toml"
    file.write_bytes((SAMPLE / "bindings.toml").read_bytes())
    (first, *_) = load_bindings(file, MCP.catalogue, tmp_path / "kept")
    rule = MCP.catalogue.rule(first.requirement)
    row = replace(rule.requirement, levels=dict.fromkeys(rule.requirement.levels, Level.MAY))
    rules = [replace(rule, requirement=row) if other is rule else other for other in MCP.catalogue.rules]
    with pytest.raises(UsageError, match=f"{first.requirement} has level MAY"):
        load_bindings(file, Catalogue(tuple(rules)), tmp_path / "kept")
