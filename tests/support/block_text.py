"""Blocks as text that a person can check: one paragraph per block, only what is there."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.model import Block, Page


def render(page: Page, blocks: tuple[Block, ...]) -> str:
    """The blocks of a page and its problems."""
    parts = ["\n".join(_lines(block)) for block in blocks]
    parts += [f"problem {problem.span}: {problem.message}" for problem in page.problems]
    return "\n\n".join(parts) + "\n"


def _lines(block: Block) -> Iterator[str]:
    info, place = block.info, block.place
    yield f"lines {block.span.first}-{block.span.last} column {block.span.column}: {info.language or '(no language)'}"
    facts: list[tuple[str, object]] = [
        ("name", info.name),
        ("label", info.label),
        ("attributes", " ".join(f"{key}={value}" for key, value in info.attributes.items())),
        ("headings", " > ".join(f"{heading.text} #{heading.slug}" for heading in place.headings)),
        ("tab", place.tab and f"{place.tab} of {', '.join(place.tab_siblings)}"),
        ("code group", ", ".join(place.code_group)),
        ("step", place.step),
        ("list depth", place.list_depth),
        ("callout", place.callout),
        ("quoted", place.quoted),
        ("inside", " > ".join(place.containers)),
        ("directives", "; ".join(f"{d.span.first}: {dict(d.values)}" for d in block.directives)),
        ("includes", ", ".join(str(span) for span in block.includes)),
        ("context", block.context.replace("\n", " / ")),
    ]
    yield from (f"  {name}: {value}" for name, value in facts if value)
    yield from (f"  |{line}" for line in block.text.split("\n")[:-1])
