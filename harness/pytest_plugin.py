"""``pytest --docprobe DOCS``: one item for each example and requirement.

An item's id is ``page::example::requirement``, so ``-k``, ``--lf`` and a click on a file name work. A blocking
violation fails and another one warns; what could not be checked is an error; what does not apply is skipped with its
reason; what the baseline lists is an expected failure. With ``-n`` an example stays on one worker: one pod each.

``docprobe_pytest`` has the options, and imports this module where they are given.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from harness.model import ExampleResult, Finding, Report
    from harness.pytest_run import ItemSource, Planned

SOURCE: pytest.StashKey[ItemSource] = pytest.StashKey()
"""Where items come from; a test of the plugin puts its own here."""


class DocprobeWarning(UserWarning):
    """A violation that is not blocking."""


def pytest_configure(config: pytest.Config) -> None:
    """Collect the docs root; keep an example's items together where they are distributed."""
    root = docs_root(config)
    if root is None:
        return
    if not root.is_dir():
        raise pytest.UsageError(f"--docprobe {root} is not a folder")
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = [str(root)]
    elif not any(Path(arg.split("::")[0]).resolve().is_relative_to(root) for arg in config.args):
        config.args.append(str(root))
    if getattr(config.option, "dist", "no") == "load":
        # -n alone deals items out one by one; the scope of an item is its example
        config.option.dist = "loadscope"


def docs_root(config: pytest.Config) -> Path | None:
    """Return the docs root; None if the plugin is not used."""
    given = config.getoption("docprobe", None)
    return Path(config.invocation_params.dir, given).resolve() if given else None


def source(config: pytest.Config) -> ItemSource:
    """Return where items come from; made at the first collection, so not in a process that only distributes items."""
    if SOURCE not in config.stash:
        from harness.base.errors import DocprobeError
        from harness.pytest_run import PlannedRun
        from harness.run.connect import open_engine

        root = docs_root(config)
        assert root is not None
        try:
            config.stash[SOURCE] = PlannedRun(root, config.getoption("docprobe_select"), open_engine)
        except DocprobeError as error:
            hint = f"\nhint: {error.hint}" if error.hint else ""
            raise pytest.Collector.CollectError(f"error: {error.message}{hint}") from error
    return config.stash[SOURCE]


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take over the docs root; everything below it is collected from the plan, not from the disk."""
    return DocsFolder.from_parent(parent, path=path) if path == docs_root(parent.config) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report a skip at the example's line of the page, not at a line of this file."""
    report = yield
    if isinstance(item, RequirementItem) and isinstance(report.longrepr, tuple):
        path, line, _ = item.reportinfo()
        report.longrepr = (str(path), line + 1, report.longrepr[2])
    return report


class DocsFolder(pytest.Directory):
    """A folder of the docs with examples somewhere below."""

    def collect(self) -> Iterator[pytest.Collector]:
        """Yield its folders and pages that have examples, in order of name."""
        root = docs_root(self.config)
        assert root is not None
        here = PurePosixPath(self.path.relative_to(root).as_posix())
        pages = [PurePosixPath(planned.page) for planned in source(self.config).examples()]
        below = {page.relative_to(here).parts for page in pages if page.is_relative_to(here)}
        for name, is_page in sorted({(parts[0], len(parts) == 1) for parts in below}):
            kind = PageNode if is_page else DocsFolder
            yield kind.from_parent(self, path=self.path / name)


class PageNode(pytest.File):
    """A page of the docs."""

    def collect(self) -> Iterator[pytest.Collector]:
        """Yield its examples."""
        root = docs_root(self.config)
        assert root is not None
        page = self.path.relative_to(root).as_posix()
        for planned in source(self.config).examples():
            if planned.page == page:
                name = planned.id.rpartition("#")[2] or planned.id
                yield ExampleNode.from_parent(self, name=name, planned=planned)


