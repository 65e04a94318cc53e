"""Front matter is data, and hostile data is a problem and nothing worse."""

from __future__ import annotations

import pytest

from extractor.markdown.front_matter import FrontMatter, read_front_matter
from tests.support.processor import processor_time_below


def test_values_are_plain() -> None:
    text = (
        "---\ntitle: A\ndate: 2025-11-25\nat: 2025-11-25 10:00:00\nlist: [1, 2.5, true, null]\n1: {2: 3}\n---\nbody\n"
    )
    found = read_front_matter(text)
    assert found.values == {
        "title": "A",
        "date": "2025-11-25",
        "at": "2025-11-25T10:00:00",
        "list": [1, 2.5, True, None],
        "1": {"2": 3},
    }
    assert found.lines == 7
    assert found.problem is None


@pytest.mark.parametrize(
    "text", ["", "body\n", "\n---\na: 1\n---\n", "--- a\n---\n", "---\n\ntext\n", "----\na: b\n----\n"]
)
def test_none(text: str) -> None:
    assert read_front_matter(text) == FrontMatter()


def test_empty() -> None:
    assert read_front_matter("---\n---\nbody") == FrontMatter({}, 2)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("---\na: 1\nb: [\n---\n", 4, "not YAML"),
        ("---\na: 1\n\tb: 2\n---\n", 3, "not YAML"),
        ("---\na: !!python/object:os.system x\n---\n", 2, "not YAML"),
        ("---\n- a\n- b\n---\n", 1, "not a mapping"),
        ("---\na: 1\n", 1, "never ends"),
        ("---\na: &a [*a]\n---\n", 1, "values or 50 levels"),
        ("---\na: {<<: {b: 1}}\n---\n", 2, "not YAML"),
        ("---\na: 2024-99-99\n---\n", 1, "cannot be read"),
        ("---\n? [a]\n: b\n---\n", 2, "not YAML"),
        ("---\na: \x01\n---\n", 1, "cannot be read"),
        ('---\na: "\\ud800"\n---\n', 2, "not YAML"),
    ],
)
def test_problems(text: str, line: int, message: str) -> None:
    found = read_front_matter(text)
    assert found.values == {}
    assert found.problem is not None
    assert found.problem[0] == line
    assert message in found.problem[1]


def test_a_number_that_no_output_can_hold_is_text() -> None:
    assert read_front_matter("---\na: 99999999999999999999999\n---\n").values == {"a": "99999999999999999999999"}


DEEP = 60_000


@pytest.mark.parametrize(
    "value",
    [
        "[" * DEEP + "]" * DEEP,
        "{a: " * DEEP + "}" * DEEP,
        "- " * DEEP,
        "? " * DEEP,
        "[" * DEEP,
        "!!omap [" + "a: 1," * 20_000 + "]",
        "9" * 100_000,
        "x\n" + "".join(f"k{n}: v\n" for n in range(15_000)),
        "&a0 [x,x,x,x,x,x,x,x]\n" + "".join(f"a{n + 1}: &a{n + 1} [{','.join([f'*a{n}'] * 9)}]\n" for n in range(9)),
        "&a0 {x: 1}\n" + "".join(f"a{n + 1}: &a{n + 1} {{<<: [{','.join([f'*a{n}'] * 9)}]}}\n" for n in range(9)),
    ],
    ids=["lists", "mappings", "dashes", "keys", "open", "omap", "number", "long", "aliases", "merges"],
)
def test_bombs_are_refused_at_once(value: str) -> None:
    with processor_time_below(2):
        found = read_front_matter(f"---\na: {value}\n---\n")
    assert found.problem is not None


def test_front_matter_without_end_is_not_looked_for_far() -> None:
    with processor_time_below(2):
        found = read_front_matter("---\na: b\n" + "c: d\n" * 1_000_000)
    assert found.lines == 0
    assert found.problem is not None
