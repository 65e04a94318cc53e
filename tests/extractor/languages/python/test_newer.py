"""Python of later releases, whichever release docprobe itself runs on."""

from __future__ import annotations

import pytest

from extractor.languages.python.newer import in_older_words
from extractor.languages.python.parse import parse_python

NEWER = [
    'name = f"{"\\n".join(words)}"\n',
    'name = f"{sack["weight"]}"\n',
    "name = f'{f'{f'{sack}'}'}'\n",
    'name = f"""\n{\n  sack["weight"]\n}\n"""\n',
    'name = ("one" f"{sack["weight"]}" "two")\n',
    'name = f"{sack["weight"]!r:>{width["all"]}}"\n',
    "type Sack = dict[str, int]\n",
    "def first[T](sacks: list[T]) -> T:\n    return sacks[0]\n",
    "class Store[T: int, *Rest, **More](Base):\n    type Key = str\n",
]


def accepts_all(text: str) -> bool:
    return True


@pytest.mark.parametrize("text", NEWER)
def test_what_later_releases_read_is_no_error(text: str) -> None:
    facts = parse_python(f"# one\n\n{text}mark()\n")
    assert facts.error is None
    (mark,) = [call for call in facts.calls if call.name == "mark"]
    assert mark.line == text.count("\n") + 3
    assert "T" not in facts.free


@pytest.mark.parametrize("text", NEWER)
def test_older_words_keep_the_lines(text: str) -> None:
    older = in_older_words(text, accepts_all)
    assert older is not None
    assert older.text.count("\n") == text.count("\n")


def test_what_an_expression_in_a_text_calls_and_names_is_known() -> None:
    facts = parse_python('print(f"{"-".join(read("a.txt"))} of {len(sacks)} {{x}}")\n')
    assert {"print", "join", "read", "len"} <= {call.last for call in facts.calls}
    assert "sacks" in facts.free
    assert "{} of {} {x}" in {text.value for text in facts.texts}


@pytest.mark.parametrize("text", ['print "x"\n', 'f"{}"\n', 'f"{a b}"\n', "type = [\n", "def f[T](:\n", "x = (1\n"])
def test_what_no_release_reads_stays_an_error(text: str) -> None:
    facts = parse_python(text)
    assert facts.error is not None
    assert facts.error.message.startswith("does not parse as Python")
