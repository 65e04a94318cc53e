"""The words that a command gives to a program."""

from __future__ import annotations

import pytest

from extractor.languages.common.program_words import called_script, given_words


@pytest.mark.parametrize(
    "command",
    [
        "python server.py http", "python3 -u -X dev server.py http", "python -m mill http", "uv run server.py http",
        "uv run -m mill http", "uv run --directory /srv mill http", "uv --directory /srv run server.py http",
        "uvx mill http", "uvx --from mill-tools mill http", "uvx --python 3.12 mill http", "uv tool run mill http",
        "pipx run --spec mill-tools mill http", "poetry run mill http", "uv run python -m mill http",
        "node server.js http", "node . http", "node --import tsx src/server http", "npx mill http",
        "npx -y mill http", "npx -p mill-tools mill http", "npx -- mill http", "npm exec -- mill http",
        "pnpm dlx mill http", "npx tsx watch src/server http", "deno run -A npm:mill http", "bun run start http",
        "npm start http", "npm start -- http", "npm --silent run start -- http", "pnpm start http", "yarn dev http",
        "node --run start -- http", "./server.py http", "docker run mill server.py http",
    ],
)  # fmt: skip
def test_what_stands_behind_the_name_of_a_program_is_given_to_it(command: str) -> None:
    assert given_words(command.split()) == ("http",)


@pytest.mark.parametrize("command", ["uvx mill -m http", "npx mill -m http", "uv run mill -m http", "python s.py -m http"])
def test_an_option_of_the_program_is_not_one_of_what_starts_it(command: str) -> None:
    assert given_words(command.split()) == ("-m", "http")


def test_where_a_name_ends_is_not_always_known() -> None:
    assert given_words(["docker", "run", "mill", "http"]) is None
    assert given_words(["mill"]) == given_words([]) == ()


def test_npm_keeps_options_to_itself() -> None:
    assert called_script(["npm", "--prefix", "web", "run", "start", "low", "--high", "--", "--far"]) == ("start", ("low", "--far"))
    assert called_script(["pnpm", "--filter", "web", "start", "low", "--high"]) == ("start", ("low", "--high"))
    assert called_script(["npm", "start", "--prefix", "web"]) == ("start", ())
    assert called_script(["npm", "run", "start", "-w", "web", "--", "-v"]) == ("start", ("-v",))
    assert called_script(["npm", "run"]) is called_script(["node", "start"]) is called_script([]) is None
