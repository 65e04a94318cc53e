"""Kotlin programs of a page: assembled from its fences and its build file, compiled, started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleKind, ExampleStatus, Layout, NoteKind, Origin
from harness.profiles.registry import MCP

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Example

BUILD = (
    '```kotlin build.gradle.kts\nval v = "0.9.0"\nplugins {\n    kotlin("jvm") version "2.1.0"\n}\n'
    'application {\n    mainClass.set("ServeKt")\n}\ndependencies {\n'
    '    implementation("io.modelcontextprotocol:kotlin-sdk:$v")\n}\n```\n\n'
)
SERVER = (
    "```kotlin\nimport io.modelcontextprotocol.kotlin.sdk.server.Server\n"
    "import io.modelcontextprotocol.kotlin.sdk.server.StdioServerTransport\n\n"
    "fun serve() {\n    Server(info()).connect(StdioServerTransport(System.`in`, System.out))\n}\n```\n\n"
)
INFO = '```kotlin\nfun info() = "parcels"\n```\n\n'
MAIN = "```kotlin\nfun main() = serve()\n```\n\n"


def found(tmp_path: Path, text: str) -> list[Example]:
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    return list(find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), MCP.code))


def test_functions_of_several_fences_are_one_program(tmp_path: Path) -> None:
    (example,) = found(tmp_path, BUILD + SERVER + INFO + MAIN + "Run `./gradlew run`.\n")
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, ExampleKind.STDIO_SERVER)
    bundle = example.bundle
    assert bundle is not None
    assert [file.path for file in bundle.files] == ["Part2.kt", "Part3.kt", "Serve.kt"]
    assert bundle.command[-1] == "ServeKt"
    (compiled,) = bundle.build
    assert {"Part2.kt", "Part3.kt", "Serve.kt"} <= set(compiled)
    wanted = {d.name: (d.specifier, d.origin) for d in bundle.dependencies}
    assert wanted["io.modelcontextprotocol:kotlin-sdk"] == ("0.9.0", Origin.STATED)
    remarks = " ".join(note.what for note in example.notes if note.kind is NoteKind.REMARK)
    assert "asks for 2.1.0" in remarks
    assert "in place of Gradle" in remarks


def test_what_is_not_there_is_a_fragment(tmp_path: Path) -> None:
    examples = found(tmp_path, BUILD + SERVER)
    assert [(e.status, e.kind) for e in examples] == [(ExampleStatus.FRAGMENT, ExampleKind.OTHER)]
    assert "that nothing calls" in (examples[0].reason or "") or "`fun main`" in (examples[0].reason or "")


def test_a_build_file_is_no_example(tmp_path: Path) -> None:
    assert found(tmp_path, BUILD) == []


def test_a_program_without_its_imports(tmp_path: Path) -> None:
    bare = "\n".join(line for line in SERVER.splitlines() if not line.startswith("import"))
    bare = bare.replace("info()", "Implementation(name), ServerOptions(), Capabilities()")
    (example,) = found(tmp_path, f"{BUILD}{bare}\n\n{MAIN}")
    assert example.status is ExampleStatus.FRAGMENT
    assert "shows no imports" in (example.reason or "")
    assert "`Server`, `Implementation`, `ServerOptions` and 2 more" in (example.reason or "")


def test_a_class_of_another_language_is_another_one(tmp_path: Path) -> None:
    bare = "\n".join(line for line in SERVER.splitlines() if not line.startswith("import"))
    typescript = '```typescript\nimport { Server } from "@acme/sdk";\n\nexport const made = new Server();\n```\n\n'
    joined = "<!-- docprobe: join=one file=Main.kt -->\n"
    examples = found(tmp_path, f"{BUILD}{typescript}{joined}{bare}\n\n{joined}{MAIN}")
    kotlin = next(e for e in examples if e.language == "kotlin")
    assert "uses `Server`, which no block of this page defines" in (kotlin.reason or "")
