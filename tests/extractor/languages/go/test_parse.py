"""Facts of Go code."""

from __future__ import annotations

import pytest

from extractor.languages.common.facts import Ref
from extractor.languages.go.parse import MAIN_PACKAGE, go_tree, package_names, parse_go

PROGRAM = """package main

import (
	"net/http"
	"os"

	sdk "github.com/acme/go-sdk/mcp"
)

const path = "/chat"

type input struct {
	Name string `json:"name"`
}

func helper(in input) string { return in.Name }

func main() {
	server := sdk.NewServer(&sdk.Options{Name: "x", Stateless: true, Limit: 3}, nil)
	http.Handle(path, server)
	for i, v := range later {
		use(i, v)
	}
	http.ListenAndServe("localhost:"+os.Getenv("PORT"), nil)
}
"""


def test_imports_definitions_and_what_is_missing() -> None:
    code = parse_go(PROGRAM)
    assert code.error is None
    assert [(i.module, i.names, i.line) for i in code.imports] == [
        ("net/http", ("Handle", "ListenAndServe"), 4), ("os", ("Getenv",), 5),
        ("github.com/acme/go-sdk/mcp", ("NewServer", "Options"), 7),
    ]  # fmt: skip
    assert {"http", "os", "sdk", "path", "input", "helper", "main", MAIN_PACKAGE} <= code.defines.keys()
    assert list(code.free) == ["later", "use"]
    assert code.constants == {"path": "/chat"}


def test_members_of_a_name_that_is_bound_twice_are_nobodys() -> None:
    code = parse_go('import "acme.dev/server"\nfunc f() { server := server.New(); server.Run() }\n')
    assert [(i.module, i.names) for i in code.imports] == [("acme.dev/server", ())]


def test_calls_with_targets_and_the_fields_of_their_literals() -> None:
    calls = {call.name: call for call in parse_go(PROGRAM).calls}
    made = calls["sdk.NewServer"]
    assert (made.target, made.function, made.line) == ("server", None, 19)
    assert made.keywords == {"Name": "x", "Stateless": True, "Limit": 3}
    assert calls["sdk.Options"].line == 19
    assert calls["http.Handle"].arguments == (Ref("path"), Ref("server"))
    assert calls["http.Handle"].statement


def test_the_environment() -> None:
    (read,) = parse_go(PROGRAM).environment
    assert (read.name, read.default) == ("PORT", None)


def test_fields_and_members_of_packages_are_not_names_in_scope() -> None:
    code = parse_go('var x = pkg.Type{Field: "v", Other: other}\nvar y map[string]pkg.Thing\n')
    assert set(code.free) == {"pkg", "other"}


def test_a_piece_without_its_package_is_read(tmp_path: object) -> None:
    code = parse_go("func add(a, b int) int { return a + b }\n")
    assert (code.error, list(code.defines), dict(code.free)) == (None, ["add"], {})


@pytest.mark.parametrize("text", ["func main( {", "package main\nimport (\n", "}{"])
def test_what_does_not_parse_says_where(text: str) -> None:
    code = parse_go(text)
    assert code.error is not None
    assert code.error.line >= 1
    assert code.free == {}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("net/http", "http"),
        ("github.com/acme/go-thing", "thing"),
        ("github.com/acme/thing/v3", "thing"),
        ("gopkg.in/yaml.v3", "yaml"),
        ("github.com/acme/go-sqlite-x", "gosqlitex"),
        ("github.com/acme/mill-golang", "mill_golang"),
        ("github.com/acme/mill-go", "mill"),
        ("github.com/acme/mill.go", "mill"),
    ],
)
def test_names_that_an_import_may_bind(path: str, name: str) -> None:
    assert name in package_names(path)


def test_deep_nesting_is_refused_and_costs_little() -> None:
    assert parse_go("package main\nvar x = " + "(" * 3000 + ")" * 3000).error is not None
    assert go_tree("package main").type == "source_file"
