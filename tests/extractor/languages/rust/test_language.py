"""Rust programs of a page: assembled from its lines, compiled, started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleKind, ExampleStatus, Layout, Manager, Origin
from harness.profiles.registry import MCP

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Bundle, Example

MANIFEST = (
    '```toml Cargo.toml\n[package]\nname = "echo"\nversion = "0.1.0"\nedition = "2024"\n\n[dependencies]\n'
    'rmcp = { version = "0.8", default-features = false, features = ["server", "transport-io"] }\n'
    'tokio = { version = "1.40", features = ["full"] }\nlogger = { package = "tracing", version = "0.1" }\n\n'
    '[dev-dependencies]\ntempfile = "3"\n```\n\n'
)
TOP = 'Open `src/main.rs` and add:\n\n```rust\nuse rmcp::{ServerHandler, ServiceExt, model::*};\n\nconst NAME: &str = "e";\n```\n\n'
TYPE = (
    "```rust\npub struct Echo;\n\nimpl ServerHandler for Echo {\n    fn get_info(&self) -> ServerInfo { ServerInfo::default() }\n"
    "}\n```\n\n"
)
MAIN = (
    "```rust\n#[tokio::main]\nasync fn main() {\n    let transport = (tokio::io::stdin(), tokio::io::stdout());\n"
    "    Echo.serve(transport).await.unwrap().waiting().await.unwrap();\n}\n```\n\n"
)
HTTP = (
    "```rust main.rs\nuse rmcp::transport::streamable_http_server::{\n    StreamableHttpService, session::local::LocalSessionManager,\n"
    "};\nuse tracing_subscriber::fmt;\n\n#[tokio::main]\nasync fn main() -> anyhow::Result<()> {\n    fmt().init();\n"
    "    let service = StreamableHttpService::new(|| Ok(()), LocalSessionManager::default().into(), Default::default());\n"
    '    let router = axum::Router::new().nest_service("/tools", service);\n'
    '    axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, router).await?;\n    Ok(())\n}\n```\n\n'
)


def found(tmp_path: Path, text: str) -> list[Example]:
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    return list(find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), MCP.code))


def bundle_of(tmp_path: Path, text: str) -> Bundle:
    (example,) = found(tmp_path, text)
    assert example.bundle is not None, example.reason
    return example.bundle


def test_fences_that_continue_one_file(tmp_path: Path) -> None:
    (example,) = found(tmp_path, MANIFEST + TOP + TYPE + MAIN + "Run it: `cargo run`\n")
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, ExampleKind.STDIO_SERVER)
    bundle = example.bundle
    assert bundle is not None
    files = {file.path: file for file in bundle.files}
    assert files.keys() == {"src/main.rs", "Cargo.toml", "docprobe_build.py"}
    text = files["src/main.rs"].text
    assert text.index("const NAME") < text.index("struct Echo") < text.index("fn main")
    assert files["Cargo.toml"].text.startswith('[package]\nname = "echo"')
    assert (bundle.manager, bundle.toolchain, bundle.command) == (Manager.CARGO, "rust", ("target/debug/echo",))


def test_crates_as_the_manifest_states_them(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, MANIFEST + TOP + TYPE + MAIN)
    assert [(d.name, d.specifier, d.extras, d.development) for d in bundle.dependencies] == [
        ("rmcp", "0.8", ("!default", "server", "transport-io"), False), ("tempfile", "3", (), True),
        ("tokio", "1.40", ("full",), False), ("tracing", "0.1", (), False),
    ]  # fmt: skip
    assert {d.origin for d in bundle.dependencies} == {Origin.STATED}


def test_a_whole_manifest_is_all_that_there_is(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, MANIFEST + HTTP)
    names = {dependency.name for dependency in bundle.dependencies}
    assert not names & {"axum", "anyhow", "tracing-subscriber"}, "its reader's compiler finds that these are missing"


def test_crates_of_a_line_that_adds_them(tmp_path: Path) -> None:
    lines = "```bash\ncargo new tools\ncargo add rmcp@3 --no-default-features --features server,macros\ncargo add axum\n```\n\n"
    bundle = bundle_of(tmp_path, lines + HTTP)
    stated = {d.name: d for d in bundle.dependencies}
    added = "?transport-streamable-http-server"
    assert (stated["rmcp"].specifier, stated["rmcp"].extras) == ("3", ("!default", added, "macros", "server"))
    assert "dependency rmcp, with the features transport-streamable-http-server as well, which the code seems to need" in (
        bundle.added
    ), "as a package that the line leaves out: a guess, and said"
    assert stated["axum"].origin is Origin.STATED
    assert stated["tokio"].origin is Origin.INFERRED
    assert bundle.command == ("target/debug/tools",)
    assert {one.package for one in bundle.unlisted_imports} == {"anyhow", "tokio", "tracing_subscriber"}


def test_what_the_page_leaves_out_is_inferred(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, HTTP)
    inferred = {d.name: d for d in bundle.dependencies}
    assert inferred.keys() == {"anyhow", "axum", "rmcp", "tokio", "tracing_subscriber"}
    assert inferred["tokio"].extras == ("?full",)
    assert "?transport-streamable-http-server" in inferred["rmcp"].extras
    assert "?transport-io" not in inferred["rmcp"].extras
    added = " ".join(bundle.added)
    assert "Cargo.toml" in added
    assert "cargo run" in added
    assert bundle.endpoint_paths[0] == "/tools"


def test_a_repository_is_replaced_by_the_registry(tmp_path: Path) -> None:
    manifest = MANIFEST.replace('rmcp = { version = "0.8",', 'rmcp = { git = "https://git.example/rmcp",')
    bundle = bundle_of(tmp_path, manifest + TOP + TYPE + MAIN)
    (rmcp,) = [d for d in bundle.dependencies if d.name == "rmcp"]
    assert (rmcp.specifier, rmcp.origin) == ("", Origin.INFERRED)
    assert "git.example" not in next(file.text for file in bundle.files if file.path == "Cargo.toml")
    assert any("repository" in text for text in bundle.added)


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("cargo run -- --port 3000", ("--port", "3000")),
        ("cargo run --release", ()),
        ("./target/release/echo serve", ("serve",)),
        ("cargo run --bin other -- x", ()),
    ],
)
def test_the_programs_own_arguments(tmp_path: Path, command: str, arguments: tuple[str, ...]) -> None:
    bundle = bundle_of(tmp_path, f"{MANIFEST}{TOP}{TYPE}{MAIN}```bash\n{command}\n```\n")
    assert bundle.command == ("target/debug/echo", *arguments)
    ((*_, kind, name),) = bundle.build
    assert (kind, name) == ("--bin", "echo")


@pytest.mark.parametrize(
    ("name", "path", "options", "program"),
    [
        ("main.rs", "src/main.rs", ("--bin", "echo"), "target/debug/echo"),
        ("echo/src/main.rs", "src/main.rs", ("--bin", "echo"), "target/debug/echo"),
        ("examples/http.rs", "examples/http.rs", ("--example", "http"), "target/debug/examples/http"),
        ("server.rs", "src/server.rs", ("--bin", "server"), "target/debug/server"),
        ("src/bin/chat.rs", "src/bin/chat.rs", ("--bin", "chat"), "target/debug/chat"),
    ],
)
def test_where_its_file_is(tmp_path: Path, name: str, path: str, options: tuple[str, ...], program: str) -> None:
    bundle = bundle_of(tmp_path, MANIFEST + HTTP.replace("main.rs", name))
    assert path in {file.path for file in bundle.files}
    assert bundle.build[0][2:] == options
    assert bundle.command == (program,)


def test_a_module_in_a_file_of_its_own(tmp_path: Path) -> None:
    main = HTTP.replace("use tracing", "mod hello;\nuse tracing")
    (lacking,) = found(tmp_path, MANIFEST + main)
    assert "`mod hello;`" in (lacking.reason or "")
    bundle = bundle_of(tmp_path, MANIFEST + main + "```rust src/hello.rs\npub fn hello() {}\n```\n")
    assert "src/hello.rs" in {file.path for file in bundle.files}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (TOP + TYPE, "neither starts"),
        (MAIN.replace("Echo", "crate::Echo"), "neither starts"),
        (
            MANIFEST + TOP + "```rust\nfn reply(&self) -> ServerInfo { ServerInfo::new(NAME) }\n```\n",
            "outside its class",
        ),
    ],
)
def test_fragments(tmp_path: Path, text: str, why: str) -> None:
    examples = found(tmp_path, text)
    assert all(example.status is ExampleStatus.FRAGMENT for example in examples)
    assert any(why in (example.reason or "") for example in examples) or not examples


def test_the_imports_of_a_fragment_are_looked_up(tmp_path: Path) -> None:
    (example,) = found(tmp_path, MANIFEST + TOP)
    assert example.imports is not None
    assert [(i.module, [n.name for n in i.names]) for i in example.imports.imports] == [
        ("rmcp", ["ServerHandler", "ServiceExt"]), ("rmcp::model", ["*"]),
    ]  # fmt: skip
    assert [d.name for d in example.imports.bundle.dependencies] == ["rmcp"]


@pytest.mark.parametrize(("stated", "asked"), [("", set()), ("```bash\ncargo add tokio io\n```\n\n", {"tokio", "io"})])
def test_what_a_fragment_names_by_a_path_may_be_imported_elsewhere(
    tmp_path: Path, stated: str, asked: set[str]
) -> None:
    """``use tokio::io::{self, …}`` stands in another block, or is left out, and there is a crate named ``io``."""
    loop = (
        "```rust\nuse rmcp::model::Tool;\n\nasync fn chat_loop(&mut self) -> Result<()> {\n    let mut stdin = BufReader::new(io::stdin());\n"
        "    tokio::spawn(self.run());\n    Ok(())\n}\n```\n"
    )
    (example,) = found(tmp_path, stated + loop)
    modules = {shown.module for shown in example.imports.imports} if example.imports is not None else set()
    assert (example.status, modules) == (ExampleStatus.FRAGMENT, asked | {"rmcp::model"})


def test_a_client_that_starts_its_server_by_a_command(tmp_path: Path) -> None:
    client = (
        "```rust main.rs\nuse rmcp::{ServiceExt, transport::{ConfigureCommandExt, TokioChildProcess}};\n"
        "use tokio::process::Command;\n\n#[tokio::main]\nasync fn main() {\n"
        '    let t = TokioChildProcess::new(Command::new("npx").configure(|c| { c.arg("-y").arg("weather"); })).unwrap();\n'
        "    ().serve(t).await.unwrap();\n}\n```\n"
    )
    (example,) = found(tmp_path, client)
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, ExampleKind.CLIENT)
    assert example.bundle is not None
    assert any(file.path.endswith("/npx") for file in example.bundle.files), "a relay to the scripted server"
    (unread,) = found(tmp_path, client.replace('Command::new("npx")', "Command::new(&name)"))
    assert unread.status is ExampleStatus.UNSUPPORTED
    assert "cannot read" in (unread.reason or "")


def test_a_client_of_a_server_on_this_machine_can_be_judged(tmp_path: Path) -> None:
    client = (
        "```rust main.rs\nuse rmcp::{ServiceExt, transport::StreamableHttpClientTransport};\n\n#[tokio::main]\n"
        "async fn main() {\n"
        '    let transport = StreamableHttpClientTransport::from_uri("http://localhost:8000/mcp");\n'
        "    ().serve(transport).await.unwrap();\n}\n```\n"
    )
    (example,) = found(tmp_path, client)
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, ExampleKind.CLIENT)


def test_the_client_that_has_no_name_needs_its_feature(tmp_path: Path) -> None:
    code = (
        "```rust\nuse rmcp::{ServiceExt, transport::TokioChildProcess};\nuse tokio::process::Command;\n\n#[tokio::main]\n"
        'async fn main() {\n    let client = ().serve(TokioChildProcess::new(Command::new("npx")).unwrap()).await;\n}\n```\n'
    )
    bundle = bundle_of(tmp_path, "```bash\ncargo add rmcp --features server\n```\n\n" + code)
    (rmcp,) = (d for d in bundle.dependencies if d.name == "rmcp")
    assert {"server", "?client", "?transport-child-process"} <= set(rmcp.extras)
