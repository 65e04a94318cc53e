"""How the tests share a machine when several run side by side (``-n 2 --dist loadgroup``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

ONE_BY_ONE = (
    "test_contained", "test_names", "test_packages", "test_services", "test_proof", "test_bad_replies", "test_real_sdks",
    "test_pods",
)  # fmt: skip
"""Files whose tests share nothing that is dear to make: each test goes to whoever is free."""
TOGETHER = ("faults", "browser", "soak")
"""Folders whose tests share one engine of their own, or one browser."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    root = config.rootpath / "tests"
    for item in items:
        if (group := _group(item.path.relative_to(root))) is not None:
            item.add_marker(pytest.mark.xdist_group(group))
    # the long ones first: what is left at the end is short and evens out
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in ("engine", "loopback")))


def _group(path: Path) -> str | None:
    """Tests of one group are run by one process, in order; None: by whoever is free."""
    if path.parts[0] in TOGETHER:
        return path.parts[0]
    return None if path.stem in ONE_BY_ONE else str(path)
