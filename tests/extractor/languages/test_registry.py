"""The list of languages. A further one is one file and one entry in each list (README): shown with Ruby.

Its registry cannot be reached where docprobe is developed, so docprobe itself lists it only.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.languages import registry
from extractor.languages.common.facts import Call, CodeFacts, Import, Text
from extractor.languages.common.files import source_file
from extractor.languages.common.roles import LanguageRules, Role, Start
from extractor.languages.common.startup import stated_commands, stated_note
from extractor.languages.common.values import Build, RunnableLanguage, Startup
from extractor.languages.python.parse import python_tree
from extractor.languages.registry import LANGUAGES, language_of, syntax_tree
from extractor.languages.toolchains import TOOLCHAINS, USUAL
from extractor.model import ExampleKind, ExampleStatus, Layout, Manager, Note, NoteKind, Origin, Source, Toolchain
from harness.profiles.mcp.roles.by_hand import Means, role_by_hand
from harness.profiles.registry import MCP

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from extractor.languages.common.values import Draft
    from extractor.model import Example


def test_languages_are_known_by_fence_and_each_fence_means_one() -> None:
    fences = [fence for language in LANGUAGES for fence in language.fences]
    assert len(fences) == len(set(fences))
    assert {language.name for language in LANGUAGES if isinstance(language, RunnableLanguage)} == {
        "typescript", "javascript", "python", "go", "rust", "java", "kotlin",
    }  # fmt: skip
    for name in ("csharp", "ruby", "php", "swift"):
        language = language_of(name)
        assert language
        assert not isinstance(language, RunnableLanguage)
        assert language.toolchain
    assert language_of("json") is None
    assert language_of("") is None
    assert language_of("TypeScript") is language_of("ts")


def test_each_language_brings_its_toolchain_and_a_toolchain_is_made_of_one_that_is_there() -> None:
    for language in LANGUAGES:
        if isinstance(language, RunnableLanguage):
            assert TOOLCHAINS[language.toolchain] is language.base
    for toolchain in TOOLCHAINS.values():
        assert toolchain.below is None or toolchain.below in TOOLCHAINS
        assert toolchain.sources
    assert set(USUAL) == {"python", "node"}


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("server.py", "def f(): ...\n", "function_definition"),
        ("src/server.ts", "interface A { a: string }\n", "interface_declaration"),
        ("View.TSX", "const a = <b>c</b>;\n", "lexical_declaration"),
        ("server.mjs", "function f() {}\n", "function_declaration"),
        ("main.go", "package main\n", "package_clause"),
        ("src/main.rs", "fn main() {}\n", "function_item"),
    ],
)
def test_a_file_has_the_tree_of_its_language(path: str, text: str, kind: str) -> None:
    root = syntax_tree(path, text)
    assert root is not None
    assert not root.has_error
    assert root.named_children[0].type == kind


@pytest.mark.parametrize("path", ["main.swift", "README.md", "py", ""])
def test_other_files_have_no_tree(path: str) -> None:
    assert syntax_tree(path, "def f(): ...\n") is None


PAGE = """# Tides

```ruby tides.rb
require "json"
require "socket"

TCPServer.new("127.0.0.1", 4567)
session = headers["Mcp-Session-Id"]
```

```bash
ruby tides.rb --port 4567
```
"""


# languages/toolchains/ruby.py
TOOLCHAIN = Toolchain(
    "ruby",
    "Ruby",
    (Source("Debian's ruby", (("ruby", "--version"),), debian=("ruby",)),),
    versions={"ruby": ("ruby", "--version")},
)


# languages/ruby/language.py
def parse(text: str, registrations: frozenset[str] = frozenset()) -> CodeFacts:
    lines = list(enumerate(text.splitlines(), 1))
    imports = [Import(found[1], (), n) for n, line in lines for found in re.finditer(r'^require "(\S+)"', line)]
    calls = [Call(found[1], n, (), {}) for n, line in lines for found in re.finditer(r"([\w.]+)\(", line)]
    texts = [Text(found[1], n) for n, line in lines for found in re.finditer(r'"([^"]*)"', line)]
    return CodeFacts(imports=tuple(imports), calls=tuple(calls), texts=tuple(texts))


def build(draft: Draft) -> Build:
    main = draft.program.main
    path = main.name.path if main.name else "main.rb"
    startup = Startup(("ruby", path), draft.kind, notes=(Note(NoteKind.COMMAND, Origin.INFERRED, f"ruby {path}"),))
    for command in stated_commands(draft, named=main.name is not None):
        if list(command.words[:2]) == ["ruby", path]:
            startup = Startup(tuple(command.words), draft.kind, notes=(stated_note(command.words, command.span),))
    return Build({path: source_file(path, main.blocks)}, startup, (), (), reads_dotenv=False, notes=())


RUBY = RunnableLanguage(
    name="ruby", title="Ruby", fences=("ruby", "rb"), suffixes=(".rb",), toolchain="ruby", base=TOOLCHAIN,
    manager=Manager.PYPI, parse=parse, tree=python_tree, local_imports=lambda *_: (), missing=lambda _: (), build=build,
)  # fmt: skip


# harness/profiles/mcp/roles/ruby.py
def role(files: Sequence[CodeFacts]) -> Role:
    means = Means(listens=(".TCPServer.new", ".Rackup.run"), asks=("Net.HTTP.post",), reads=("STDIN.each_line",))
    nothing = Role(ExampleKind.OTHER, Start.NONE, relevant=False)
    return role_by_hand(files, Start.RUN, means) or nothing


def found(tmp_path: Path) -> Example:
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    code = replace(MCP.code, rules={**MCP.code.rules, "ruby": LanguageRules(role=role)})
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), code)
    return example


def test_without_it_the_language_is_listed_with_what_is_lacking(tmp_path: Path) -> None:
    example = found(tmp_path)
    assert example.status is ExampleStatus.UNSUPPORTED
    assert example.reason == "needs Ruby with Bundler, which docprobe does not support yet"


def test_one_entry_makes_its_programs_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._BY_FENCE, "ruby", RUBY)
    example = found(tmp_path)
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, ExampleKind.HTTP_SERVER), example.reason
    assert example.bundle is not None
    assert example.bundle.toolchain == "ruby"
    assert example.bundle.command == ("ruby", "tides.rb", "--port", "4567")
    assert [file.path for file in example.bundle.files] == ["tides.rb"]
    assert str(example.bundle.files[0].docs_line(4)) == "page.md:7", "so that a finding is blamed at its line"
