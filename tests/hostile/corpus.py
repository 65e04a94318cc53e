"""The hostile pages, assembled as any docs are: one page, one attack.

A page's front matter says what it tries and what must stop it, and how that shows:

``says``      beginnings of lines that its log must hold;
``ends``      how the run must have ended, as the report says it;
``blocked``   what the report says where the run met a service of docprobe's own, and so cannot be judged;
``violates``  for servers that are conversed with: requirements that must come out as violated;
``limits``    limits that differ from ``LIMITS``, so that an attack is over in a moment.

Whatever a page tries, no line of its log may begin with ``REACHED``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import Example, ExampleOverride, ExampleStatus, Layout
from harness.engine.protocol import Limits
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGES = Path(__file__).parent / "pages"
LIMITS = Limits(
    memory_mib=128, processes=64, log_bytes=64 * 1024, tmp_mib=8, work_mib=8, run_s=60, start_s=30, build_s=5
)
FRONT_MATTER = frozenset({"title", "tries", "stopped-by", "says", "ends", "blocked", "violates", "limits"})
NAMES = tuple(sorted(page.stem for page in PAGES.glob("*.md")))


@dataclass(frozen=True, slots=True)
class Attack:
    """One page."""

    example: Example
    tries: str
    stopped_by: str
    limits: Limits
    says: tuple[str, ...] = ()
    ends: str | None = None
    violates: tuple[str, ...] | None = None
    """None: not a server that speaks."""
    blocked: str | None = None


def attacks(environment: Mapping[str, str]) -> dict[str, Attack]:
    """Every page by name. ``environment`` is what a maintainer's configuration would give the programs."""
    override = ExampleOverride(
        kind="http-server", blocks=("n:0",), command=("python3", "attack.py"), files={"n:0": "attack.py"},
        dependencies=(), environment=environment, endpoint="/mcp",
    )  # fmt: skip
    corpus = extract(PAGES, Layout(), jobs=1)
    assert corpus.problems == ()
    found = find_examples(corpus, CODE, {f"{name}#python": override for name in NAMES})
    by_page = {page.path: page for page in corpus.pages}
    return {example.page.removesuffix(".md"): _attack(example, by_page[example.page].front_matter) for example in found}


def _attack(example: Example, said: Mapping[str, Any]) -> Attack:
    assert example.status is ExampleStatus.RUNNABLE, f"{example.id}: {example.reason}"
    unknown = set(said) - FRONT_MATTER
    assert not unknown, f"{example.page}: {unknown}"
    return Attack(
        example,
        said["tries"],
        said["stopped-by"],
        replace(LIMITS, **said.get("limits", {})),
        tuple(said.get("says", ())),
        said.get("ends"),
        tuple(said["violates"]) if "violates" in said else None,
        said.get("blocked"),
    )
