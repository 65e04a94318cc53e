"""What lookups and type checks decide, as values."""

from __future__ import annotations

from dataclasses import replace

from extractor.model import (
    Bundle,
    Dependency,
    Example,
    ExampleKind,
    ExampleStatus,
    ImportedName,
    Manager,
    Note,
    NoteKind,
    Origin,
    Segment,
    ShownImport,
    ShownImports,
    SourceFile,
    Span,
)
from harness.judge.example_rules import example_rules
from harness.judge.page_code import imports, types
from harness.model import (
    BoundRequirement,
    Lookup,
    ModuleAnswer,
    Recording,
    TypeCheck,
    TypeMessage,
    Verdict,
)

PACKAGES = {"pkg": "2.4.0", "other > pkg": "1.0.0"}
RULES = {rule.requirement.id: rule.requirement for rule in example_rules(())}


def bound(id: str) -> BoundRequirement:
    row = RULES[id]
    return BoundRequirement(row, "", row.levels[""], row.basis[""], None)


def bundle(*files: SourceFile) -> Bundle:
    return Bundle(
        example_id="page#x", language="typescript", kind=ExampleKind.OTHER, toolchain="node", files=files,
        manager=Manager.NPM, dependencies=(Dependency("pkg"),), command=("node", "x"),
    )  # fmt: skip


def fragment(*names: str) -> Example:
    lines = tuple(ImportedName(name, Span("page.md", 10 + n, 10 + n)) for n, name in enumerate(names))
    shown = ShownImport("pkg", "pkg", Span("page.md", 9, 9), lines)
    return Example(
        id="page#x", page="page.md", revision=None, language="typescript", kind=ExampleKind.OTHER,
        status=ExampleStatus.FRAGMENT, reason="lacks all", spans=(Span("page.md", 8, 20),), digest="d",
        imports=ShownImports((shown,), bundle()),
    )  # fmt: skip


def looked_up(answer: ModuleAnswer | None, date: str | None = None) -> Lookup:
    return Lookup(date, PACKAGES, {"pkg": answer} if answer else {})


def judged(example: Example, *lookups: Lookup) -> tuple[Verdict, str, list[int]]:
    finding = imports(example, Recording((), None, imports=lookups), bound("example.imports"))
    assert finding is not None
    assert not finding.gates
    return finding.verdict, finding.summary, [span.first for span in finding.blame]


def test_a_missing_name_is_the_line_that_has_it() -> None:
    verdict, summary, lines = judged(
        fragment("McpServer", "createMcpHandler"), looked_up(ModuleAnswer(True, ("createMcpHandler",)))
    )
    assert verdict is Verdict.VIOLATED
    assert "`createMcpHandler` is not exported by pkg 2.4.0" in summary
    assert lines == [11]


def test_a_similar_name_that_the_package_has_is_in_the_hint() -> None:
    near = {"createMcpHandler": ("createHandler", "other")}
    lookup = looked_up(ModuleAnswer(True, ("createMcpHandler",), near=near))
    finding = imports(fragment("createMcpHandler"), Recording((), None, imports=(lookup,)), bound("example.imports"))
    assert finding is not None
    assert finding.fix.endswith("Names like it today: `createHandler` of `pkg`.")
    plain = looked_up(ModuleAnswer(True, ("A",)))
    without = imports(fragment("A"), Recording((), None, imports=(plain,)), bound("example.imports"))
    assert without is not None
    assert "like it" not in without.fix


def test_the_version_of_a_library_for_several_platforms_is_that_of_its_part_for_the_jvm() -> None:
    lookup = replace(looked_up(ModuleAnswer(True, ("A",))), packages={"pkg-jvm": "0.16.0"})
    assert "`A` is not exported by pkg 0.16.0" in judged(fragment("A"), lookup)[1]


