"""How a TypeScript or JavaScript program is started by what its page says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import Layout, NoteKind
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Bundle

KITE = (
    "import express from 'express';\n"
    "import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';\n"
    "const kite = express();\n"
    "kite.post('/mcp', (req, res) => new StreamableHTTPServerTransport({}).handleRequest(req, res));\n"
    "kite.listen(Number(process.env.PORT));\n"
)


def started(tmp_path: Path, name: str, shell: str, scripts: dict[str, str] | None = None) -> Bundle:
    manifest = f'```json title="package.json"\n{json.dumps({"scripts": scripts})}\n```\n\n' if scripts else ""
    page = f'# K\n\n{manifest}```{name.rpartition(".")[2]} title="{name}"\n{KITE}```\n\n```bash\n{shell}\n```\n'
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert example.bundle is not None
    return example.bundle


TSX = ("node", "--import", "tsx")


@pytest.mark.parametrize(
    ("name", "shell", "command"),
    [
        ("kite.ts", "node --experimental-strip-types kite.ts", ("node", "--experimental-strip-types", "kite.ts")),
        ("kite.ts", "npx tsx kite.ts --high", (*TSX, "kite.ts", "--high")),
        ("kite.mjs", "npx nodemon kite.mjs --high", ("node", "kite.mjs", "--high")),
        ("kite.ts", "npx ts-node-dev kite.ts", (*TSX, "kite.ts")),
        ("kite.mjs", "node --env-file=.env.local --trace-warnings kite.mjs", ("node", "--trace-warnings", "kite.mjs")),
        ("kite.mjs", "node --env-file .env --watch kite.mjs", ("node", "kite.mjs")),
        ("kite.mjs", "npx cross-env PORT=4700 node kite.mjs", ("node", "kite.mjs")),
        # options of the loader itself, in front of the program and around its verb
        ("kite.ts", "npx tsx watch --clear-screen=false kite.ts --high", (*TSX, "kite.ts", "--high")),
        ("kite.ts", "tsx --tsconfig tsconfig.dev.json watch kite.ts", (*TSX, "kite.ts")),
        ("kite.ts", "npx tsx --env-file .env --no-cache kite.ts", (*TSX, "kite.ts")),
        ("kite.ts", "npx tsx --import ./trace.mjs kite.ts", (*TSX, "--import", "./trace.mjs", "kite.ts")),
        ("kite.mjs", "bun --hot run kite.mjs", ("node", "kite.mjs")),
        ("kite.ts", "npx ts-node --esm -P tsconfig.json kite.ts", (*TSX, "kite.ts")),
        ("kite.ts", "ts-node-dev --respawn --transpile-only kite.ts", (*TSX, "kite.ts")),
        ("kite.ts", "deno run --allow-read=. --allow-net kite.ts", (*TSX, "kite.ts")),
        ("kite.ts", "npx nodemon --watch src -e ts --exec tsx kite.ts", (*TSX, "kite.ts")),
        ("kite.ts", "npx nodemon --watch src --exec 'npx tsx kite.ts --high'", (*TSX, "kite.ts", "--high")),
        ("kite.mjs", 'nodemon --exec="node kite.mjs"', ("node", "kite.mjs")),
    ],
)
def test_a_stated_command_is_what_runs(tmp_path: Path, name: str, shell: str, command: tuple[str, ...]) -> None:
    bundle = started(tmp_path, name, shell)
    assert bundle.command == command
    assert not [note for note in bundle.guesses if note.kind is NoteKind.COMMAND]


def test_variables_in_front_of_a_wrapped_command_are_set(tmp_path: Path) -> None:
    for wrapper in ("npx cross-env", "cross-env", "env", "exec env"):
        assert started(tmp_path, "kite.mjs", f"{wrapper} PORT=4701 node kite.mjs").environment["PORT"] == "4701"


SCRIPTS = {"start": "node kite.mjs", "fly": "node kite.mjs --fly", "glide": "npm run fly -- far"}


@pytest.mark.parametrize(
    ("shell", "command", "port"),
    [
        ("npm run fly", ("node", "kite.mjs", "--fly"), None),
        ("PORT=4702 npm start", ("node", "kite.mjs"), "4702"),
        ("PORT=4703 npm run fly -- --high", ("node", "kite.mjs", "--fly", "--high"), "4703"),
        ("pnpm fly --high", ("node", "kite.mjs", "--fly", "--high"), None),
        ("yarn run fly", ("node", "kite.mjs", "--fly"), None),
        ("node --run fly", ("node", "kite.mjs", "--fly"), None),
        # npm keeps what comes before "--" for itself
        ("npm run fly --silent", ("node", "kite.mjs", "--fly"), None),
        ("npm install", ("node", "kite.mjs"), None),
        ("npm run fly low --high", ("node", "kite.mjs", "--fly", "low"), None),
        ("npm --silent run -s fly -- low", ("node", "kite.mjs", "--fly", "low"), None),
        ("npm run glide -- low", ("node", "kite.mjs", "--fly", "far", "low"), None),
        # a command that names the program counts before a script that nothing calls
        ("node kite.mjs low", ("node", "kite.mjs", "low"), None),
    ],
)
def test_the_script_that_the_page_calls_is_run_as_it_calls_it(
    tmp_path: Path, shell: str, command: tuple[str, ...], port: str | None
) -> None:
    bundle = started(tmp_path, "kite.mjs", shell, SCRIPTS)
    assert bundle.command == command
    if port:
        assert bundle.environment["PORT"] == port


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ("npm start -- low", ("low",)),
        ("npm run dev low", ("low",)),
        ("pnpm dev --high", ("--high",)),
        ("npm run lint -- low", ()),
        ("npm install low", ()),
        ("npm run build\nnode dist/kite.js low", ("low",)),
        ("node dist/other.js low", ()),
    ],
)
def test_words_for_a_script_that_the_page_does_not_show_are_given_to_the_program(
    tmp_path: Path, shell: str, words: tuple[str, ...]
) -> None:
    assert started(tmp_path, "kite.ts", shell).command == (*TSX, "kite.ts", *words)


def test_variables_in_front_of_a_script_that_the_page_does_not_show_are_set(tmp_path: Path) -> None:
    assert started(tmp_path, "kite.mjs", "PORT=4705 npm start").environment["PORT"] == "4705"


def test_scripts_that_call_each_other_start_nothing(tmp_path: Path) -> None:
    bundle = started(tmp_path, "kite.mjs", "npm run round", {"round": "npm run again", "again": "npm run round"})
    assert bundle.command == ("node", "kite.mjs")
