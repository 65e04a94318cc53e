"""Java programs of a page: assembled from its classes and its build file, compiled, started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import ExampleKind, ExampleStatus, Layout, Manager, NoteKind, Origin
from harness.profiles.registry import MCP

if TYPE_CHECKING:
    from pathlib import Path

    from extractor.model import Example

SDK = "io.modelcontextprotocol.sdk"
POM = (
    "```xml\n<dependency>\n  <groupId>io.modelcontextprotocol.sdk</groupId>\n  <artifactId>mcp</artifactId>\n"
    "  <version>1.2.3</version>\n</dependency>\n```\n\n"
)
GRADLE = '```kotlin build.gradle.kts\ndependencies {\n    implementation("io.modelcontextprotocol.sdk:mcp:1.2.3")\n}\n```\n\n'
HELPER = (
    "```java\npackage com.example;\n\nclass Greeting {\n    static String of(String name) { return name; }\n}\n```\n\n"
)
STDIO = (
    "```java\npackage com.example;\n\nimport io.modelcontextprotocol.server.McpServer;\n"
    "import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;\n\n"
    "public class Hello {\n    public static void main(String[] args) {\n"
    '        var server = McpServer.sync(new StdioServerTransportProvider()).serverInfo(Greeting.of("x"), "1").build();\n'
    "    }\n}\n```\n\n"
)
SPRING = (
    "```java\nimport org.springframework.ai.tool.annotation.Tool;\nimport org.springframework.boot.SpringApplication;\n"
    "import org.springframework.boot.autoconfigure.SpringBootApplication;\n\n"
    "@SpringBootApplication\npublic class App {\n    public static void main(String[] args) {\n"
    '        SpringApplication.run(App.class, args);\n    }\n\n    @Tool(description = "x")\n'
    '    public String x() { return "x"; }\n}\n```\n\n'
)
BEAN = (
    "```java\nimport org.springframework.stereotype.Service;\n\n@Service\npublic class Weather {\n"
    '    public String today() { return "sun"; }\n}\n```\n\n'
)
STARTER = "```groovy\ndependencies {\n    implementation 'org.springframework.ai:spring-ai-starter-mcp-serverX:1.1.2'\n}\n```\n\n"


def found(tmp_path: Path, text: str) -> list[Example]:
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    return list(find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), MCP.code))


def test_classes_of_several_fences_are_files_by_their_packages(tmp_path: Path) -> None:
    (example,) = found(tmp_path, POM + HELPER + STDIO)
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, ExampleKind.STDIO_SERVER)
    bundle = example.bundle
    assert bundle is not None
    assert [file.path for file in bundle.files] == ["com/example/Greeting.java", "com/example/Hello.java"]
    (compiled,) = bundle.build
    assert compiled[0] == "javac"
    assert {"com/example/Greeting.java", "com/example/Hello.java"} <= set(compiled)
    assert bundle.command[0].endswith("/java")
    assert bundle.command[-1] == "com.example.Hello"
    assert (bundle.manager, bundle.toolchain) == (Manager.MAVEN, "java")
    assert [(d.name, d.specifier, d.origin) for d in bundle.dependencies] == [(f"{SDK}:mcp", "1.2.3", Origin.STATED)]
    assert bundle.added == ()


def test_a_class_that_no_block_shows(tmp_path: Path) -> None:
    """One such name is for the compiler to report; a part of a program has more of them."""
    (example,) = found(tmp_path, POM + STDIO)
    (note,) = (note for note in example.notes if note.kind is NoteKind.WHOLE_PROGRAM)
    assert "`Greeting`" in note.what
    (example,) = found(tmp_path, POM + STDIO.replace('"1"', "Version.get()"))
    assert example.status is ExampleStatus.FRAGMENT
    assert "`Version`" in (example.reason or "")


def test_a_gradle_page_is_built_otherwise_and_says_so(tmp_path: Path) -> None:
    (example,) = found(tmp_path, GRADLE + HELPER + STDIO)
    assert example.bundle is not None
    assert [(d.name, d.specifier) for d in example.bundle.dependencies] == [(f"{SDK}:mcp", "1.2.3")]
    remarks = [note.what for note in example.notes if note.kind is NoteKind.REMARK]
    assert any("Maven project" in text and "Gradle" in text for text in remarks)


def test_maven_is_taken_where_a_page_shows_both(tmp_path: Path) -> None:
    (example,) = found(tmp_path, POM + GRADLE.replace("1.2.3", "9") + HELPER + STDIO)
    assert example.bundle is not None
    assert [d.specifier for d in example.bundle.dependencies] == ["1.2.3"]


@pytest.mark.parametrize(
    ("command", "before", "after"),
    [
        ("java -Dfile.encoding=UTF-8 -jar target/hello.jar --fast", ("-Dfile.encoding=UTF-8",), ("--fast",)),
        ("./mvnw compile exec:java -Dexec.mainClass=com.example.Hello -Dexec.args='a b'", (), ("a", "b")),
        ('./gradlew run --args="serve"', (), ("serve",)),
        ("java -cp build com.example.Hello one", (), ("one",)),
    ],
)
def test_commands_of_build_tools(tmp_path: Path, command: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    (example,) = found(tmp_path, f"{POM}{HELPER}{STDIO}```bash\n{command}\n```\n")
    assert example.bundle is not None
    line = example.bundle.command
    main = line.index("com.example.Hello")
    assert line[main + 1 :] == after
    assert set(before) <= set(line[:main])


@pytest.mark.parametrize(
    ("suffix", "properties", "kind"),
    [
        ("", "", ExampleKind.STDIO_SERVER),
        ("-webmvc", "", ExampleKind.HTTP_SERVER),
        ("-webmvc", "spring.ai.mcp.server.stdio=true", ExampleKind.STDIO_SERVER),
    ],
)
def test_with_spring_the_packages_decide(tmp_path: Path, suffix: str, properties: str, kind: ExampleKind) -> None:
    settings = f"```properties application.properties\nspring.main.banner-mode=off\n{properties}\n```\n\n"
    examples = found(tmp_path, STARTER.replace("X", suffix) + settings + BEAN + SPRING)
    (example,) = (e for e in examples if e.bundle is not None)
    assert example.bundle is not None
    assert example.bundle.kind is kind
    paths = {file.path for file in example.bundle.files}
    assert paths == {"App.java", "Weather.java", "application.properties"}, "what Spring finds is a part of it"


def test_statements_without_a_class_are_no_program(tmp_path: Path) -> None:
    (example,) = found(tmp_path, "```java\nvar server = McpServer.sync(transport).build();\n```\n")
    assert example.status is ExampleStatus.FRAGMENT
    assert "outside of any class (line 2 of the page)" in (example.reason or "")


def test_imports_are_looked_up_where_a_fragment_has_them_whole(tmp_path: Path) -> None:
    text = "```java\nimport io.modelcontextprotocol.server.McpServer;\n\nvar x = McpServer.sync(t).build();\n```\n"
    (example,) = found(tmp_path, POM + text)
    assert example.imports is not None
    assert [(i.module, [n.name for n in i.names]) for i in example.imports.imports] == [
        ("io.modelcontextprotocol.server", ["McpServer"])
    ]
    assert [str(d) for d in example.imports.bundle.dependencies] == [f"{SDK}:mcp:1.2.3"]


CLIENT = (
    "```java\nimport io.modelcontextprotocol.client.McpClient;\n"
    "import io.modelcontextprotocol.client.transport.ServerParameters;\n"
    "import io.modelcontextprotocol.client.transport.StdioClientTransport;\n\n"
    "public class Asking {\n    public static void main(String[] args) {\n"
    '        var parameters = ServerParameters.builder("COMMAND").args(ARGS).build();\n'
    "        var client = McpClient.sync(new StdioClientTransport(parameters)).build();\n"
    "        client.initialize();\n    }\n}\n```\n\n"
)


@pytest.mark.parametrize(
    ("command", "arguments", "path"),
    [("npx", '"-y", "@acme/server"', ".docprobe/bin/npx"), ("java", '"-jar", "/srv/server.jar"', ".docprobe/bin/java")],
)
def test_a_client_starts_a_stand_in(tmp_path: Path, command: str, arguments: str, path: str) -> None:
    (example,) = found(tmp_path, POM + CLIENT.replace("COMMAND", command).replace("ARGS", arguments))
    assert (example.status, example.kind) == (ExampleStatus.RUNNABLE, ExampleKind.CLIENT), example.reason
    assert example.bundle is not None
    assert path in {file.path for file in example.bundle.files}
    assert example.bundle.command[0] == "/usr/local/bin/java", "the stand-in's name is before all others"
