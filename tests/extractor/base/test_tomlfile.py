from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from extractor.base.errors import UsageError
from extractor.base.tomlfile import parse_toml, read_toml


@dataclass(frozen=True, slots=True)
class Limits:
    memory_mib: int = 512
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    skip: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    example: str
    reason: str


@dataclass(frozen=True, slots=True)
class Settings:
    runtime: str | None = None
    limits: Limits = field(default_factory=Limits)
    examples: Mapping[str, Override] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)


FULL = """\
# a [comment] = "not a key"
runtime = "runsc"  # limits.memory-mib = 1

[limits]
memory-mib = 300
hosts = [
  "a", # ]
  "memory-mib = 7",
]

[examples."docs/a#b"]
skip = \"\"\"
[examples.inside]
skip = 1
\"\"\"

[examples.'docs/c']
skip = "later"

[packages]
cv2 = "opencv-python"
"""


def test_a_file_becomes_values() -> None:
    assert parse_toml(FULL, "f.toml").value(Settings) == Settings(
        "runsc",
        Limits(300, ("a", "memory-mib = 7")),
        {"docs/a#b": Override("[examples.inside]\nskip = 1\n"), "docs/c": Override("later")},
        {"cv2": "opencv-python"},
    )


def test_only_what_is_given_can_be_asked_for() -> None:
    assert parse_toml(FULL, "f.toml").given(Limits, ("limits",)) == {
        "memory_mib": 300,
        "hosts": ("a", "memory-mib = 7"),
    }
    assert parse_toml("", "f.toml").given(Limits, ("limits",)) == {}


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ('runtime = "runsc"', "runtime = 3", 2, "runtime"),
        ("memory-mib = 300", "memory-mib = 'x'", 5, "limits.memory-mib"),
        ("memory-mib = 300", "memory_mib = 300", 5, "memory_mib"),
        ('  "memory-mib = 7",', "  7,", 6, "limits.hosts"),
        ('skip = "later"', "skip = 1", 18, 'examples."docs/c".skip'),
        ('skip = "later"', 'skop = "later"', 18, "skop"),
        ('cv2 = "opencv-python"', "cv2 = 1", 21, "packages"),
        ("[limits]", "[limit]", 4, "limit"),
        ("[limits]\nmemory-mib = 300", "[limits]\nmemory-mib = ", 5, "nvalid"),
    ],
)
def test_an_error_names_file_line_and_key(old: str, new: str, line: int, word: str) -> None:
    assert old in FULL
    with pytest.raises(UsageError) as caught:
        parse_toml(FULL.replace(old, new), "f.toml").value(Settings)
    where, _, what = caught.value.message.partition(": ")
    if word == "packages":  # a mapping of plain values is one value
        line = 20
    assert where == f"f.toml:{line}"
    assert word in what


def test_an_unknown_key_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        parse_toml("[limits]\nmemory-mb = 3\n", "f.toml").value(Settings)
    assert caught.value.hint == "did you mean 'memory-mib'?"


ENTRIES = """\
[[known]]
example = "a"
reason = "r"

[[known]]
example = "b"
"""


def test_entries() -> None:
    assert parse_toml(ENTRIES + 'reason = "s"', "f").values(Known, "known") == (Known("a", "r"), Known("b", "s"))
    assert parse_toml("", "f").values(Known, "known") == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [(ENTRIES, 5), (ENTRIES + "reason = 1", 7), (ENTRIES + "reasons = ''", 7), ("\n[known]\nexample = 'a'", 2)],
)
def test_a_wrong_entry_is_found_by_its_line(text: str, line: int) -> None:
    with pytest.raises(UsageError) as caught:
        parse_toml(text, "f.toml").values(Known, "known")
    assert caught.value.message.startswith(f"f.toml:{line}: ")


@pytest.mark.parametrize("text", ["limits = 3", "limits = [1]", "examples = 3", "examples = { a = 3 }", "[[examples]]"])
def test_what_is_not_a_table_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_toml(text, "f.toml").value(Settings)
    assert caught.value.message.startswith("f.toml:1: ")


@pytest.mark.parametrize(
    "text",
    [
        "a = { b = { c = [1, 2], d = '}' } }\nx = 1",
        "a.'b.c'.d = 1\nx = 1",
        '[a]\r\nb = """\r\nx = 1\r\n"""\r\n[x]',
        "a = ''''x''''\nx = 1",
        'a = """"quoted""""\nx = 1',
        "[a . b]\nc = [[1], [2,\n3]]\n[x]",
        'a = "\\"# "\n# end\nx = 1',
    ],
)
def test_keys_are_found_behind_any_value(text: str) -> None:
    line = text.replace("\r\n", "\n").split("\n")
    at = max(number for number, content in enumerate(line, 1) if "x" in content)
    assert f"f:{at}:" in parse_toml(text, "f").error(("x",), "m", None).message


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_toml(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"x = 1\na = '\xe9'\n", "f.toml:2: byte 0xE9 is not UTF-8"),
        ("x = 1\n".encode("utf-16"), "f.toml:1: byte 0xFF is not UTF-8"),
        (b"\xef\xbb\xbfx = 1\n\n# \xe9", "f.toml:3: byte 0xE9 is not UTF-8"),
    ],
)
def test_what_is_not_utf_8_is_named_with_its_line(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "f.toml").write_bytes(data)
    with pytest.raises(UsageError) as caught:
        read_toml(tmp_path / "f.toml", "f.toml")
    assert (caught.value.message, caught.value.hint) == (said, "save it as UTF-8")


def test_the_byte_order_mark_of_some_editors_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "f.toml").write_bytes(b"\xef\xbb\xbfx = 1\n")
    assert read_toml(tmp_path / "f.toml").table == {"x": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\nb = " + "9" * 5_000 + "\n", "f.toml:2: A number has more than 4,300 digits"),
        ("b = -" + "1_" * 4_400 + "1\n", "f.toml:1: A number has more than 4,300 digits"),
        ("a = " + "[" * 100_000 + "\n", "f.toml:2: Values are nested too deep"),
    ],
)
def test_what_python_cannot_hold_is_an_error_of_the_file(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_toml(text, "f.toml")
    assert caught.value.message == said


def test_the_types_of_a_thousand_tables_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True, slots=True)
    class Row:
        id: str
        count: int = 0

    asked: list[object] = []
    hints = typing.get_type_hints
    monkeypatch.setattr(typing, "get_type_hints", lambda kind: asked.append(kind) or hints(kind))
    rows = parse_toml('[[row]]\nid = "a"\n' * 1000, "rows.toml").values(Row, "row")
    assert (len(rows), asked) == (1000, [Row])
