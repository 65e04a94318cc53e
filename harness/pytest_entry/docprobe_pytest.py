"""The entry point of ``pytest --docprobe DOCS``: a module whose name nothing else has.

Every pytest run of an environment imports it, so it imports the rest of docprobe only where the option is given. The
other packages have common names; where a checkout or an environment has its own of these names, theirs are left alone.
"""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGES = ("extractor", "harness")
"""docprobe's packages, which this module must find."""
HERE = Path(__file__).resolve().parent
HOME = HERE.parents[1] if HERE.parts[-2:] == ("harness", "pytest_entry") else HERE
"""The folder of the packages: where docprobe is installed, this module is put beside them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("docprobe", "documentation examples judged by their specification")
    group.addoption("--docprobe", metavar="DOCS", help="run the examples of this docs root")
    group.addoption(
        "--docprobe-select",
        metavar="GLOB",
        action="append",
        default=[],
        help="only these examples or pages; repeatable",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin if it is asked for.

    Raises:
        pytest.UsageError: another package has the name of one of docprobe's.
    """
    if not config.getoption("docprobe", None):
        return
    for name in PACKAGES:
        found = _folder_of(name)
        if found != HOME / name:
            where = f"is the one in {found}" if found else "cannot be imported"
            raise pytest.UsageError(
                f"error: --docprobe needs docprobe's package {name!r}, and here {name!r} {where}\n"
                "hint: run docprobe by its command (docprobe check DOCS --format junit:FILE), or pytest --docprobe "
                f"from a folder and environment without another {name!r}"
            )
    config.pluginmanager.register(importlib.import_module("harness.pytest_plugin"), "docprobe-examples")


def _folder_of(name: str) -> Path | None:
    """The folder of the package that an import of ``name`` gives; None if there is none."""
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None) if module else find_spec(name)
    if spec is None:
        return None
    folders = list(spec.submodule_search_locations or ())
    return Path(folders[0] if folders else str(spec.origin)).resolve()
