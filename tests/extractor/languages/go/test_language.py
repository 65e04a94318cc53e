"""Go programs of a page: assembled from its lines, compiled, started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleKind, ExampleStatus, Layout, Manager, Origin
from harness.profiles.registry import MCP

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Example

SDK = "github.com/modelcontextprotocol/go-sdk"
INSTALL = f"```bash\ngo mod init weather\ngo get {SDK}/mcp@v1.2.0\n```\n\n"
TOP = f'Add this to `main.go`:\n\n```go\npackage main\n\nimport (\n\t"context"\n\t"log"\n\n\t"{SDK}/mcp"\n)\n```\n\n'
MIDDLE = '```go\nfunc reply(ctx context.Context) string { return "x" }\n```\n\n'
MAIN = (
    "```go\nfunc main() {\n\tserver := mcp.NewServer(&mcp.Implementation{Name: reply(context.Background())}, nil)\n"
    "\tif err := server.Run(context.Background(), &mcp.StdioTransport{}); err != nil {\n\t\tlog.Fatal(err)\n\t}\n}\n```\n\n"
)
HTTP = (
    f'```go server.go\npackage main\n\nimport (\n\t"net/http"\n\n\t"{SDK}/mcp"\n)\n\nfunc main() {{\n'
    '\tserver := mcp.NewServer(&mcp.Implementation{Name: "x", Version: "1"}, nil)\n'
    "\thandler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, nil)\n"
    '\thttp.Handle("POST /tools", handler)\n\thttp.ListenAndServe("localhost:3000", nil)\n}\n```\n\n'
)


def found(tmp_path: Path, text: str) -> list[Example]:
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    return list(find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), MCP.code))


def test_fences_that_continue_one_file(tmp_path: Path) -> None:
    (example,) = found(tmp_path, INSTALL + TOP + MIDDLE + MAIN + "Run it: `go run .`\n")
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, ExampleKind.STDIO_SERVER)
    bundle = example.bundle
    assert bundle is not None
    files = {file.path: file for file in bundle.files}
    assert files.keys() == {"main.go", "go.mod"}
    assert files["main.go"].text.index("func reply") < files["main.go"].text.index("func main")
    assert "module weather" in files["go.mod"].text
    assert (bundle.manager, bundle.toolchain) == (Manager.GO, "go")
    (dependency,) = bundle.dependencies
    assert (dependency.name, dependency.specifier, dependency.extras) == (SDK, "v1.2.0", ("/mcp",))
    assert dependency.origin is Origin.STATED
    assert bundle.unlisted_imports == ()


@pytest.mark.parametrize(
    ("stated", "imported", "packages"),
    [
        # the module has no package at its root, and `go get` takes it all the same
        (SDK, f"{SDK}/mcp", ("/mcp",)),
        (f"{SDK}@latest", f"{SDK}/mcp", ("/mcp",)),
        (f"{SDK}/...", f"{SDK}/mcp", ("/mcp",)),
        # one that is imported at its root
        ("github.com/google/uuid", "github.com/google/uuid", ("/",)),
    ],
)
def test_a_stated_module_is_no_package_until_it_is_imported(
    tmp_path: Path, stated: str, imported: str, packages: tuple[str, ...]
) -> None:
    page = HTTP if imported.startswith(SDK) else HTTP.replace('"net/http"', f'"net/http"\n\n\t_ "{imported}"')
    (example,) = found(tmp_path, f"```bash\ngo mod init x\ngo get {stated}\n```\n\n{page}")
    assert example.bundle is not None
    module = imported.removesuffix("/mcp")
    assert {d.name: d.extras for d in example.bundle.dependencies}[module] == packages


@pytest.mark.parametrize("stated", [True, False])
def test_all_packages_of_a_module_that_are_imported_are_fetched(tmp_path: Path, stated: bool) -> None:
    page = HTTP.replace('"net/http"', f'"net/http"\n\n\t"{SDK}/auth"').replace("func main", "var a = auth.A\n\nfunc main")
    (example,) = found(tmp_path, (INSTALL if stated else "") + page)
    assert example.bundle is not None
    assert [(d.name, d.extras) for d in example.bundle.dependencies] == [(SDK, ("/auth", "/mcp"))]


def test_it_is_compiled_and_what_was_made_is_started(tmp_path: Path) -> None:
    (example,) = found(tmp_path, INSTALL + HTTP + "Run `go run server.go --verbose`.\n")
    bundle = example.bundle
    assert bundle is not None
    assert bundle.kind is ExampleKind.HTTP_SERVER
    ((compiler, *_, package),) = bundle.build
    assert (compiler, package) == ("go", ".")
    assert bundle.command[1:] == ("--verbose",)
    assert bundle.endpoint_paths[0] == "/tools"
    assert not any("command" in text for text in bundle.added)


def test_what_go_build_makes_is_the_program(tmp_path: Path) -> None:
    text = INSTALL + HTTP + "```bash\ngo build -o tools .\n./tools serve\n```\n"
    (example,) = found(tmp_path, text)
    assert example.bundle is not None
    assert example.bundle.command[1:] == ("serve",)


def test_what_go_build_makes_of_another_package_is_not_the_program(tmp_path: Path) -> None:
    build = "```bash\ngo build -o tools cmd/other/main.go\n./tools serve\n```\n"
    (example,) = found(tmp_path, INSTALL + HTTP.replace("go server.go", "go cmd/mill/main.go") + build)
    assert example.bundle is not None
    assert example.bundle.command[1:] == ()
    assert "command go run ./cmd/mill" in example.bundle.added


def test_what_the_page_leaves_out_is_inferred(tmp_path: Path) -> None:
    (example,) = found(tmp_path, HTTP.replace(" server.go", ""))
    assert example.bundle is not None
    added = " ".join(example.bundle.added)
    assert "main.go" in added
    assert "go.mod" in added
    assert SDK in added


def test_the_pages_own_go_mod(tmp_path: Path) -> None:
    manifest = "```text go.mod\nmodule tools\n\ngo 1.24\n\nrequire (\n\t" + SDK + " v1.1.0\n)\n```\n\n"
    (example,) = found(tmp_path, manifest + HTTP)
    assert example.bundle is not None
    assert next(file.text for file in example.bundle.files if file.path == "go.mod").startswith("module tools")
    assert [(d.name, d.specifier) for d in example.bundle.dependencies] == [(SDK, "v1.1.0")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (HTTP.replace("package main\n", ""), "package main"),
        (HTTP.replace(f"{SDK}/mcp", "weather.local_/mcp"), "no block of this page shows"),
    ],
)
def test_what_keeps_it_from_being_compiled(tmp_path: Path, text: str, why: str) -> None:
    (example,) = found(tmp_path, text)
    assert example.status is ExampleStatus.FRAGMENT
    assert why in (example.reason or "")


def test_the_command_that_a_client_starts(tmp_path: Path) -> None:
    client = (
        f'```go client.go\npackage main\n\nimport (\n\t"context"\n\t"os/exec"\n\n\t"{SDK}/mcp"\n)\n\nfunc main() {{\n'
        '\tclient := mcp.NewClient(&mcp.Implementation{Name: "c"}, nil)\n'
        '\tclient.Connect(context.Background(), &mcp.CommandTransport{Command: exec.Command("s")}, nil)\n}\n```\n'
    )
    (example,) = found(tmp_path, client)
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, ExampleKind.CLIENT)
    assert example.bundle is not None
    assert any(file.path.endswith("/s") for file in example.bundle.files), "a relay to the scripted server"
    (unread,) = found(tmp_path, client.replace('"s"', "os.Args[1]"))
    assert unread.status is ExampleStatus.UNSUPPORTED
    assert "cannot read" in (unread.reason or "")


def test_a_client_of_a_server_on_this_machine_can_be_judged(tmp_path: Path) -> None:
    client = (
        f'```go main.go\npackage main\n\nimport (\n\t"context"\n\n\t"{SDK}/mcp"\n)\n\nfunc main() {{\n'
        '\tclient := mcp.NewClient(&mcp.Implementation{Name: "c"}, nil)\n'
        '\tclient.Connect(context.Background(), &mcp.StreamableClientTransport{Endpoint: "http://localhost:3000/mcp"}, nil)'
        "\n}\n```\n"
    )
    (example,) = found(tmp_path, client)
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, ExampleKind.CLIENT)
