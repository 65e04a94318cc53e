"""Install lines: names are taken, everything that points elsewhere is refused with a reason."""

from __future__ import annotations

import pytest

from extractor.languages.common.install_lines import installs_of
from extractor.languages.common.shell import commands_of
from extractor.model import Manager
from tests.extractor.blocks import block


def read(line: str, language: str = "bash") -> tuple[list[str], str | None]:
    found = list(installs_of(commands_of(block(language, line))))
    assert len(found) == 1, found
    return [str(d) for d in found[0].dependencies], found[0].refused


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("npm install express zod@3", ["express", "zod@3"]),
        ("npm i @modelcontextprotocol/sdk@^1.20.0", ["@modelcontextprotocol/sdk@^1.20.0"]),
        ("$ npm install --save express", ["express"]),
        ("pnpm add hono @hono/node-server", ["hono", "@hono/node-server"]),
        ("yarn add cors", ["cors"]),
        ("bun add zod", ["zod"]),
        ("pip install mcp", ["mcp"]),
        ('pip install "mcp[cli]>=1.2,<2"', ["mcp[cli]<2,>=1.2"]),
        ("uv add mcp[cli] httpx", ["mcp[cli]", "httpx"]),
        ("uv pip install --system fastmcp", ["fastmcp"]),
        ("python3 -m pip install -U fastmcp==2.3.0", ["fastmcp==2.3.0"]),
        ("poetry add starlette", ["starlette"]),
        ("uv add --group test pytest", ["pytest"]),
        ("pip install -r requirements.txt", []),
        ("npm install", []),
        ("cd app && sudo pip3 install uvicorn # the server", ["uvicorn"]),
        ("pip install \\\n  httpx \\\n  anyio", ["httpx", "anyio"]),
    ],
)
def test_names_are_taken(line: str, names: list[str]) -> None:
    assert read(line) == (names, None)


@pytest.mark.parametrize(
    ("line", "because"),
    [
        (
            "pip install --index-url https://packages.example.com/simple mcp",
            "--index-url asks for another package index",
        ),
        ("pip install --extra-index-url=https://packages.example.com mcp", "another package index"),
        ("pip install -i https://packages.example.com mcp", "another package index"),
        ("npm install --registry https://npm.example.com express", "another package registry"),
        ("npm install --prefix /usr/local express", "an install outside the example's folder"),
        ("pip install --target /opt mcp", "an install outside the example's folder"),
        ("npm install -g tsx", "a global install"),
        ("npm i --global tsx", "a global install"),
        ("pip install -e .", "-e asks for a local folder"),
        ("pip install ./wheels/mcp.whl", "is a local path"),
        ("pip install /opt/mcp", "is a local path"),
        ("npm install ../sdk", "is a local path"),
        ("npm install file:../sdk", "is a place to download from"),
        ("npm install https://packages.example.com/sdk.tgz", "is a place to download from"),
        ("npm install git+ssh://git@git.example.com/sdk.git", "is a git URL"),
        ("npm install github:someone/sdk", "is a git URL"),
        ("npm install someone/sdk", "is not a package name"),
        ("npm install express@npm:other@1", "is an alias for another package"),
        ("pip install mcp@git+https://git.example.com/mcp", "is a git URL"),
        ('pip install "mcp @ https://packages.example.com/mcp.whl"', "is a place to download from"),
        ("pip install 'mcp; import os'", "is not a package name"),
        ("npm install express@$(whoami)", "does not ask for a version of the registry"),
        ("npm install 'x`id`'", "is not a package name"),
        ("pip install -f https://packages.example.com mcp", "packages from a folder or page"),
    ],
)
def test_what_points_elsewhere_is_refused(line: str, because: str) -> None:
    names, refused = read(line)
    assert names == []
    assert refused is not None
    assert because in refused
    assert refused.startswith("“")


def test_one_refused_word_refuses_the_line_and_no_other() -> None:
    lines = "npm install express git+https://git.example.com/x.git\nnpm install cors\n"
    first, second = installs_of(commands_of(block("bash", lines)))
    assert first.refused
    assert first.dependencies == ()
    assert [d.name for d in second.dependencies] == ["cors"]
    assert second.span.first == 3


def test_development_is_kept() -> None:
    (found,) = installs_of(commands_of(block("bash", "npm install -D typescript")))
    assert found.dependencies[0].development
    assert found.manager is Manager.NPM


@pytest.mark.parametrize("language", ["powershell", "text", "python", "json", ""])
def test_only_shells_are_read(language: str) -> None:
    assert list(installs_of(commands_of(block(language, "npm install express")))) == []


@pytest.mark.parametrize(
    "line", ["echo npm install express", "npx express", "pip list", "docker run npm install x", "'"]
)
def test_other_commands_install_nothing(line: str) -> None:
    assert list(installs_of(commands_of(block("bash", line)))) == []
