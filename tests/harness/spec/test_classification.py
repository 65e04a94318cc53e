"""How each statement stands, the worklist, and the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.base.errors import UsageError
from harness.profiles.registry import MCP
from harness.spec import classification
from harness.spec.bind import Bound, bind
from harness.spec.bindings_file import binding_at
from harness.spec.classification import (
    BindingStatus,
    Classes,
    HalfJudged,
    PageClass,
    StatementClass,
    classify,
    coverage,
    load_classes,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from extractor.model import Statement

    Spec = Callable[..., tuple[Statement, ...]]

PAGE = "specification/2025-11-25/basic/transports.mdx"


def bound_to_one(statements: tuple[Statement, ...]) -> Bound:
    bindings = (binding_at(MCP.catalogue.requirement("session.terminated-404"), PAGE, 5, statements),)
    return bind(statements, bindings, MCP.catalogue.requirements)


def digits(statements: tuple[Statement, ...], words: str) -> str:
    return next(statement.fingerprint[:12] for statement in statements if words in statement.text)


def test_binding_beats_class_beats_rule_and_the_rest_is_open(spec: Spec) -> None:
    statements = spec()
    classed = StatementClass(
        BindingStatus.OUT_OF_SCOPE,
        "why",
        (digits(statements, "names that session"), digits(statements, "needs a session id")),
        observable=True,
    )
    classes = Classes(
        classed=dict.fromkeys(classed.statements, classed),
        rules=(PageClass(("specification/*/basic/auth*",), BindingStatus.CLIENT, "all of it"),),
    )
    entries = classify(statements, bound_to_one(statements), classes)
    shown = {(entry.statement.line, entry.standing, entry.reason) for entry in entries}
    assert (5, BindingStatus.BOUND, None) in shown
    assert (7, BindingStatus.OUT_OF_SCOPE, "why") in shown
    assert (3, BindingStatus.CLIENT, "all of it") in shown
    assert (9, BindingStatus.OPEN, None) in shown
    assert len(entries) == len(statements)


def test_figures_per_revision(spec: Spec) -> None:
    statements = spec()
    classed = StatementClass(BindingStatus.CLIENT, "why", (digits(statements, "needs a session id"),))
    classes = Classes({classed.statements[0]: classed})
    (figures,) = coverage(classify(statements, bound_to_one(statements), classes), ("2025-06-18", "2025-11-25"))
    assert figures.revision == "2025-11-25"
    assert (figures.bound, figures.all, figures.open) == (1, 7, 5)
    # bound and open count as observable, a class only if it says so
    assert figures.observable == 6


def test_a_check_decides_another_sentence_only_in_the_revisions_that_it_judges(spec: Spec) -> None:
    statements = spec()

    def standing(through: str) -> tuple[BindingStatus, str | None]:
        digit = digits(statements, "needs a session id")
        classed = StatementClass(BindingStatus.OUT_OF_SCOPE, "why", (digit,), observable=True, through=through)
        entries = classify(statements, bound_to_one(statements), Classes({digit: classed}))
        entry = next(entry for entry in entries if entry.statement.fingerprint.startswith(digit))
        return entry.standing, entry.reason

    assert standing("session.missing-400") == (BindingStatus.OUT_OF_SCOPE, "why")
    assert standing("result.type") == (BindingStatus.OPEN, "result.type does not judge 2025-11-25")


def test_a_new_or_reworded_sentence_is_open(spec: Spec) -> None:
    statements = spec()
    classed = StatementClass(BindingStatus.CLIENT, "why", tuple(s.fingerprint[:12] for s in statements))
    classes = Classes(dict.fromkeys(classed.statements, classed))
    assert all(
        entry.standing is not BindingStatus.OPEN for entry in classify(statements, bound_to_one(statements), classes)
    )
    later = spec(("**SHOULD** end soon.", "**SHOULD** end at once. A server **MUST** rest."))
    opened = [e.statement.line for e in classify(later, bind(later, (), MCP.catalogue.requirements), classes)
              if e.standing is BindingStatus.OPEN]  # fmt: skip
    assert opened == [13, 13]


def test_classes_of_a_file_lie_beside_it(tmp_path: Path) -> None:
    bindings = tmp_path / "bindings.toml"
    assert load_classes(bindings) == Classes()
    (tmp_path / "bindings.classes.toml").write_text(
        '[[rule]]\npages = ["a/**"]\nstanding = "client"\nreason = "r"\n'
        '[[classed]]\nstanding = "not-observable"\nreason = "s"\nstatements = ["0123456789ab"]\n',
        encoding="utf-8",
    )
    classes = load_classes(bindings)
    assert classes.rules[0].standing is BindingStatus.CLIENT
    assert classes.classed["0123456789ab"].standing is BindingStatus.NOT_OBSERVABLE
    assert load_classes(None) == Classes()


def test_kept_classes_are_those_of_the_file_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, kept = tmp_path / "b.classes.toml", tmp_path / "kept"
    text = '[[classed]]\nstanding = "client"\nreason = "one"\nstatements = ["0123456789ab"]\nrevisions = ["r"]\n'
    file.write_text(text, encoding="utf-8")
    first = load_classes(tmp_path / "b.toml", kept)
    with monkeypatch.context() as patched:
        patched.setattr(classification, "read_toml", None)
        assert load_classes(tmp_path / "b.toml", kept) == first
    file.write_text(text.replace("one", "two"), encoding="utf-8")
    assert load_classes(tmp_path / "b.toml", kept).narrow["0123456789ab", "r"].reason == "two"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[classed]]\nstanding = "bogus"\nreason = "r"\nstatements = []', "number 1"),
        ('[[classed]]\nstanding = "client"\nstatements = []', "reason"),
        ('[[rule]]\npage = ["x"]\nstanding = "client"\nreason = "r"', "unknown key 'page'"),
    ],
)
def test_wrong_classes_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "b.classes.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        load_classes(tmp_path / "b.toml")


def test_shipped_classes_give_reasons_and_none_is_bound() -> None:
    classes = load_classes(MCP.bindings)
    assert len(classes.classed) > 500
    for entry in (*classes.classed.values(), *classes.rules):
        assert entry.standing is not BindingStatus.BOUND
        assert entry.reason.endswith(".")
    assert all(len(digits) == 12 for digits in classes.classed)
    through = {entry.through for entry in classes.classed.values()} - {None}
    assert through
    assert through <= set(MCP.catalogue.ids)
    assert not any("/server/" in page or "/patterns/" in page for rule in classes.rules for page in rule.pages)


def test_an_entry_of_one_revision_comes_before_one_of_all(spec: Spec) -> None:
    statements = spec()
    named = (digits(statements, "needs a session id"),)
    one = StatementClass(BindingStatus.OUT_OF_SCOPE, "not asked", named, revisions=("2025-11-25",))
    rest = StatementClass(BindingStatus.CLIENT, "binds the client", named)
    nothing = bind(statements, (), MCP.catalogue.requirements)
    for narrow, expected in (({(named[0], "2025-11-25"): one}, "not asked"), ({(named[0], "draft"): one}, rest.reason)):
        entries = classify(statements, nothing, Classes({named[0]: rest}, narrow=narrow))
        assert {entry.reason for entry in entries if entry.statement.fingerprint.startswith(named[0])} == {expected}


def test_what_is_half_judged_is_counted_apart(spec: Spec) -> None:
    statements = spec()
    named = (digits(statements, "needs a session id"),)
    half = StatementClass(BindingStatus.OUT_OF_SCOPE, "in part", named, observable=True, half=True)
    bound = bound_to_one(statements)
    (figures,) = coverage(classify(statements, bound, Classes({named[0]: half})), ("2025-11-25",))
    assert (figures.bound, figures.half, figures.through, figures.classed, figures.open) == (1, 1, 0, 0, 5)
    own = digits(statements, "names that session")
    entries = classify(statements, bound, Classes(half={own: HalfJudged("in part", (own,))}))
    assert [(e.half, e.reason) for e in entries if e.requirements] == [(True, "in part")]
