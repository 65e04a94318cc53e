from __future__ import annotations

import anyio
import pytest

from harness.base.errors import EngineError, RegistryError
from harness.engine.install.outages import AGAIN_S, Outages

pytestmark = pytest.mark.anyio


async def test_what_failed_is_told_again_for_a_while_and_as_a_new_error(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 50.0
    monkeypatch.setattr(anyio, "current_time", lambda: now)
    outages, error = Outages(), RegistryError("no answer", "look at the network")
    assert outages.lately("pypi") is None
    outages.note("pypi", error)
    now += AGAIN_S - 1
    told = outages.lately("pypi")
    assert isinstance(told, RegistryError)
    assert told is not error
    assert (told.message, told.hint) == ("no answer", "look at the network")
    assert outages.lately("npm") is None
    now += 1
    assert outages.lately("pypi") is None, "it is tried again"
    outages.note("pypi", EngineError("another"))
    assert isinstance(outages.lately("pypi"), EngineError)