class ExampleNode(pytest.Collector):
    """One example; run once, when its first item is set up."""

    def __init__(self, *, planned: Planned, **more: Any) -> None:
        super().__init__(**more)
        self.planned = planned
        self._report: Report | None = None

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each requirement that it will be judged by."""
        for requirement in self.planned.requirements:
            yield RequirementItem.from_parent(self, name=requirement)

    def report(self) -> Report:
        """Return the report on this example; it is run at the first call."""
        if self._report is None:
            self._report = source(self.config).judge(self.planned.id)
        return self._report


class RequirementItem(pytest.Item):
    """One example judged by one requirement of its page's revision."""

    parent: ExampleNode

    def setup(self) -> None:
        """Run the example. What cannot run is skipped; what docprobe could not check is an error."""
        if self.parent.planned.reason is not None:
            pytest.skip(self.parent.planned.reason)
        from extractor.base.text import visible

        example = self._example()
        if example.status.value == "blocked":
            pytest.fail(f"not checked: {visible(example.reason or 'no reason given')}", pytrace=False)

    def runtest(self) -> None:
        """Pass, warn, skip or fail by what was found."""
        from extractor.base.text import one_line
        from harness.results.severity import ReportIndex, Severity

        example, report, finding = self._example(), self.parent.report(), self._finding()
        self._refuse_stale_entry(report)
        if finding is None:
            pytest.skip(one_line(self._why_not_judged(example)))
        summary = one_line(finding.summary)
        match ReportIndex.of(report).severity(finding, example):
            case Severity.BLOCKING:
                pytest.fail(self._text(finding), pytrace=False)
            case Severity.NOT_CHECKED:
                pytest.fail(f"not checked: {summary}", pytrace=False)
            case Severity.KNOWN:
                pytest.xfail(f"known finding, listed in the baseline: {summary}")
            case Severity.WARNING | Severity.UNCHANGED:
                self._warn(f"{finding.level.value} {self.name}: {summary}", finding)
            case Severity.ADVISORY:
                # shown with -rP
                self.add_report_section("call", "docprobe", f"{finding.basis.value}: {summary}")
            case Severity.NOT_APPLICABLE | Severity.INCONCLUSIVE as severity:
                pytest.skip(f"{severity.value}: {summary}")
            case Severity.SATISFIED:
                return

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the page, the first line of the example (0-based) and what is judged."""
        return self.path, self.parent.planned.line - 1, f"{self.parent.name} {self.name}"

    def _example(self) -> ExampleResult:
        return self.parent.report().examples[0]

    def _finding(self) -> Finding | None:
        from harness.results.severity import is_own

        example = self._example()
        return next((f for f in example.findings if f.requirement == self.name and is_own(f, example)), None)

    def _refuse_stale_entry(self, report: Report) -> None:
        from extractor.base.text import one_line
        from harness.report.wording import baseline_sentence

        for note in report.baseline:
            if note.gates and (note.example, note.requirement) == (self.parent.planned.id, self.name):
                pytest.fail(f"baseline: {one_line(baseline_sentence(note))}", pytrace=False)

    def _warn(self, text: str, finding: Finding) -> None:
        try:
            self.warn(DocprobeWarning(text))
        except DocprobeWarning:
            # warnings are errors for this user: it fails like a blocking finding
            pytest.fail(self._text(finding), pytrace=False)

    def _why_not_judged(self, example: ExampleResult) -> str:
        if example.status.value == "not-running":
            return "the example does not run: see example.runs"
        negotiated = ", ".join(example.negotiated) or "no revision"
        return f"not judged by {example.revision or 'any revision'}: the example negotiates {negotiated}"

    def _text(self, finding: Finding) -> str:
        from harness.report.terminal.details import finding_block
        from harness.report.terminal.look import Look, draw
        from harness.report.views import ReportView

        view = ReportView.of(self.parent.report()).finding(finding, self._example())
        look = Look(max(self.config.get_terminal_writer().fullwidth, 80))
        return dedent(draw(finding_block(view, look), look)).strip("\n")
