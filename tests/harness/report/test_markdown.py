"""What is special to the format markdown."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from harness.report import markdown
from tests.support.hostile_report import hostile_report
from tests.support.reports import rich_report

if TYPE_CHECKING:
    pass


class TestMarkdown:
    def test_hostile_text_adds_no_markup(self) -> None:
        parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
        blocks = parser.parse(markdown.render(hostile_report()))
        inline = [child for token in blocks for child in token.children or []]
        assert not {token.type for token in [*blocks, *inline]} & {
            "link_open", "image", "hr", "s_open", "em_open", "code_block", "ordered_list_open",
        }  # fmt: skip
        assert {child.content for child in inline if child.type == "html_inline"} == {"<!-- -->"}
        for token in blocks:
            if token.type == "html_block":
                for line in token.content.replace("<!-- -->", "").replace("<details open>", "<details>").split():
                    assert set(re.findall(r"<[^>]*>?", line)) <= {"<details>", "<summary>", "</summary>", "</details>"}

    def test_every_blocking_finding_is_shown_with_its_sentence(self) -> None:
        text = markdown.render(rich_report())
        for requirement in ("session.terminated-404", "auth.invalid-401", "http.origin-validate", "example.runs"):
            assert f"MUST {requirement}: violated, blocking" in text
        assert "> Once it has ended a session" in text

    def test_a_summary_that_does_not_fit_says_what_is_missing(self) -> None:
        report = rich_report()
        many = tuple(replace(report.examples[0], id=f"{n}", digest=f"{n}") for n in range(300))
        text = markdown.render(replace(report, examples=many))
        assert len(text.encode()) <= markdown.LIMIT
        assert re.search(r"And \d+ violations more than fit here", text)
        assert text.count("<details>") + text.count("<details open>") == text.count("</details>")
