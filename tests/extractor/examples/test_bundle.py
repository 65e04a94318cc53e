"""Each page in fixtures/bundles against its golden file of examples and bundles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleStatus, Layout
from harness.profiles.mcp.roles import CODE
from tests.extractor.examples.shown import shown
from tests.support.golden import check_golden

if TYPE_CHECKING:
    from extractor.model import Example

FOLDER = Path(__file__).parents[2] / "fixtures" / "bundles"
PAGES = sorted(path.name for path in FOLDER.glob("*.mdx"))


@pytest.fixture(scope="module")
def examples() -> tuple[Example, ...]:
    return find_examples(extract(FOLDER, Layout(), loaders=CODE.loaders, jobs=1, statements=False), CODE)


@pytest.mark.parametrize("page", PAGES)
def test_page_gives_its_golden_file(page: str, examples: tuple[Example, ...]) -> None:
    of_page = [example for example in examples if example.page == page]
    check_golden(f"bundles/{page.removesuffix('.mdx')}.expected", shown(of_page))


def test_every_line_of_a_file_is_a_line_of_the_docs_or_marked(examples: tuple[Example, ...]) -> None:
    pages = {page: (FOLDER / page).read_text(encoding="utf-8").splitlines() for page in PAGES}
    traced = 0
    for file in (file for example in examples if example.bundle for file in example.bundle.files):
        lines = file.text.splitlines()
        covered = [n for s in file.segments for n in range(s.first, s.first + s.count)]
        assert covered == list(range(1, len(lines) + 1)), file.path
        for number, line in enumerate(lines, 1):
            if span := file.docs_line(number):
                assert pages[span.file][span.first - 1] == line
                traced += 1
    assert traced > 150


def test_bundle_is_there_exactly_if_runnable(examples: tuple[Example, ...]) -> None:
    for example in examples:
        assert (example.bundle is not None) == (example.status is ExampleStatus.RUNNABLE)
        assert (example.reason is None) == (example.status is ExampleStatus.RUNNABLE)
        assert example.bundle is None or example.bundle.example_id == example.id


def test_ids_are_unique(examples: tuple[Example, ...]) -> None:
    ids = [example.id for example in examples]
    assert len(ids) == len(set(ids))
