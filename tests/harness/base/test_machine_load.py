from __future__ import annotations

import pytest

from harness.base.machine_load import describe_overload


@pytest.mark.parametrize(("load", "processors", "described"), [(8.0, 2, None), (8.1, 2, "load 8 on 2 processors")])
def test_a_machine_is_overloaded_from_four_processes_for_each_processor_on(
    monkeypatch: pytest.MonkeyPatch, load: float, processors: int, described: str | None
) -> None:
    monkeypatch.setattr("harness.base.machine_load.BUSY_FACTOR", 4.0)
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr("os.cpu_count", lambda: processors)
    assert describe_overload() == described
