"""How the tests share a machine: with each other (``pytest -n 2``, as ``make test`` does) and with whatever else runs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

ONE_BY_ONE = (
    "test_contained", "test_names", "test_packages", "test_services", "test_proof", "test_bad_replies", "test_real_sdks",
    "test_pods",
)  # fmt: skip
"""Files whose tests share nothing that is dear to make: each test goes to whoever is free."""
TOGETHER = ("faults", "browser", "soak")
"""Folders whose tests share one engine of their own, or one browser."""

# hypothesis' deadline and its check for slow data read the wall clock, which a busy machine exceeds
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


class Sharing(LoadScopeScheduling):
    """Tests of one scope are run by one process, in order; scopes go to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        """A folder of TOGETHER, one test of a file of ONE_BY_ONE, else the test's file."""
        file = nodeid.split("::", 1)[0]
        folder, _, rest = file.removeprefix("tests/").partition("/")
        if folder in TOGETHER:
            return folder
        name = (rest or folder).rsplit("/", 1)[-1].removesuffix(".py")
        return nodeid if name in ONE_BY_ONE else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    # in the order below, not by the number of tests in a file, which says little of how long it takes
    config.option.loadscopereorder = False
    return Sharing(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: what is left at the end is short and evens out."""
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in ("engine", "loopback")))
