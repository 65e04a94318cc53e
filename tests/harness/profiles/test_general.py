"""Servers of no specification in particular."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from extractor.model import ExampleStatus
from harness.judge.remarks import missing_text_remark
from harness.load import load_examples, load_normative_text
from harness.profiles.registry import MCP, PROFILES
from harness.run.attempt import make_probe
from harness.run.listening_probe import ListeningProbe
from harness.settings import load_config
from harness.spec.bind import bind
from tests.support.reports import tutorial

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Example

NODE = "import { createServer } from 'node:http';\ncreateServer((q, r) => r.end('[]')).listen(4000);\n"
FLASK = "from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.get('/pets')\ndef pets():\n    return []\n\n\napp.run(port=4000)\n"
ASGI = "from fastapi import FastAPI\n\napp = FastAPI()\n"
CLIENT = "const pets = await (await fetch('http://localhost:4000/pets')).json();\nconsole.log(pets);\n"


def examples(root: Path, profile: str, *blocks: tuple[str, str]) -> tuple[Example, ...]:
    (root / "docprobe.toml").write_text(f'profile = "{profile}"\n')
    (root / "a.md").write_text("# A\n\n" + "\n\n".join(f"```{info}\n{code}```" for info, code in blocks))
    return load_examples(load_config(root, environ={"DOCPROBE_STATE": str(root / ".state")})).all


@pytest.mark.parametrize("profile", ["general", "plain"])
@pytest.mark.parametrize(
    ("info", "code"),
    [("js server.mjs", NODE), ("python app.py", FLASK), ("python main.py", ASGI)],
    ids=("node", "flask", "asgi"),
)
def test_a_server_is_an_example_of_which_nothing_is_asked(tmp_path: Path, profile: str, info: str, code: str) -> None:
    (found,) = examples(tmp_path, profile, (info, code))
    assert found.status is ExampleStatus.RUNNABLE
    assert found.bundle is not None
    assert isinstance(make_probe(found.bundle, PROFILES[profile]), ListeningProbe)


def test_sentences_without_requirements_are_no_lack(tmp_path: Path) -> None:
    """What runs is judged as an example; there is nothing that bindings could be given for."""
    (tmp_path / "docprobe.toml").write_text('profile = "general"\n[layout]\nspecification = ["a.md"]\n')
    (tmp_path / "a.md").write_text("# A\n\nA server MUST answer.\n")
    text = load_normative_text(load_config(tmp_path, environ={"DOCPROBE_STATE": str(tmp_path / ".state")}))
    judged = (tutorial("1.0", others=()),)
    assert text.bound.unbound
    assert list(missing_text_remark(judged, text.bound)) == []
    of_mcp = replace(text.bound, requirements=bind((), (), MCP.catalogue.requirements).requirements)
    assert "no finding about it can block" in next(missing_text_remark(judged, of_mcp))


def test_what_serves_nothing_is_no_example(tmp_path: Path) -> None:
    assert examples(tmp_path, "general", ("js client.mjs", CLIENT)) == ()


def test_a_server_of_another_specification_is_none_of_mcps(tmp_path: Path) -> None:
    assert examples(tmp_path, "mcp", ("js server.mjs", NODE)) == ()


def test_a_server_of_the_protocol_is_conversed_with(tmp_path: Path) -> None:
    code = NODE.replace("'[]'", "JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} })")
    (found,) = examples(tmp_path, "plain", ("js server.mjs", code))
    assert found.bundle is not None
    assert isinstance(make_probe(found.bundle, PROFILES["plain"]), type(MCP.probe_for(found.bundle)))
