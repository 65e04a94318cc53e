"""Facts of Rust code."""

from __future__ import annotations

import pytest

from extractor.languages.common.facts import Ref
from extractor.languages.rust.parse import parse_rust, rust_tree

PROGRAM = """use std::sync::Arc;
use acme_sdk::{Server, model::*, transport::{http::Service as Http, self}};

mod tools;

const ADDRESS: &str = "127.0.0.1:3000";

#[derive(Debug, serde::Deserialize)]
struct Greeting<T: Clone> { name: String, rest: Vec<T> }

impl acme_sdk::Handler for Greeting<u8> {
    fn hello(&self, Wrapped(Greeting { name, .. }): Wrapped<Self>) -> String {
        format!("Hello, {name} {missing}")
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let service = Http::new(|| Ok(later()), Config { stateful: true, limit: 3, ..Default::default() });
    let router = axum::Router::new().nest_service("/chat", service);
    let port = std::env::var("PORT").unwrap_or_else(|_| "80".to_string());
    let token = std::env::var("TOKEN")?;
    let (a, mut b, _left) = (1, &port, _left);
    for n in 0..a { b.push(n); }
    if let Some(found) = tools::find(String::from("x")) { found.run().await?; }
    axum::serve(tokio::net::TcpListener::bind(ADDRESS).await?, router).await?;
    Ok(())
}
"""


def test_what_use_takes_and_paths_without_it() -> None:
    code = parse_rust(PROGRAM)
    assert code.error is None
    assert [(i.module, i.names, i.line) for i in code.imports] == [
        ("self::tools", (), 4), ("std::sync", ("Arc",), 1), ("acme_sdk", ("Server", "transport"), 2),
        ("acme_sdk::model", ("*",), 2), ("acme_sdk::transport::http", ("Service",), 2),
        ("serde", ("Deserialize",), 8), ("acme_sdk", ("Handler",), 11),
        ("tokio", ("main",), 17), ("anyhow", ("Result",), 18), ("axum", ("Router",), 20),
        ("axum", ("serve",), 26), ("tokio::net", ("TcpListener",), 26),
    ]  # fmt: skip
    assert code.modules[0] == "std::sync", "a module in a file of its own is not imported"


def test_definitions_and_what_is_missing() -> None:
    code = parse_rust(PROGRAM)
    assert {"Arc", "Server", "Http", "transport", "tools", "ADDRESS", "Greeting", "main"} == code.defines.keys()
    assert list(code.free) == ["Wrapped", "later", "Config"]
    assert code.constants == {"ADDRESS": "127.0.0.1:3000"}
    assert code.bases == {"Greeting": ("Handler",)}


def test_calls_with_targets_and_the_fields_of_their_structs() -> None:
    calls = {call.name: call for call in parse_rust(PROGRAM).calls}
    made = calls["Http.new"]
    assert (made.target, made.function, made.line, made.keywords) == (
        "service",
        None,
        19,
        {"stateful": True, "limit": 3},
    )
    assert calls["axum.Router.new().nest_service"].arguments == ("/chat", Ref("service"))
    assert calls["axum.serve"].last == "serve"
    assert calls["format!"].function == "hello"
    assert calls["tools.find"].arguments == ("x",)


def test_variables_of_the_environment() -> None:
    read = {read.name: (read.default, read.required) for read in parse_rust(PROGRAM).environment}
    assert read == {"PORT": ("80", False), "TOKEN": (None, True)}


@pytest.mark.parametrize(
    ("text", "line"), [("async fn chat(&self, text: &str) {}\n", 1), ("const N: u8 = 1;\nfn main() {}\n", None)]
)
def test_a_method_outside_its_type(text: str, line: int | None) -> None:
    assert parse_rust(text).loose_method == line


def test_a_text_that_does_not_parse() -> None:
    error = parse_rust("fn main() {\n    let x = ;\n}\n").error
    assert error is not None
    assert (error.message, error.line) == ("does not parse as Rust", 2)


@pytest.mark.parametrize(
    "text", ["", "use ::{a};", "use *;", "use {{{{", "}" * 500, "a::" * 3000, "(" * 2000, 'b"\\', 'r#"x']
)
def test_any_text_is_read(text: str) -> None:
    parse_rust(text)


def test_its_syntax_tree() -> None:
    assert rust_tree("fn main() {}\n").named_children[0].type == "function_item"
