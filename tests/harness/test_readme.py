"""harness/README.md against the parts that exist and the layers of the import contracts."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "harness" / "README.md").read_text(encoding="utf-8")


def _layers() -> list[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layered,) = (contract for contract in contracts if contract["type"] == "layers")
    parts = [part.strip() for layer in layered["layers"] for part in layer.split("|")]
    return [part.removeprefix("harness.") for part in parts if part.startswith("harness.")]


def test_the_table_has_every_part_in_the_order_of_the_layers() -> None:
    floor_plan = README.partition("## The folders")[2].partition("## Glossary")[0]
    assert re.findall(r"^\| `([a-z_]+)` \|", floor_plan, re.MULTILINE) == _layers()


def test_the_modules_of_the_figure_exist() -> None:
    figure = README.partition("```")[2].partition("```")[0]
    # what comes out, from which module, and how: columns apart by spaces
    rows = [re.split(r" {2,}", line.strip()) for line in figure.splitlines() if line.startswith(" ") and line[1].isalpha()]
    modules = [row[1] for row in rows]
    assert len(modules) == 7
    for module in modules:
        importlib.import_module(f"harness.{module}")
