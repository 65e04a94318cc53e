"""Examples of a specification that docprobe does not know: everything about it comes from its profile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.languages.common.roles import CodeProfile, LanguageRules, Role, Start
from extractor.languages.python.web import serving
from extractor.model import Dependency, Example, ExampleKind, ExampleStatus, Layout, NoteKind, ServiceRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from extractor.languages.common.facts import CodeFacts


def chat_role(files: Sequence[CodeFacts]) -> Role:
    relevant = any(module == "chatproto" for code in files for module in code.modules)
    room = next((call for code in files for call in code.calls if call.last == "Room"), None)
    if relevant and (found := serving(files)) and found.started:
        return Role(ExampleKind.HTTP_SERVER, Start.RUN, relevant)
    return Role(ExampleKind.OTHER, Start.NONE, relevant, handle=room.target if room else None, why="is not a room")


CHAT = CodeProfile(
    rules={
        "python": LanguageRules(
            role=chat_role,
            endpoint_paths=lambda _files, _services: ("/chat",),
            registrations=frozenset({"on_message"}),
            loaders={"chat": Dependency("chatproto", extras=("cli",))},
            http_transports=frozenset({"web"}),
        )
    },
    words=("chatproto",),
    listed_words=("chatproto",),
    host_configuration="chatServers",
    scaffolds={"chatframe": "is a part of a generated project"},
    authorization=ServiceRequest(
        "authorization", "localhost", 9000, {"realm": "chat", "client_id": "chatter", "client_secret": "hush"}
    ),
    local_modules=frozenset({"chat_rooms"}),
    python_packages={"chatproto": "chat-protocol"},
)
SERVER = "from chatproto import App\nfrom flask import Flask\napp = Flask(__name__)\napp.run()\n"
ROOM = "from chatproto import Room\nroom = Room()\n"


def found(tmp_path: Path, page: str, profile: CodeProfile = CHAT) -> list[Example]:
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    corpus = extract(tmp_path, Layout(), loaders=profile.loaders, jobs=1, statements=False)
    return list(find_examples(corpus, profile))


def test_its_own_role_decides(tmp_path: Path) -> None:
    (example,) = found(tmp_path, f"```python\n{SERVER}```\n")
    assert example.kind is ExampleKind.HTTP_SERVER
    assert example.bundle is not None
    assert example.bundle.endpoint_paths == ("/chat",)
    assert [d.name for d in example.bundle.dependencies] == ["chat-protocol", "flask"]


def test_paths_that_code_and_page_name_come_first(tmp_path: Path) -> None:
    rules = replace(CHAT.rules["python"], endpoint_paths=lambda _codes, _services: ("/one", "/two"))
    profile = replace(CHAT, rules={"python": rules})
    urls = "".join(f"curl http://localhost:5000/{path}\n" for path in ("three", "health", "two"))
    (example,) = found(tmp_path, f"```python\n{SERVER}```\n\n```bash\n{urls}```\n", profile)
    assert example.bundle is not None
    assert example.bundle.endpoint_paths == ("/two", "/one", "/three")


def test_code_about_something_else_is_not_an_example(tmp_path: Path) -> None:
    page = '```python\nfrom fastmcp import FastMCP\nFastMCP("x").run()\n```\n\n```go\nimport "mcp"\n```\n'
    assert found(tmp_path, page) == []
    assert found(tmp_path, f"```python\n{SERVER}```\n", CodeProfile()) == []


def test_its_own_words_mark_code_that_is_not_parsed(tmp_path: Path) -> None:
    page = "```python\nimport chatproto (\n```\n\n```ruby\nimport chatproto\n```\n"
    assert [e.status for e in found(tmp_path, page)] == [ExampleStatus.FRAGMENT, ExampleStatus.UNSUPPORTED]


def test_its_own_loader_starts_a_server(tmp_path: Path) -> None:
    page = f"```python room.py\n{ROOM}```\n\n```bash\nchat run room.py --transport web\n```\n"
    (example,) = found(tmp_path, page)
    assert example.kind is ExampleKind.HTTP_SERVER
    assert example.bundle is not None
    assert example.bundle.command == ("chat", "run", "room.py", "--transport", "web")
    assert "chatproto[cli]" in map(str, example.bundle.dependencies)


def test_its_own_loader_is_read_in_prose(tmp_path: Path) -> None:
    page = f"```python\n{SERVER}```\n\nStart it: `chat run desk.py`.\n"
    (example,) = found(tmp_path, page)
    assert example.bundle is not None
    assert example.bundle.command == ("chat", "run", "desk.py"), "as the page says, although the file would run itself"


def test_its_own_modules_are_not_packages(tmp_path: Path) -> None:
    (example,) = found(tmp_path, f"```python\nimport chat_rooms\n{SERVER}```\n")
    assert example.status is ExampleStatus.FRAGMENT
    (other,) = found(tmp_path, f"```python\nimport chat_walls\n{SERVER}```\n\n```sh\npip install chat-walls\n```\n")
    assert other.status is ExampleStatus.RUNNABLE


def test_its_own_host_configuration_starts_a_server(tmp_path: Path) -> None:
    servers = '{"chatServers": {"r": {"command": "chat", "args": ["run", "room.py"]}}}'
    (example,) = found(tmp_path, f"```python room.py\n{ROOM}```\n\n```json\n{servers}\n```\n")
    assert example.kind is ExampleKind.STDIO_SERVER
    (other,) = found(tmp_path, f"```python room.py\n{ROOM}```\n\n```json\n{servers.replace('chatS', 's')}\n```\n")
    assert other.reason == "is not a room"


def test_its_own_registrations_are_for_later(tmp_path: Path) -> None:
    handler = "@app.on_message\ndef f():\n    return later\n"
    (example,) = found(tmp_path, f"```python\n{SERVER.replace('app.run', handler + 'app.run')}```\n")
    assert NoteKind.WHOLE_PROGRAM not in {note.kind for note in example.notes}
    (example,) = found(tmp_path, f"```python\n{SERVER.replace('app.run', handler.replace('on_', '') + 'app.run')}```\n")
    assert NoteKind.WHOLE_PROGRAM in {note.kind for note in example.notes}


def test_its_own_frameworks_and_services(tmp_path: Path) -> None:
    (example,) = found(tmp_path, f"```python\nimport chatframe\n{SERVER}```\n")
    assert (example.status, example.reason) == (ExampleStatus.UNSUPPORTED, "is a part of a generated project")
    code = f'import os\nISSUER = "http://localhost:9000/realms/"\nID = os.environ["CLIENT_ID"]\n{SERVER}'
    (example,) = found(tmp_path, f"```python\n{code}```\n")
    assert example.bundle is not None
    assert example.bundle.environment == {"CLIENT_ID": "chatter"}
    assert example.bundle.services[0].settings["client_secret"] == "hush"
