"""Whatever is kept between runs: its key has all of the code, and all of the libraries, that its value is made with."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import grimp
import pytest

from extractor.base.kept import CODE
from extractor.docs import page_cache
from extractor.examples import example_cache
from harness import load
from harness.run import cache, kept_results
from harness.spec import bindings_file

if TYPE_CHECKING:
    from collections.abc import Iterable

EXTRACTOR, HARNESS = cache.ROOT / "extractor", cache.ROOT / "harness"
DECIDES_NOTHING = {"filelock", "msgspec"}
"""Locks; and what entries are written and read with: one that it cannot read is made anew."""
KEPT = {
    "pages": (("extractor.docs.page_extractor", "extractor.docs.corpus"), (EXTRACTOR,), page_cache.LIBRARIES),
    "examples": (
        ("extractor.examples.page_examples", "extractor.examples.find", ".roles"),
        (EXTRACTOR, *load.PROFILES),
        example_cache.LIBRARIES,
    ),
    "printed": ((".printed",), (EXTRACTOR, *load.PROFILES), load.LIBRARIES),
    "bindings": (
        ("harness.spec.bindings_file", "harness.spec.classification"), bindings_file.CODE, ("pathspec",),
    ),
    "recordings": (
        ("harness.run.recorder", "harness.engine.docker_engine"), tuple(cache.conversation_files()), cache.LIBRARIES,
    ),
    "results": (("harness.judge.results", ".rules"), (EXTRACTOR, HARNESS), kept_results.LIBRARIES),
}  # fmt: skip
"""Of each: the modules that make it (of those that begin with a dot, every one of a profile that has such a part in its
name), the places whose code is in the key, and the libraries."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(
        "extractor", "harness", include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )


def upstream(graph: grimp.ImportGraph, roots: Iterable[str]) -> set[str]:
    """The modules that make something, and all that they import."""
    profiles = graph.find_descendants("harness.profiles")
    found = [[root] if root[0] != "." else [module for module in profiles if root in module] for root in roots]
    assert all(found)
    named = {module for modules in found for module in modules}
    assert named <= graph.modules
    return named.union(*(graph.find_upstream_modules(module) for module in named))


def file_of(module: str) -> Path:
    path = cache.ROOT / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@pytest.mark.parametrize("kept", KEPT)
def test_all_code_that_makes_it_is_in_its_key(graph: grimp.ImportGraph, kept: str) -> None:
    roots, places, _ = KEPT[kept]
    own = {module for module in upstream(graph, roots) if module.partition(".")[0] in {"extractor", "harness"}}
    files = {file_of(module) for module in own}
    assert len(files) > 5
    outside = {file for file in files if not any(place in (file, *file.parents) for place in places)}
    # a package's own file that only says what it is makes nothing
    assert {file for file in outside if file.name != "__init__.py"} == set()
    assert ".py" in CODE


@pytest.mark.parametrize("kept", KEPT)
def test_all_libraries_that_it_is_made_with_are_in_its_key(graph: grimp.ImportGraph, kept: str) -> None:
    roots, _, libraries = KEPT[kept]
    imported = {module.partition(".")[0] for module in upstream(graph, roots)} - {"extractor", "harness"}
    found = metadata.packages_distributions()
    used = {found[name][0] for name in imported - set(sys.stdlib_module_names) if name in found} - DECIDES_NOTHING
    assert {name.lower() for name in used} <= {name.lower() for name in libraries}
