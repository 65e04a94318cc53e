from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from extractor.model import Level
from harness.base.errors import UsageError
from harness.base.host import HostEnvironment
from harness.model import Drift, DriftKind, ExampleResult, Report, Status, Verdict
from harness.nightly.history.record import add
from harness.nightly.history.schema import memory
from harness.nightly.history.stored import FLIPS_STORED
from harness.nightly.site import write_site
from harness.nightly.site.assets import Assets, load
from harness.nightly.site.content import FLIPS_SHOWN, NAVIGATION
from harness.nightly.site.write import MARKER
from harness.report.html import render
from harness.report.html.naming import case_file
from harness.results.counts import count
from tests.harness.nightly.history.nights import example, failing, night, passing, verdict
from tests.support.hostile_report import hostile_report
from tests.support.report_pieces import statement
from tests.support.reports import quiet_report, rich_report

if TYPE_CHECKING:
    from pathlib import Path

NONE = load(None, HostEnvironment())


def site(out: Path, *reports: Report, assets: Assets = NONE) -> Path:
    with closing(memory()) as history:
        for report in reports:
            add(report, history)
        write_site(reports[-1], history, out, assets=assets)
    return out


def hostile() -> Report:
    """Hostile text in everything; its two tutorials, which the shared fixture gives one id, are kept apart."""
    report = hostile_report()
    return replace(report, examples=tuple(replace(e, id=f"{e.id}{n}") for n, e in enumerate(report.examples)))


