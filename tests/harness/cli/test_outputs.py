"""Where output goes is settled before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.cli.outputs import outputs_of
from harness.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_names_and_files(tmp_path: Path) -> None:
    assert outputs_of([]) == (("terminal", None),)
    file = tmp_path / "a:b.json"
    assert outputs_of(["terminal", "github", f"json:{file}"]) == (("terminal", None), ("github", None), ("json", file))


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["jsn"], "'jsn' is no format"),
        (["sarif:"], "names no file"),
        (["json:{}/a", "sarif:{}/a"], "asked to hold json and sarif"),
        (["json:{}/a", "json:{}/../{name}/a"], "asked to hold json and json"),
        (["json", "sarif"], "json and sarif would stand in one stream"),
        (["terminal", "json"], "terminal and json would stand in one stream"),
    ],
)
def test_what_cannot_work_is_said_with_the_next_step(tmp_path: Path, texts: list[str], message: str) -> None:
    def filled(text: str) -> str:
        return text.replace("{name}", tmp_path.name).replace("{}", str(tmp_path))

    with pytest.raises(UsageError) as caught:
        outputs_of([filled(text) for text in texts])
    assert filled(message) in caught.value.message
    assert caught.value.hint


def test_a_stream_may_take_several() -> None:
    texts = ["terminal:/dev/stderr", "github:/dev/stderr", "terminal", "github"]
    assert len(outputs_of(texts)) == 4
