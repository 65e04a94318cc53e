"""Every folder and module at the top of the packages has a layer in the import contracts."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_part_of_the_packages_has_a_layer() -> None:
    """A part without a layer could import anything, and nobody would notice."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layered,) = (contract for contract in contracts if contract["type"] == "layers")
    listed = {part.strip() for layer in layered["layers"] for part in layer.split("|")}
    there = {
        f"{package}.{path.stem}"
        for package in ("extractor", "harness")
        for path in (ROOT / package).iterdir()
        if path.name != "__init__.py" and (path.suffix == ".py" or (path / "__init__.py").is_file())
    }
    assert listed == there
