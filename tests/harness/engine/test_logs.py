from __future__ import annotations

from harness.engine.logs import MAX_LINE, LogBook
from harness.model import LogLine


def texts(book: LogBook) -> list[str]:
    return [line.text for line in book.lines()]


def test_lines_are_put_together_per_source() -> None:
    book = LogBook(10_000)
    book.write("stdout", b"he")
    book.write("stderr", b"oops\r\n")
    book.write("stdout", b"llo\nwor")
    assert [(line.source, line.text) for line in book.lines()] == [
        ("stderr", "oops"), ("stdout", "hello"), ("stdout", "wor"),
    ]  # fmt: skip
    book.write("stdout", b"ld")
    book.end("stdout")
    assert texts(book) == ["oops", "hello", "world"]


def test_bytes_that_are_no_text() -> None:
    book = LogBook(10_000)
    book.write("stdout", b"\xff\xfe\x1b[31m\n")
    assert texts(book) == ["\\xff\\xfe\x1b[31m"]


def test_a_line_without_end_is_bounded() -> None:
    book = LogBook(10_000_000)
    for _ in range(1000):
        book.write("stdout", b"x" * 10_000)
    assert sum(map(len, book._partial.values())) <= 4 * MAX_LINE
    book.write("stdout", b"\nnext\n")
    assert texts(book) == ["x" * MAX_LINE, "next"]
    assert book.written == 10_000_006


def test_the_first_quarter_and_the_last_lines_are_kept() -> None:
    book = LogBook(400)
    for number in range(1000):
        book.line("stdout", f"line {number:04}")
    lines = texts(book)
    assert lines[0] == "line 0000"
    assert lines[-1] == "line 0999"
    assert sum(len(text) + 1 for text in lines if text.startswith("line")) <= 400
    (gap,) = [text for text in lines if "left out" in text]
    assert int(gap.split()[1]) == 1000 - (len(lines) - 1)
    assert lines.index(gap) == len([text for text in lines if text < "line 0100" and text.startswith("line")])


def test_services_lines_stand_in_their_time() -> None:
    book = LogBook(1000)
    book.line("stdout", "example")
    (own,) = book.lines()
    before, after = LogLine(own.at_s - 1, "authorization", "before"), LogLine(own.at_s + 1, "authorization", "after")
    assert [line.text for line in book.lines([after, before])] == ["before", "example", "after"]
