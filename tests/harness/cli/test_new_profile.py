"""``docprobe new-profile``, and the page "A new specification" followed for a made-up one."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import anyio
import httpx
import pytest

import harness.profiles
from harness.judge.judge import judge
from harness.load import load_examples, load_normative_text
from harness.model import ListeningSocket, Verdict
from harness.profiles.registry import PROFILES
from harness.run.attempt import make_probe
from harness.settings import load_config
from tests.support.command import refused, run, run_or_raise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.engine.protocol import Pod
    from harness.model import Finding
    from harness.profile import Profile

SENTENCE = "A server MUST answer `GET /things` with status 200 and a JSON array."
GUIDE = "# Guide\n\n```js server.mjs\nimport { createServer } from 'node:http';\ncreateServer(() => {}).listen(3000);\n```\n"


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Profile]:
    """The skeleton of a profile ``things``, named in the registry."""
    run_or_raise("new-profile", "things", "--out", tmp_path / "profiles")
    monkeypatch.setattr(harness.profiles, "__path__", [*harness.profiles.__path__, str(tmp_path / "profiles")])
    made = cast("Profile", importlib.import_module("harness.profiles.things.profile").PROFILE)
    monkeypatch.setitem(cast("dict[str, Profile]", PROFILES), made.name, made)
    yield made
    for name in [name for name in sys.modules if name.startswith("harness.profiles.things")]:
        del sys.modules[name]


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCPROBE_STATE", str(tmp_path / "state"))
    root = tmp_path / "docs"
    root.mkdir()
    (root / "docprobe.toml").write_text('profile = "things"\n')
    (root / "spec.md").write_text(f"# Things\n\n{SENTENCE} Nodes SHOULD be quick.\n")
    (root / "guide.md").write_text(GUIDE)
    return root


class Answering:
    """A pod whose example answers each request alike."""

    def __init__(self, status: int, body: str) -> None:
        self._answer = httpx.MockTransport(lambda request: httpx.Response(status, text=body))

    def transport(self) -> httpx.AsyncBaseTransport:
        return self._answer

    def sockets(self) -> tuple[ListeningSocket, ...]:
        return (ListeningSocket("0.0.0.0", 3000),)

    def logs(self) -> tuple[()]:
        return ()


def test_the_page_leads_to_a_judged_server(profile: Profile, docs: Path) -> None:
    listed = run_or_raise("statements", docs).stdout
    assert [line.split()[2] for line in listed.splitlines()[1:]] == ["server", "server"]
    entry = run_or_raise("statements", docs, "--bind", "things.listed=spec.md:3").stdout
    assert profile.bindings is not None
    profile.bindings.write_text(profile.bindings.read_text() + entry)

    config = load_config(docs)
    bound = load_normative_text(config).bound
    (example,) = load_examples(config).all
    assert example.bundle is not None
    probe = make_probe(example.bundle, config.profile)

    def findings(status: int, body: str) -> tuple[Finding, ...]:
        pod = cast("Pod", Answering(status, body))
        transcript = anyio.run(probe.converse, pod, config.probe_settings, lambda _: None)
        assert probe.serves(transcript)
        rows = tuple(bound.requirements.values())
        return judge(replace(transcript, example_id=example.id), rows, config.profile, page_revision=example.revision)

    (right,) = findings(200, "[]")
    assert right.verdict is Verdict.SATISFIED
    for status, body in ((404, "[]"), (200, "{}"), (200, "none")):
        (wrong,) = findings(status, body)
        assert (wrong.verdict, wrong.gates) == (Verdict.VIOLATED, True)
        assert wrong.statement is not None
        assert wrong.statement.text == SENTENCE.replace("`", "")


def test_a_sentence_that_changes_is_drift(profile: Profile, docs: Path) -> None:
    assert profile.bindings is not None
    profile.bindings.write_text(run_or_raise("statements", docs, "--bind", "things.listed=spec.md:3").stdout)
    (docs / "spec.md").write_text(f"# Things\n\n{SENTENCE.replace('200', '204')}\n")
    (drift,) = load_normative_text(load_config(docs)).bound.drift
    assert drift.requirement == "things.listed"


def test_the_skeleton_has_the_name_everywhere(tmp_path: Path) -> None:
    told = run_or_raise("new-profile", "agent_card", "--out", tmp_path)
    folder = tmp_path / "agent_card"
    texts = [file.read_text() for file in folder.iterdir()]
    assert {file.name for file in folder.iterdir()} == {
        "__init__.py", "profile.py", "probe.py", "rules.py", "bindings.toml",
    }  # fmt: skip
    assert not [text for text in texts if "template" in text.lower()]
    assert any("class AgentCardProbe" in text for text in texts)
    assert "next: name it in" in told.stderr


@pytest.mark.parametrize(("name", "message"), [("A-b", "cannot name a profile"), ("things", "exists")])
def test_what_cannot_be_written_is_said(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "things").mkdir()
    assert message in refused(run("new-profile", name, "--out", tmp_path)).message


def test_outside_a_checkout_a_folder_must_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "not a checkout of docprobe" in refused(run("new-profile", "things")).message
