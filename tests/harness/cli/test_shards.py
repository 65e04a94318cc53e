"""``docprobe check --plan``: parts as JSON, and what a machine does with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from harness.base.errors import UsageError
from harness.load import load_examples
from harness.model import Status
from harness.nightly.history import record
from harness.run.planning import make_plan
from harness.settings import load_config
from tests.harness.nightly.history.nights import example, night
from tests.support.command import refused, run

if TYPE_CHECKING:
    from pathlib import Path

SERVER = """```python
from mcp.server.fastmcp import FastMCP

server = FastMCP("{name}")
server.run()
```
"""


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    root.mkdir()
    (root / "docprobe.toml").write_text('profile = "plain"\n')
    for name in "abcd":
        (root / f"{name}.md").write_text(SERVER.format(name=name))
    return root


def plan(docs: Path, *more: object) -> dict[str, Any]:
    done = run("check", docs, "--state", docs.parent / "state", *more)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_parts_are_balanced_by_the_history_and_nothing_is_run(docs: Path) -> None:
    config = load_config(docs, environ={}, state=docs.parent / "state")
    digests = {one.page: one.digest for one in load_examples(config).all}
    seconds = {"a.md": 30.0, "b.md": 10.0, "c.md": 12.0, "d.md": 8.0}
    found = [
        example(f"{page[0]}#python", digest=digests[page], duration_s=duration) for page, duration in seconds.items()
    ]
    history = docs.parent / "nights.sqlite"
    record(night(1, *found), history)
    before = history.read_bytes()
    written = plan(docs, "--plan", "2", "--history", history)
    assert [(part["examples"], part["seconds"]) for part in written["shards"]] == [
        (["a#python"], 30.0), (["b#python", "c#python", "d#python"], 30.0),
    ]  # fmt: skip
    assert plan(docs, "--plan", "2", "--history", history) == written
    assert history.read_bytes() == before, "a plan is no night"
    assert not (docs.parent / "state" / "last-runs").exists()


def test_a_machine_runs_its_part_of_the_plan(docs: Path) -> None:
    """Which part a text is in is the plan's word, and not that of its digest."""
    file = docs.parent / "plan.json"
    file.write_text(json.dumps(plan(docs, "--plan", "3")))
    parts = json.loads(file.read_text())["shards"]
    for part in parts:
        own = plan(docs, "--plan", "1", "--select", part["examples"][0])
        assert set(own["shards"][0]["texts"]) <= set(part["texts"])
    seen: list[str] = []
    for part in parts:
        config = load_config(docs, environ={}, state=docs.parent / "state", shard=_shard(part["shard"], file))
        seen += [one.id for one in make_plan(config).examples]
        assert [one.id for one in make_plan(config).examples] == part["examples"]
    assert sorted(seen) == ["a#python", "b#python", "c#python", "d#python"]


def _shard(text: str, file: Path) -> Any:
    from harness.cli.shards import shard_of

    return shard_of(text, str(file))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--plan", "0"), "1 to 256"),
        (("--plan", "-1"), "1 to 256"),
        (("--plan", "257"), "1 to 256"),
        (("--plan", "9" * 5000), "1 to 256"),
        (("--plan", "3", "--shard", "1/3"), "--shard runs one"),
        (("--plan", "missing.json"), "needs --shard"),
        (("--plan", "missing.json", "--shard", "1/3"), "cannot be read"),
    ],
)
def test_what_does_not_go_together_is_refused(docs: Path, arguments: tuple[str, ...], message: str) -> None:
    assert message in refused(run("check", docs, "--state", docs.parent / "state", *arguments)).message


def test_a_plan_of_other_docs_is_refused(docs: Path) -> None:
    file = docs.parent / "plan.json"
    file.write_text(json.dumps(plan(docs, "--plan", "2")))
    (docs / "a.md").write_text(SERVER.format(name="another"))
    config = load_config(docs, environ={}, state=docs.parent / "state", shard=_shard("1/2", file))
    make_plan(config)  # of some that are not in the plan, each machine has a share
    for name in "bcd":
        (docs / f"{name}.md").write_text(SERVER.format(name=f"another-{name}"))
    with pytest.raises(UsageError, match=r"plan\.json is a plan of other docs"):
        make_plan(config)


def test_what_could_not_be_run_says_nothing_of_its_duration(docs: Path) -> None:
    config = load_config(docs, environ={}, state=docs.parent / "state")
    text = next(one.digest for one in load_examples(config).all if one.page == "a.md")
    history = docs.parent / "nights.sqlite"
    record(night(1, example("a#python", digest=text, duration_s=40.0)), history)
    record(night(2, example("a#python", digest=text, duration_s=0.1, status=Status.BLOCKED)), history)
    assert plan(docs, "--plan", "1", "--history", history)["shards"][0]["seconds"] == 160.0


def test_a_damaged_history_is_named_before_anything_runs(docs: Path) -> None:
    history = docs.parent / "nights.sqlite"
    for number in range(40):
        record(night(number, example("a#python", digest=f"{number:064x}")), history)
    whole = history.read_bytes()
    history.write_bytes(whole[:4096] + bytes(byte ^ 0x5A for byte in whole[4096:]))
    for arguments in (("check", docs, "--plan", "2"), ("check", docs)):
        said = refused(run(*arguments, "--history", history, "--state", docs.parent / "state")).message
        assert f"{history} is not a docprobe history, or is damaged" in said
