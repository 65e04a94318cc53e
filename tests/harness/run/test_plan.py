"""What a command that is about one example says where the example does not suit it."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.model import ExampleKind
from harness.base.errors import UsageError
from harness.run.planning import make_plan
from harness.settings import load_config

PAGE = """# {kind}

```python server.py
from mcp.server.fastmcp import FastMCP

server = FastMCP("hello")
server.run({how})
```
"""


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docprobe.toml").write_text('profile = "plain"\n')
    (tmp_path / "piped.md").write_text(PAGE.format(kind="Piped", how=""))
    (tmp_path / "served.md").write_text(PAGE.format(kind="Served", how='transport="streamable-http"'))
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "message", "hint"),
    [
        (
            "piped#python",
            "piped#python is of kind stdio-server, not http-server",
            "check it instead: docprobe check --select 'piped#python'",
        ),
        ("*", None, None),
    ],
)
def test_an_example_of_another_kind_is_named_with_its_kind(
    docs: Path, pattern: str, message: str | None, hint: str | None
) -> None:
    plan = make_plan(load_config(docs, environ={}, state=docs / ".state", select=(pattern,), baseline="none", jobs=1))
    if message is None:
        assert plan.only_runnable(pattern, ExampleKind.HTTP_SERVER).id == "served#python"
        return
    with pytest.raises(UsageError) as caught:
        plan.only_runnable(pattern, ExampleKind.HTTP_SERVER)
    assert (caught.value.message, caught.value.hint) == (message, hint)