def test_a_module_that_is_not_there_quotes_its_package() -> None:
    verdict, summary, lines = judged(fragment("A"), looked_up(ModuleAnswer(False, (), "renamed to pkg/new")))
    assert verdict is Verdict.VIOLATED
    assert "renamed to pkg/new" in summary
    assert lines == [9]


def test_all_there() -> None:
    assert judged(fragment("A"), looked_up(ModuleAnswer(True)))[0] is Verdict.SATISFIED


def test_what_nobody_answered_decides_nothing() -> None:
    failed = Lookup(None, {}, {}, "no engine answers")
    for lookup in (looked_up(None), looked_up(ModuleAnswer(None, (), "TypeError")), failed):
        assert judged(fragment("A"), lookup)[0] is Verdict.INCONCLUSIVE


def test_the_packages_of_the_date_are_named() -> None:
    today = looked_up(ModuleAnswer(True, ("A",)))
    dated = replace(looked_up(ModuleAnswer(True), "2025-06-18"), packages={"pkg": "1.2.0"})
    assert "The packages of 2025-06-18 have it (pkg 1.2.0)" in judged(fragment("A"), today, dated)[1]
    still = looked_up(ModuleAnswer(True, ("A",)), "2025-06-18")
    assert "missing as well" in judged(fragment("A"), today, still)[1]


def program() -> Example:
    lines = "a\nb\nadded\n"
    file = SourceFile("src/s.ts", lines, (Segment(1, 2, Span("page.md", 31, 32)), Segment(3, 1, None)))
    return replace(fragment(), imports=None, status=ExampleStatus.RUNNABLE, bundle=bundle(file))


def checked(*messages: TypeMessage, failed: str | None = None) -> tuple[Verdict, str, list[int]]:
    recording = Recording((), None, types=TypeCheck(messages, "5.9.3", failed=failed))
    finding = types(program(), recording, bound("example.types"))
    assert finding is not None
    return finding.verdict, finding.summary, [span.first for span in finding.blame]


def test_a_type_error_is_at_the_line_of_the_page() -> None:
    verdict, summary, lines = checked(TypeMessage("src/s.ts", 2, "TS2345", "not assignable"))
    assert (verdict, lines) == (Verdict.VIOLATED, [32])
    assert "line 32: TS2345 not assignable" in summary


def test_errors_in_what_docprobe_added_are_not_the_pages() -> None:
    assert (
        checked(TypeMessage("src/s.ts", 3, "TS1", "x"), TypeMessage("elsewhere.ts", 1, "TS1", "x"))[0]
        is Verdict.SATISFIED
    )


def test_no_checker_no_verdict() -> None:
    assert checked(failed="was killed")[0] is Verdict.INCONCLUSIVE
    assert types(program(), Recording((), None), bound("example.types")) is None


def missing_module(module: str, *, stated: bool, notes: tuple[Note, ...] = ()) -> Verdict:
    """The verdict on a program of which an editor says that a module is missing."""
    example = program()
    assert example.bundle is not None
    origin = Origin.STATED if stated else Origin.INFERRED
    packages = replace(example.bundle, dependencies=(Dependency("pkg", origin=origin),), notes=notes)
    message = TypeMessage("src/s.ts", 1, "TS2307", f"Cannot find module '{module}' or its corresponding declarations.")
    recording = Recording((), None, types=TypeCheck((message,), "5.9.3"))
    finding = types(replace(example, bundle=packages), recording, bound("example.types"))
    assert finding is not None
    return finding.verdict


def test_a_package_of_types_that_docprobe_left_out_is_not_missing_on_the_page() -> None:
    assert missing_module("next/server", stated=False) is Verdict.SATISFIED
    route = Note(NoteKind.ADAPTER, Origin.INFERRED, "serve.ts")
    assert missing_module("next/server", stated=True, notes=(route,)) is Verdict.SATISFIED
    assert missing_module("next/server", stated=True) is Verdict.VIOLATED
    assert missing_module("./tools", stated=False) is Verdict.VIOLATED
