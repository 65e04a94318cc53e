"""How a Python program is started by what its page says, in whatever way it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleKind, Layout, NoteKind, Origin
from harness.profiles.mcp.roles import CODE

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Bundle

LAMP = (
    "from mcp.server.fastmcp import FastMCP\n\nlamp = FastMCP('lamp')\n\n\nif __name__ == '__main__':\n    lamp.run()\n"
)


def bundle_of(tmp_path: Path, page: str) -> Bundle:
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert example.bundle is not None
    return example.bundle


def started(tmp_path: Path, shell: str, name: str = "lamp.py", code: str = LAMP) -> Bundle:
    return bundle_of(tmp_path, f'# L\n\n```python title="{name}"\n{code}```\n\n```bash\n{shell}\n```\n')


@pytest.mark.parametrize(
    ("shell", "command"),
    [
        ("python3.13 lamp.py", ("python", "lamp.py")),
        (".venv/bin/python lamp.py --dim", ("python", "lamp.py", "--dim")),
        ("python -u -X dev lamp.py -v", ("python", "-u", "-X", "dev", "lamp.py", "-v")),
        ("python -B -m lamp", ("python", "-B", "-m", "lamp")),
        ("nohup python lamp.py --dim > lamp.log 2>&1 &", ("python", "lamp.py", "--dim")),
        ("sudo env LAMP=1 python lamp.py", ("python", "lamp.py")),
    ],
)
def test_a_stated_command_keeps_its_words(tmp_path: Path, shell: str, command: tuple[str, ...]) -> None:
    bundle = started(tmp_path, shell)
    assert bundle.command == command
    assert not [note for note in bundle.guesses if note.kind is NoteKind.COMMAND]


def test_packages_installed_by_a_versioned_client_are_stated(tmp_path: Path) -> None:
    for line in ("python3.12 -m pip install 'mcp<2'", ".venv/bin/pip install 'mcp<2'", "pip3.12 install 'mcp<2'"):
        bundle = started(tmp_path, f"{line}\npython lamp.py")
        assert [(str(d), d.origin) for d in bundle.dependencies] == [("mcp<2", Origin.STATED)], line


def test_a_loader_runs_a_file_that_could_run_itself(tmp_path: Path) -> None:
    bundle = started(tmp_path, "pip install 'mcp[cli]<2'\nfastmcp run /srv/lamp.py:lamp --transport http --port 4600")
    assert bundle.command == ("fastmcp", "run", "lamp.py:lamp", "--transport", "http", "--port", "4600")
    assert bundle.kind is ExampleKind.HTTP_SERVER


def test_the_command_that_runs_the_file_itself_comes_before_a_loader(tmp_path: Path) -> None:
    bundle = started(tmp_path, "fastmcp run lamp.py --transport http\npython lamp.py")
    assert (bundle.command, bundle.kind) == (("python", "lamp.py"), ExampleKind.STDIO_SERVER)
    # an inspector in front of a program is not how it is run
    assert started(tmp_path, "fastmcp dev lamp.py").command == ("python", "lamp.py")


DOCKERFILE = (
    '```dockerfile\nFROM python:3.12\nENV LAMP=low LIGHT="2"\nRUN pip install "mcp<2" && \\\n  pip install uvicorn\n'
    'ENTRYPOINT ["python", "lamp.py"]\nCMD ["--dim"]\n```\n'
)


def test_a_dockerfile_states_what_nothing_else_does(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, f'```python title="lamp.py"\n{LAMP}```\n\n{DOCKERFILE}')
    assert bundle.command == ("python", "lamp.py", "--dim")
    assert {str(d) for d in bundle.dependencies} >= {"mcp<2"}
    assert (bundle.environment["LAMP"], bundle.environment["LIGHT"]) == ("low", "2")
    assert not bundle.guesses


def test_a_command_of_the_page_comes_before_its_dockerfile(tmp_path: Path) -> None:
    shell = "```sh\npip install mcp==1.20\npython lamp.py --bright\n```\n"
    bundle = bundle_of(tmp_path, f'```python title="lamp.py"\n{LAMP}```\n\n{DOCKERFILE}\n{shell}')
    assert bundle.command == ("python", "lamp.py", "--bright")
    assert [str(d) for d in bundle.dependencies] == ["mcp==1.20"]
    assert "LAMP" not in bundle.environment


COMPOSE = "```yaml\nservices:\n  lamp:\n    build: .\n{}```\n"


@pytest.mark.parametrize(
    ("service", "command", "values"),
    [
        ("    environment:\n      LAMP: high\n      PORT: 4619\n", ("lamp.py", "--dim"), {"LAMP": "high", "PORT": "4619"}),
        ("    environment: [LAMP=high, COLOUR]\n", ("lamp.py", "--dim"), {"LAMP": "high", "LIGHT": "2"}),
        ("    command: python lamp.py --bright\n", ("lamp.py", "--bright"), {"LAMP": "low"}),
        ('    entrypoint: ["python", "-u", "lamp.py"]\n', ("-u", "lamp.py"), {"LAMP": "low"}),
        ("    environment:\n      LAMP: ${LAMP:-mid}\n      LIGHT: ${LIGHT}\n", ("lamp.py", "--dim"), {"LAMP": "mid", "LIGHT": "2"}),
        ("    environment: 3\n    command: 'python \"lamp.py'\n", ("lamp.py", "--dim"), {"LAMP": "low"}),
    ],
)
def test_a_compose_file_states_how_its_image_is_run(
    tmp_path: Path, service: str, command: tuple[str, ...], values: dict[str, str]
) -> None:
    page = f'```python title="lamp.py"\n{LAMP}```\n\n{DOCKERFILE}\n{COMPOSE.format(service)}'
    bundle = bundle_of(tmp_path, page)
    assert bundle.command == ("python", *command)
    assert {name: bundle.environment.get(name) for name in values} == values


def test_a_compose_file_without_a_dockerfile_states_its_own_commands(tmp_path: Path) -> None:
    service = "    command: [python, /app/lamp.py, --dim]\n    environment:\n      LAMP: high\n  cache:\n    image: redis\n    command: redis-server\n"
    compose = COMPOSE.format(service).replace("build: .", "image: python:3.13")
    bundle = bundle_of(tmp_path, f'```python title="lamp.py"\n{LAMP}```\n\n{compose}')
    assert (bundle.command, bundle.environment["LAMP"]) == (("python", "lamp.py", "--dim"), "high")


def test_a_command_of_the_page_keeps_its_own_environment(tmp_path: Path) -> None:
    compose = COMPOSE.format("    environment:\n      LAMP: high\n")
    page = f'```python title="lamp.py"\n{LAMP}```\n\n```sh\npython lamp.py\n```\n\n{DOCKERFILE}\n{compose}'
    assert "LAMP" not in bundle_of(tmp_path, page).environment


PROJECT = '```toml title="pyproject.toml"\n[project]\nname = "lamp"\ndependencies = ["mcp<2"]\n{scripts}```\n\n'
MAIN = "from lamp_house.bulbs import COUNT\nfrom mcp.server.fastmcp import FastMCP\n\nlamp = FastMCP(str(COUNT))\n\n\ndef on():\n    lamp.run()\n"
FILES = f'```python title="src/lamp_house/bulbs.py"\nCOUNT = 3\n```\n\n```python title="src/lamp_house/main.py"\n{MAIN}```\n\n'


def test_packages_in_src_are_found_as_if_they_were_installed(tmp_path: Path) -> None:
    scripts = '[project.scripts]\nlamp = "lamp_house.main:on"\n'
    bundle = bundle_of(tmp_path, PROJECT.format(scripts=scripts) + FILES + "```sh\nuv run lamp\n```\n")
    assert "from lamp_house.main import on" in bundle.command[-1]
    assert bundle.environment["PYTHONPATH"] == "src"
    paths = {file.path for file in bundle.files}
    assert {"src/lamp_house/main.py", "src/lamp_house/bulbs.py"} <= paths
    assert "src/__init__.py" not in paths


def test_a_module_of_src_is_run_by_its_own_name(tmp_path: Path) -> None:
    files = FILES.replace("def on():\n    lamp.run()", "lamp.run()")
    bundle = bundle_of(tmp_path, PROJECT.format(scripts="") + files + "```sh\nuv run python -m lamp_house.main\n```\n")
    assert bundle.command == ("python", "-m", "lamp_house.main")
    assert bundle.environment["PYTHONPATH"] == "src"


@pytest.mark.parametrize(
    ("shell", "left"),
    [
        ("python lamp.py --key lamp.pem", ["the file lamp.pem"]),
        ("python lamp.py --config=settings.toml", ["the file settings.toml"]),
        ("python lamp.py /path/to/bulbs", ["/path/to/bulbs, an argument of the command"]),
        ("python lamp.py ~/bulbs", ["~/bulbs, an argument of the command"]),
        ("python lamp.py --token=your-token-here", ["your-token-here, an argument of the command"]),
        ("python lamp.py --path /mcp --port 4610", []),
        ("python lamp.py notes.txt", []),
        ("uv run --env-file .env.local lamp.py", []),
    ],
)
def test_what_the_command_needs_of_the_reader_is_said(tmp_path: Path, shell: str, left: list[str]) -> None:
    notes = '```text title="notes.txt"\nnotes\n```\n' if "notes.txt" in shell else ""
    bundle = started(tmp_path, f"{shell}\n```\n\n{notes}```bash\npip install 'mcp<2'")
    assert "lamp.py" in bundle.command
    assert [part.what for part in bundle.left_to_reader] == left
    assert any(file.path == "notes.txt" for file in bundle.files) == bool(notes)


@pytest.mark.parametrize(
    ("read", "fence"),
    [
        ("open('bulbs.json').read()", 'json title="bulbs.json"'),
        ("Path('./data/bulbs.md').read_text()", 'md title="data/bulbs.md"'),
        ("Path(__file__).parent / 'bulbs.sql'", 'sql title="bulbs.sql"'),
    ],
)
def test_a_file_that_the_page_shows_and_the_program_reads_is_there(tmp_path: Path, read: str, fence: str) -> None:
    code = f"from pathlib import Path\n{LAMP}".replace("lamp = FastMCP('lamp')", f"lamp = FastMCP(str({read}))")
    page = f'```{fence}\n{{"bulbs": 3}}\n```\n\n```yaml title="other.yaml"\nx: 1\n```\n\n```python title="lamp.py"\n{code}```\n'
    bundle = bundle_of(tmp_path, page)
    path = fence.partition('"')[2].removesuffix('"')
    assert {file.path: file.text for file in bundle.files} == {"lamp.py": code, path: '{"bulbs": 3}\n'}
    shown = next(file for file in bundle.files if file.path == path).docs_line(1)
    assert shown is not None
    assert shown.first == 2
    assert not [part for part in bundle.left_to_reader if "bulbs" in part.what]


DIMMER = (
    "from fastapi import FastAPI\nfrom mcp.server.fastmcp import FastMCP\n\nlamp = FastMCP('lamp')\n"
    "dimmer = FastAPI()\ndimmer.mount('/', lamp.streamable_http_app())\n"
)
FACTORY = (
    "from fastapi import FastAPI\nfrom mcp.server.fastmcp import FastMCP\n\n\ndef make_dimmer():\n"
    "    dimmer = FastAPI()\n    dimmer.mount('/', FastMCP('lamp').streamable_http_app())\n    return dimmer\n"
)


@pytest.mark.parametrize(
    ("shell", "command", "packages"),
    [
        ("python -m uvicorn lamp:dimmer --port 4611", "-m uvicorn lamp:dimmer --port 4611", {"uvicorn"}),
        ("uv run python -m uvicorn lamp:dimmer", "-m uvicorn lamp:dimmer", {"uvicorn"}),
        ("uv run -p 3.12 -m uvicorn lamp:dimmer", "-m uvicorn lamp:dimmer", {"uvicorn"}),
        ("hypercorn lamp:dimmer --bind 0.0.0.0:4612", "-m hypercorn lamp:dimmer --bind 0.0.0.0:4612", {"hypercorn"}),
        (
            "gunicorn -k uvicorn.workers.UvicornWorker -w 4 -b :4613 lamp:dimmer",
            "-m gunicorn -k uvicorn.workers.UvicornWorker -b :4613 lamp:dimmer",
            {"gunicorn", "uvicorn"},
        ),
        (
            "poetry run granian --interface asgi --workers=2 --port 4614 lamp:dimmer",
            "-m granian --interface asgi --port 4614 lamp:dimmer",
            {"granian"},
        ),
        ("daphne -p 4615 lamp:dimmer", "-m daphne -p 4615 lamp:dimmer", {"daphne"}),
        ("fastapi run lamp.py --port 4616", "-m fastapi run lamp.py --port 4616", {"fastapi[standard]"}),
        ("fastapi dev lamp.py", "-m fastapi dev lamp.py --no-reload", {"fastapi[standard]"}),
    ],
)
def test_an_application_is_served_as_the_page_serves_it(
    tmp_path: Path, shell: str, command: str, packages: set[str]
) -> None:
    # the page names the file, or only the command does
    for title in (' title="lamp.py"', ""):
        bundle = bundle_of(tmp_path, f"# L\n\n```python{title}\n{DIMMER}```\n\n```bash\n{shell}\n```\n")
        assert bundle.command == ("python", *command.split())
        assert {file.path for file in bundle.files} == {"lamp.py"}
        assert {str(d) for d in bundle.dependencies} >= packages
        assert not [note for note in bundle.guesses if note.kind is NoteKind.COMMAND]


@pytest.mark.parametrize(
    "shell", ["uvicorn --factory lamp:make_dimmer --port 4617", "uvicorn 'lamp:make_dimmer' --factory --port 4617"]
)
def test_a_function_that_makes_the_application_is_served(tmp_path: Path, shell: str) -> None:
    bundle = started(tmp_path, shell, code=FACTORY)
    assert bundle.command[:3] == ("python", "-m", "uvicorn")
    assert {"--factory", "lamp:make_dimmer", "4617"} <= set(bundle.command)
    assert bundle.kind is ExampleKind.HTTP_SERVER


BY_HAND = (
    "from {framework} import {name}, request\n\nlamp = {name}(__name__)\n\n\n@lamp.post('/mcp')\ndef answer():\n"
    "    return {{'jsonrpc': '2.0', 'id': request.json['id'], 'result': {{}}}}\n"
)


@pytest.mark.parametrize(
    ("framework", "shell", "command"),
    [
        ("flask", "flask --app lamp run --port 4618", "-m flask --app lamp run --port 4618"),
        ("flask", "flask --app lamp:lamp run -p 4618", "-m flask --app lamp:lamp run -p 4618"),
        ("flask", "FLASK_APP=lamp.py flask run", "-m flask run"),
        ("flask", "uv run --with flask flask --app lamp.py run", "-m flask --app lamp.py run"),
        ("flask", "gunicorn --workers 2 lamp:lamp", "-m gunicorn lamp:lamp"),
        ("flask", "waitress-serve --port=4618 lamp:lamp", "-m waitress --port=4618 lamp:lamp"),
        ("quart", "pip install quart && quart --app lamp run", "-m quart --app lamp run"),
    ],
)
def test_a_framework_without_a_start_in_the_code_is_started_by_the_command(
    tmp_path: Path, framework: str, shell: str, command: str
) -> None:
    code = BY_HAND.format(framework=framework, name=framework.title())
    for title in (' title="lamp.py"', ""):
        bundle = bundle_of(tmp_path, f"# L\n\n```python{title}\n{code}```\n\n```bash\n{shell}\n```\n")
        assert bundle.command == ("python", *command.split())
        assert {file.path for file in bundle.files} == {"lamp.py"}
        assert bundle.environment.get("FLASK_APP") == ("lamp.py" if shell.startswith("FLASK_APP") else None)


def test_a_command_that_serves_another_module_starts_nothing(tmp_path: Path) -> None:
    code = BY_HAND.format(framework="flask", name="Flask")
    page = f'```python title="lamp.py"\n{code}```\n\n```bash\nflask --app torch run\ngunicorn lamp:torch\n```\n'
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert example.bundle is None


def test_a_file_in_a_folder_with_relative_imports_is_run_as_a_module(tmp_path: Path) -> None:
    modules = "```python title=\"src/lamps/names.py\"\nNAME = 'lamp'\n```\n\n"
    code = LAMP.replace("\n\n", "\n\nfrom .names import NAME\n\n", 1)
    page = f'{modules}```python title="src/lamps/main.py"\n{code}```\n'
    assert bundle_of(tmp_path, page).command == ("python", "-m", "src.lamps.main")
    # what the page states is what runs, though it cannot work
    stated = bundle_of(tmp_path, f"{page}\n```bash\npython src/lamps/main.py\n```\n")
    assert stated.command == ("python", "src/lamps/main.py")


def test_each_further_dot_of_an_import_is_a_folder_up(tmp_path: Path) -> None:
    files = {"app/names.py": "NAME = 'far'\n", "app/lamps/names.py": "OTHER = 'near'\n"}
    shown = "".join(f'```python title="{path}"\n{text}```\n\n' for path, text in files.items())
    code = LAMP.replace("\n\n", "\n\nfrom ..names import NAME\n\n", 1)
    bundle = bundle_of(tmp_path, f'{shown}```python title="app/lamps/main.py"\n{code}```\n\n```bash\npython -m app.lamps.main\n```\n')
    assert [file.path for file in bundle.files if file.path.endswith("names.py")] == ["app/names.py"]
