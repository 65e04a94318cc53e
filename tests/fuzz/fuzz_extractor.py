"""Coverage-guided fuzzing of the extractor, an optional job: ``pip install atheris && python tests/fuzz/fuzz_extractor.py``.

Takes libFuzzer's arguments, such as ``-max_total_time=600`` and a corpus folder (``tests/fixtures/blocks`` is a good
start). Any exception, a span that does not point at its text, or a page that takes longer than ``-timeout`` is a find.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["extractor"]):
    from extractor.docs.page_blocks import blocks_of
    from extractor.docs.page_reader import parse_page
    from extractor.markdown.parser import inline_tokens
    from extractor.model import Flavour, Layout
    from extractor.normative.statement_reader import statements_of

FLAVOURS = tuple(Flavour)


def one_page(data: bytes) -> None:
    """Extract one page; the first byte chooses the flavour."""
    flavour = FLAVOURS[data[0] % len(FLAVOURS)] if data else Flavour.MINTLIFY
    layout = Layout(flavour=flavour, specification=("**",))
    page = parse_page(Path("/nowhere"), "p.mdx", data[1:], layout, None).page
    source = page.source.split("\n")
    for block in blocks_of(page):
        assert source[block.span.first - 1][block.span.column - 1 :].startswith(("```", "~~~", "<<<"))
        for offset, line in enumerate(block.text.split("\n")[:-1]):
            assert source[block.span.first + offset].endswith(line.lstrip(" \t"))
    for statement in statements_of(page):
        assert 1 <= statement.span.first <= statement.span.last <= len(source)
    for token in page.tokens:
        if token.type == "inline":
            inline_tokens(flavour, token)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_page)
    atheris.Fuzz()