class Page(HTMLParser):
    """What a page links to, what can be linked to, and what it would run or fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.handlers: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name == "href" and value:
                (self.loaded if tag == "link" else self.links).append(value)
            if name in {"src", "srcset", "data", "poster"} and value:
                self.loaded.append(value)
            if name.startswith("on") or name in {"style", "srcdoc", "action"}:
                self.handlers.append(name)


def pages(folder: Path) -> dict[str, Page]:
    return {
        path.relative_to(folder).as_posix(): Page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")
    }


@pytest.mark.parametrize("report", [rich_report(), hostile(), quiet_report()], ids=["rich", "hostile", "quiet"])
def test_every_link_of_the_site_leads_somewhere(report: Report, tmp_path: Path) -> None:
    folder = site(tmp_path / "site", replace(report, started="2026-11-21T03:00:00Z"), report)
    found = pages(folder)
    for name, page in found.items():
        assert len(page.ids) == len(set(page.ids)), name
        for link in page.links:
            path, _, anchor = link.partition("#")
            target = (folder / name).parent.joinpath(path).resolve() if path else folder / name
            assert target.is_file(), f"{name}: {link}"
            if anchor:
                assert anchor in found[target.relative_to(folder.resolve()).as_posix()].ids, f"{name}: {link}"


@pytest.mark.parametrize("report", [rich_report(), hostile()], ids=["rich", "hostile"])
def test_pages_load_nothing_from_outside_and_run_nothing_inline(report: Report, tmp_path: Path) -> None:
    for name, page in pages(site(tmp_path / "site", report)).items():
        assert page.handlers == [], name
        assert not [url for url in page.loaded if ":" in url or url.startswith("//")], name
        assert page.tags.count("script") == 1 + (name == "trends.html" and "uplot" in str(page.loaded)), name
        assert not {"iframe", "object", "embed", "img", "base", "form"} & set(page.tags) - {"form"}, name


def test_every_page_has_a_strict_policy(tmp_path: Path) -> None:
    for path in site(tmp_path / "site", rich_report()).rglob("*.html"):
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', path.read_text(encoding="utf-8"))
        assert policy is not None
        assert "default-src &#x27;none&#x27;" in policy[1]
        script = policy[1].split("script-src")[1].split(";")[0]
        assert "unsafe" not in script
        assert "http" not in policy[1]


def test_the_site_has_a_page_for_each_example_that_ran(tmp_path: Path) -> None:
    report = rich_report()
    folder = site(tmp_path / "site", report)
    cases = {f"cases/{path.name}" for path in (folder / "cases").iterdir()}
    assert cases == {case_file(e.id) for e in report.examples if e.status in {Status.JUDGED, Status.NOT_RUNNING}}
    assert {name for _, name in NAVIGATION} | {MARKER} <= {p.name for p in folder.iterdir()}


def test_building_again_replaces_the_site(tmp_path: Path) -> None:
    site(tmp_path / "site", rich_report())
    site(tmp_path / "site", quiet_report())
    assert len(list((tmp_path / "site" / "cases").iterdir())) == 1


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not a docprobe site"):
        site(tmp_path, rich_report())
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_the_overview_begins_with_what_changed(tmp_path: Path) -> None:
    text = (site(tmp_path / "s", night(0, passing()), night(1, failing())) / "index.html").read_text()
    assert text.index("New tonight") < text.index("Tonight as a whole") < text.index("Examples by requirements")
    assert text.index('aria-label="Legend"') < text.index('<div class="matrix')
    assert "1 requirement newly violated" in text
    assert "nothing changed: flaky" in text
    assert text.count("flipped since last night") == 1


def test_the_night_shown_need_not_be_the_last_of_the_history(tmp_path: Path) -> None:
    with closing(memory()) as history:
        for report in (night(0, passing()), night(1, failing()), night(2, passing())):
            add(report, history)
        write_site(night(1, failing()), history, tmp_path / "s", assets=NONE)
    assert "2 nights" in (tmp_path / "s" / "trends.html").read_text()


def test_a_missing_library_is_named_and_tables_are_shown_instead(tmp_path: Path) -> None:
    folder = site(tmp_path / "s", rich_report())
    trends = (folder / "trends.html").read_text()
    assert "Charts are not drawn: left out with --no-libraries" in trends
    assert "<details open>" in trends


def test_flaky_verdicts_say_how_often(tmp_path: Path) -> None:
    nights = [night(n, failing() if n % 2 else passing()) for n in range(6)]
    folder = site(tmp_path / "s", *nights)
    changes = (folder / "changes.html").read_text()
    assert re.search(r"session\.terminated-404</b>.*?<td [^>]*>5</td><td [^>]*>6</td>", changes, re.DOTALL)
    assert "the verdict flipped 5 times although nothing changed" in (folder / case_file(passing().id)).read_text()


def test_a_flip_has_a_page_with_both_sides(tmp_path: Path) -> None:
    was, now = passing(packages={"sdk": "1.0.0"}), failing(packages={"sdk": "1.1.0"})
    folder = site(tmp_path / "s", night(0, was), night(1, now), night(2, now))
    (page,) = (folder / "flips").iterdir()
    text = page.read_text()
    assert text.index("Before: satisfied") < text.index("After: violated")
    assert re.search(r"<th scope=\"row\">sdk</th><td>1\.0\.0</td><td>1\.1\.0</td>", text)
    for other in ("changes.html", case_file(now.id)):
        assert f"flips/{page.name}" in (folder / other).read_text(), other


def test_one_story_by_several_revisions_is_shown_once(tmp_path: Path) -> None:
    def judged(outcome: Verdict) -> ExampleResult:
        findings = [verdict("a.b", outcome, revision) for revision in ("2025-03-26", "2025-11-25", "draft")]
        return example("docs/2025-11-25/a#typescript", *findings)

    nights = (night(0, judged(Verdict.SATISFIED)), night(1, judged(Verdict.VIOLATED)))
    (page,) = (site(tmp_path / "s", *nights) / "flips").iterdir()
    text = page.read_text()
    assert text.count("Before: satisfied") == 1
    assert "a.b <small>under 2025-11-25</small>" in text, "the page's own revision is the one that is shown"
    for revision in ("2025-03-26", "draft"):
        assert f'id="a.b@{revision}"' in text


def test_drift_stands_first_with_what_went_and_what_came(tmp_path: Path) -> None:
    cited = statement("2025-11-25", "session", Level.MUST, "A server MUST answer 410 Gone.", 20)
    drift = Drift(
        "session.terminated-404", "2025-11-25", DriftKind.CHANGED, cited.file, cited.anchor, "a" * 64, cited, 0.7,
        gates=True, old="A server MUST answer 404 Not Found.",
        words="A server MUST answer [-404 Not Found.-] {+410 Gone.+}",
    )  # fmt: skip
    reports = (night(0, passing()), replace(night(1, failing()), drift=(drift,)))
    folder = site(tmp_path / "s", *reports)
    text, drift_page = ((folder / name).read_text() for name in ("index.html", "drift.html"))
    assert text.index("1 sentence of the specification drifted") < text.index("A server MUST answer")
    assert "A server MUST answer <del>404 Not Found.</del>" in text
    assert "A server MUST answer <ins>410 Gone.</ins>" in text
    assert text.index("<ins>410") < text.index('id="worse"')
    assert "{+" not in drift_page, "the words stand above, marked"


def test_drift_of_last_night_is_shown_and_is_not_new(tmp_path: Path) -> None:
    cited = statement("2025-11-25", "session", Level.MUST, "A server MUST answer 410 Gone.", 20)
    known = Drift("a", "2025-11-25", DriftKind.CHANGED, cited.file, cited.anchor, "a" * 64, cited, 0.7, gates=True)
    new = replace(known, requirement="b", kind=DriftKind.VANISHED, nearest=None)
    nights = [replace(night(number, passing()), drift=drift) for number, drift in enumerate([(known,)] * 2)]
    text = (site(tmp_path / "same", *nights) / "index.html").read_text()
    assert "specification drifted" not in text
    assert "Nothing changed since last night." in text
    assert "A server MUST answer 410 Gone." in text
    more = (nights[0], replace(nights[1], drift=(known, new)))
    assert "1 sentence of the specification drifted" in (site(tmp_path / "more", *more) / "index.html").read_text()
    # another change of the same sentence is news again
    other = replace(known, nearest=replace(cited, text="A server MUST answer 500.", fingerprint="b" * 64))
    again = (nights[0], replace(nights[1], drift=(other,)))
    assert "1 sentence of the specification drifted" in (site(tmp_path / "again", *again) / "index.html").read_text()


def test_a_new_example_that_is_broken_is_worse_and_not_folded(tmp_path: Path) -> None:
    why = "The session id has a space."
    other = example(
        "docs/2025-11-25/b#python", replace(verdict("session.id-charset", Verdict.VIOLATED), summary=why)
    )  # fmt: skip
    text = (site(tmp_path / "s", night(0, passing()), night(1, passing(), other)) / "index.html").read_text()
    worse = text[text.index('id="worse"') : text.index('id="tonight"')]
    assert f'href="{case_file(other.id)}#session.id-charset@2025-11-25"' in worse
    assert why in worse
    assert "<details>" not in worse


def test_counts_agree_between_pages(tmp_path: Path) -> None:
    report = rich_report()
    folder = site(tmp_path / "s", replace(report, started="2024-01-01T03:00:00Z"), report)
    overview, trends = ((folder / name).read_text() for name in ("index.html", "trends.html"))
    found = re.findall(r'<li class="[^"]*"><span>([^<]*)</span> <b>([\d,]*)</b>', overview)
    tiles = {label: int(number.replace(",", "")) for label, number in found if number}
    heads = re.findall(r'<th scope="col">([^<]*)</th>', trends)[1:]
    newest = re.search(r"<tbody>\s*<tr><th[^>]*>[^<]*</th>(.*?)</tr>", trends, re.DOTALL)
    assert newest is not None
    figures = dict(zip(heads, re.findall(r"<td>([^<]*)</td>", newest[1]), strict=True))
    for tile, column in (
        ("Blocking", "Blocking findings: blocking"),
        ("MUST violated", "Violations by level: MUST"),
        ("SHOULD violated", "Violations by level: SHOULD"),
        ("Advisory", "Violations by level: advisory"),
        ("Judged", "Examples: judged"),
        ("Not running", "Examples: not running"),
        ("Not checked", "Examples: not checked"),
    ):
        assert tiles[tile] == int(figures[column]), tile
    counts = count(report)
    assert (tiles["MUST violated"], tiles["Blocking"]) == (counts.violated_must, counts.blocking)
    on_sheets = sum(int(number) for number in re.findall(r'data-blocking="(\d+)"', overview))
    assert on_sheets == sum(f.gates for e in report.examples for f in e.findings)
    assert counts.violated_must, "the report has something to count"


def test_an_address_of_a_finding_outlives_its_example(tmp_path: Path) -> None:
    both = example(
        "docs/2025-11-25/a#typescript", verdict("session.terminated-404", Verdict.VIOLATED),
        verdict("session.id-charset", Verdict.VIOLATED),
    )  # fmt: skip
    other = example("docs/2025-11-25/b#python", verdict("a", Verdict.SATISFIED), digest="b" * 64)
    address = case_file(both.id)
    for reports in (
        (night(0, both), night(1, both)),
        (night(0, both), night(1, passing())),
        (night(0, both), night(1, other)),
        (night(0, both), night(1, replace(both, status=Status.FRAGMENT, findings=(), reason="a fragment"))),
    ):
        found = pages(
            site(tmp_path / f"s{reports[1].examples[0].id[-1]}{len(reports[1].examples[0].findings)}", *reports)
        )
        for anchor in ("session.terminated-404@2025-11-25", "session.id-charset@2025-11-25"):
            assert found[address].ids.count(anchor) == 1


def test_an_example_that_is_renamed_is_found_at_its_old_address(tmp_path: Path) -> None:
    now = replace(failing(), id="docs/2025-11-25/a#the-server.typescript")
    text = (site(tmp_path / "s", night(0, failing()), night(1, now)) / case_file(failing().id)).read_text()
    assert f'href="../{case_file(now.id)}" data-moved' in text


def test_the_overview_names_what_gates_and_leads_there(tmp_path: Path) -> None:
    text = (site(tmp_path / "s", rich_report()) / "index.html").read_text()
    listed = text[text.index("Blocking findings</h3>") : text.index("Examples by requirements")]
    tutorial = next(e for e in rich_report().examples if any(f.gates for f in e.findings))
    assert "An ended session is not found" in listed
    assert f'href="{case_file(tutorial.id)}#session.terminated-404@{tutorial.revision}"' in listed
    assert "hijack.bind-user" not in listed, "a warning"
    why = next(f.summary for f in tutorial.findings if f.gates and f.requirement == "session.terminated-404")
    assert f'<p class="why">{why}</p>' in listed, "what was found, without opening a page"


def test_a_site_does_not_grow_with_its_nights(tmp_path: Path) -> None:
    nights = [night(n, failing() if n % 2 else passing()) for n in range(FLIPS_SHOWN + 40)]
    folder = site(tmp_path / "s", *nights)
    assert len(list((folder / "flips").iterdir())) == FLIPS_STORED + 1
    assert (folder / "changes.html").read_text().count("session.terminated-404</b>, ") == FLIPS_SHOWN
    oldest_shown = min((folder / "flips").iterdir()).read_text()
    assert "The history has the verdict of that night, but no longer its evidence." in oldest_shown


def test_packages_between_pass_and_failure_are_listed(tmp_path: Path) -> None:
    nights = (night(0, passing(packages={"sdk": "1.0.0"})), night(1, failing(packages={"sdk": "1.1.0"})))
    text = (site(tmp_path / "s", *nights) / "changes.html").read_text()
    assert re.search(r"<th scope=\"row\">sdk</th><td>1\.0\.0</td><td>1\.1\.0</td>", text)


# --- the single page ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("report", [rich_report(), hostile(), quiet_report()], ids=["rich", "hostile", "quiet"])
def test_the_single_page_stands_alone(report: Report) -> None:
    text = render(report)
    page = Page(text)
    assert page.loaded == []
    assert page.handlers == []
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert "unsafe-inline" not in text[: text.index("</head>")]


def test_the_single_page_names_what_blocks_and_leads_there() -> None:
    text = render(rich_report())
    section = text[text.index('<h3 id="blocking">') : text.index('id="matrix"')]
    links = Page(section).links
    assert len(links) == sum(finding.gates for example in rich_report().examples for finding in example.findings)
    assert {link.removeprefix("#") for link in links} <= set(Page(text).ids)


@pytest.mark.parametrize("code", [0, 3, 130])
def test_a_night_that_judged_nothing_is_never_green(code: int, tmp_path: Path) -> None:
    stuck = night(0, example("stuck", status=Status.BLOCKED, reason="no engine"), exit_code=code)
    for report in (stuck, replace(stuck, examples=())):
        index = (site(tmp_path / "s", report) / "index.html").read_text()
        assert re.search(r'<a class="pill not-checked" href="#tonight">', index)
        assert '<h1 id="since">Nothing was judged tonight' in index
    judged = night(0, passing(), exit_code=0)
    assert 'class="pill satisfied"' in (site(tmp_path / "s", judged) / "index.html").read_text()


def test_every_requirement_has_an_address_on_the_coverage_page(tmp_path: Path) -> None:
    folder = site(tmp_path / "s", rich_report())
    heads = [link for link in pages(folder)["index.html"].links if link.startswith("coverage.html#")]
    assert "coverage.html#session.terminated-404@2025-11-25" in heads
    assert {link.partition("#")[2] for link in heads} <= set(pages(folder)["coverage.html"].ids)


def test_pages_of_examples_lead_to_their_neighbours(tmp_path: Path) -> None:
    fine = verdict("a", Verdict.SATISFIED)
    folder = site(tmp_path / "s", night(0, passing(), example("b", fine), example("c", fine)))
    text = (folder / case_file("b")).read_text()
    assert re.findall(r'<a rel="(\w+)" href="\.\./(.*?)"', text) == [
        ("prev", case_file(passing().id)), ("next", case_file("c")),
    ]  # fmt: skip
    assert 'rel="next"' not in (folder / case_file("c")).read_text()


def test_the_single_page_is_the_same_for_the_same_report() -> None:
    assert render(rich_report()) == render(rich_report())


def test_a_night_with_nothing_judged_can_be_shown(tmp_path: Path) -> None:
    empty = replace(night(0, example("x", status=Status.FRAGMENT)), exit_code=3)
    assert "Nothing was judged" in (site(tmp_path / "s", empty) / "index.html").read_text()
    assert "Nothing was judged" in render(empty)
    assert verdict("a", Verdict.SATISFIED).requirement == "a"
