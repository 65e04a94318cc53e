"""The measurement of blame, on a few of its servers; ``python -m tests.blame`` takes all."""

from __future__ import annotations

import anyio
import pytest

from tests.blame.figures import Row, measure, table
from tests.blame.pages import page_of
from tests.support.newer_python import newer_python
from tests.support.server_case import Case
from tests.support.servers import CASES


def case(name: str) -> Case:
    return next(case for case in CASES if case.name == name and case.violated)


def wrong_texts(name: str) -> set[str]:
    """What stands on the lines that are wrong."""
    page = page_of(case(name))
    lines = {file.path: file.text.split("\n") for file in page.bundle.files}
    return {lines[file][line - 1].strip() for file, line in page.wrong}


def test_wrong_lines_are_those_that_a_right_server_does_not_have() -> None:
    assert wrong_texts("IdWithSpace") == {'return f"session {super().new_id()}"'}
    assert wrong_texts("MissingGet404") == {
        'if not request.header("mcp-session-id"):',
        'raise Refused(404, "no session id")',
    }
    assert wrong_texts("CorsStar") == {"checkOrigin() {}"}, "what is only missing is where it should be"


def test_a_page_has_no_code_of_other_servers() -> None:
    page = page_of(case("IdWithSpace"))
    text = "\n".join(file.text for file in page.bundle.files)
    assert "class IdWithSpace" in text
    assert "class Ended400" not in text


@pytest.mark.processes
@pytest.mark.loopback
@pytest.mark.skipif(newer_python() is None, reason="no Python 3.12 or newer on this machine")
def test_wrong_lines_are_blamed_by_execution() -> None:
    names = ("Ended400", "LikeTheTutorial", "OriginSearched", "NegotiatesAndRefuses", "PlainObjectMap")
    rows = anyio.run(lambda: measure([(case(name), page_of(case(name))) for name in names], trace=True))
    assert {row.case.name for row in rows} == {*names}
    assert [str(row.case) for row in rows if not row.is_right or len(set(row.lines)) > 3] == []
    assert {row.way for row in rows} >= {"execution"}


def test_figures_count_each_way() -> None:
    one, other = frozenset({("a.py", 1)}), (("a.py", 1), ("a.py", 2))
    some = case("Ended400")
    rows = [Row(some, "x", "execution", other, one, "certain"), Row(some, "y", "nothing", (), one)]
    lines = table(rows)
    assert [line.split() for line in lines[1:]] == [
        ["execution", "1", "1", "100%", "2"],
        ["nothing", "1", "0", "0%", "-"],
        ["certain", "1", "1", "100%", "2"],
        ["all", "2", "1", "50%", "2"],
    ]
