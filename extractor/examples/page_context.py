"""What a page says around its code: install lines, run commands, variables, project files, named files, addresses."""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from extractor.base.tomlfile import toml_table
from extractor.examples.client_settings import addresses_of, assignments_of, headers_of
from extractor.examples.counterexamples import is_warned_of
from extractor.examples.names import stated_name
from extractor.languages.common.compose import composed_commands, services_of
from extractor.languages.common.environment import is_environment_fence, variables_of
from extractor.languages.common.install_lines import installs_of
from extractor.languages.common.jvm_builds import gradle_file, looks_like_gradle, maven_file
from extractor.languages.common.package_names import RefusedError, dependency_of, key
from extractor.languages.common.shell import SHELLS, Command, commands_of, image_commands_of, prose_commands_of
from extractor.languages.common.view import Install, Manifest, NamedFile, PageContext, Variables
from extractor.model import Manager, Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from extractor.languages.common.jvm_builds import BuildFile
    from extractor.model import Block, Dependency

MAX_MANIFEST_CHARS: Final = 100_000
_MAX_CHARS: Final = 20_000
_REQUIRED: Final = re.compile(
    r"\s*(?:require\s+)?([\w.~-]+\.[\w.~-]+(?:/[\w.~-]+)*)\s+(v\d[\w.+-]*)\s*(?://|$)", re.ASCII
)
_GRADLE: Final = frozenset({"build.gradle", "build.gradle.kts"})
_NPM_KEYS: Final = frozenset({"dependencies", "devDependencies", "scripts", "type", "bin", "main"})


def page_context_of(blocks: Sequence[Block], host_configuration: str | None) -> PageContext:
    """Return everything of one page that is not code but affects its programs.

    Args:
        blocks: of the page, in order.
        host_configuration: key of JSON configurations that start servers (:class:`CodeProfile`).
    """
    blocks = [block for block in blocks if block.language not in SHELLS or not is_warned_of(block)]
    # other fences repeat the commands of those for Windows, where there are any
    windows = not any(block.language in SHELLS for block in blocks)
    shell = [command for block in blocks for command in commands_of(block, windows=windows)]
    prose = [command for block in blocks for command in prose_commands_of(block)]
    image = [command for block in blocks for command in image_commands_of(block)]
    installs = _installs(tuple(installs_of(shell)), tuple(installs_of(prose)))
    commands: list[Command] = []
    variables: list[Variables] = []
    manifests: list[Manifest] = []
    named: list[NamedFile] = []
    for block in blocks:
        name = stated_name(block)
        if name is not None:
            named.append(NamedFile(block, name))
        commands += commands_of(block, windows=windows)
        commands += _from_host_configuration(block, host_configuration)
        path = name.path if name else None
        if manifest := manifest_of(block, path):
            manifests.append(manifest)
        elif is_environment_fence(block, path) and (values := variables_of(block)):
            variables.append(Variables(block, values))
    return PageContext(
        installs=installs or tuple(installs_of(image)),
        commands=tuple(commands),
        variables=tuple(variables),
        manifests=tuple(manifests),
        named=tuple(named),
        addresses=tuple(address for block in blocks for address in addresses_of(block)),
        headers=tuple(header for block in blocks for header in headers_of(block)),
        assignments=tuple(variables for block in blocks for variables in assignments_of(block, windows=windows)),
        prose_commands=tuple(prose),
        image_commands=composed_commands(image, [service for block in blocks for service in services_of(block)]),
    )


def _installs(blocks: tuple[Install, ...], prose: tuple[Install, ...]) -> tuple[Install, ...]:
    """Return the install lines of a page.

    A version in a sentence counts only where the page names no other for the package: with another beside it, it is as
    often the old one as the wanted one.

    Args:
        blocks: install lines of code blocks.
        prose: those in sentences.
    """
    named: dict[tuple[Manager, str], set[str]] = defaultdict(set)
    for install in (*blocks, *prose):
        for dependency in install.dependencies:
            named[install.manager, key(dependency, install.manager)].add(dependency.specifier)

    def settled(install: Install) -> Install:
        dependencies = (
            replace(d, specifier="") if len(named[install.manager, key(d, install.manager)]) > 1 else d
            for d in install.dependencies
        )
        return replace(install, dependencies=tuple(dependencies))

    return (*blocks, *map(settled, prose))


def _from_host_configuration(block: Block, key_name: str | None) -> Iterator[Command]:
    """The commands under ``key_name`` of a JSON configuration: how a host would start the server of the page."""
    if (
        key_name is None
        or block.language not in {"json", "jsonc", "json5"}
        or key_name not in block.text
        or len(block.text) > _MAX_CHARS
    ):
        return
    try:
        data = json.loads(block.text)
    except (ValueError, RecursionError):
        return
    servers = data.get(key_name) if isinstance(data, dict) else None
    for entry in servers.values() if isinstance(servers, dict) else ():
        command, arguments = (entry.get("command"), entry.get("args", [])) if isinstance(entry, dict) else (None, [])
        if isinstance(command, str) and isinstance(arguments, list) and all(isinstance(a, str) for a in arguments):
            environment = entry.get("env")
            values = environment if isinstance(environment, dict) else {}
            texts = {k: v for k, v in values.items() if isinstance(k, str) and isinstance(v, str)}
            yield Command(block, block.line(0), (command, *arguments), texts)


def manifest_of(block: Block, name: str | None) -> Manifest | None:
    """Return the project file that a fence holds, by its name or, without one, by its keys; None if it holds none."""
    if len(block.text) > MAX_MANIFEST_CHARS:
        return None
    called = (name or "").rpartition("/")[2]
    if called == "package.json" or (not name and block.language in {"json", "jsonc"}):
        return _package_json(block, name or "package.json", sure=bool(name))
    if called == "pyproject.toml":
        return _pyproject(block, name or called)
    if called == "Cargo.toml":
        return _cargo(block, name or called)
    if not name and block.language == "toml":
        return _pyproject(block, "pyproject.toml") or _cargo(block, "Cargo.toml")
    if called == "pom.xml" or (not name and block.language in {"xml", "pom"} and "<dependency>" in block.text):
        return _jvm_build(block, name or "pom.xml", maven_file(block.text))
    if called in _GRADLE or (block.language in {"groovy", "gradle", "kotlin", "kts"} and looks_like_gradle(block.text)):
        return _jvm_build(block, name or "build.gradle", gradle_file(block.text))
    if called == "go.mod":
        return _go_mod(block, name or called)
    if called == "requirements.txt" or block.language == "requirements":
        return _requirements(block, name or "requirements.txt")
    return None


def _package_json(block: Block, path: str, *, sure: bool) -> Manifest | None:
    try:
        data = json.loads(block.text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or not (sure or _looks_like_package_json(data)):
        return None
    pairs = [
        *((n, v, False) for n, v in _strings(data.get("dependencies"))),
        *((n, v, True) for n, v in _strings(data.get("devDependencies"))),
    ]
    texts = [(f"{name}@{version}", development) for name, version, development in pairs]
    dependencies = _taken(texts, Manager.NPM)
    return Manifest(block, path, Manager.NPM, dependencies, dict(_strings(data.get("scripts"))))


def _looks_like_package_json(data: dict[str, Any]) -> bool:
    """Not every JSON object is one: at least a dependency table, scripts, or name with version."""
    keys = _NPM_KEYS & set(data)
    return bool(keys & {"dependencies", "devDependencies", "scripts"}) or ("name" in data and len(keys) > 0)


def _pyproject(block: Block, path: str) -> Manifest | None:
    try:
        data = toml_table(block.text)
    except tomllib.TOMLDecodeError:
        return None
    project = data.get("project")
    if not isinstance(project, dict):
        return None
    listed = project.get("dependencies")
    texts = [t for t in listed if isinstance(t, str)] if isinstance(listed, list) else []
    dependencies = _taken([(t, False) for t in texts], Manager.PYPI)
    return Manifest(block, path, Manager.PYPI, dependencies, dict(_strings(project.get("scripts"))))


def _requirements(block: Block, path: str) -> Manifest | None:
    lines = [line.partition(" #")[0].strip() for line in block.text.splitlines()]
    texts = [(line, False) for line in lines if line and not line.startswith(("#", "-"))]
    dependencies = _taken(texts, Manager.PYPI)
    return Manifest(block, path, Manager.PYPI, dependencies, {}) if dependencies else None


def _go_mod(block: Block, path: str) -> Manifest:
    """The modules of ``require`` lines (Go Modules Reference, "go.mod files")."""
    texts = [(f"{found[1]}@{found[2]}", False) for line in block.text.splitlines() if (found := _REQUIRED.match(line))]
    return Manifest(block, path, Manager.GO, _taken(texts, Manager.GO), {})


def _cargo(block: Block, path: str) -> Manifest | None:
    """The dependencies of a Cargo.toml (The Cargo Book, "Specifying Dependencies"); None if the text is none.

    A crate of a git repository or a folder is taken from the registry, as inferred.
    """
    try:
        data = toml_table(block.text)
    except tomllib.TOMLDecodeError:
        return None
    tables = [data, *(t for t in _table(data, "target").values() if isinstance(t, dict))]
    kinds = ("dependencies", "build-dependencies", "dev-dependencies")
    if not any(kind in table for table in tables for kind in kinds) and "package" not in data:
        return None
    found: dict[str, Dependency] = {}
    for table in tables:
        for kind in kinds:
            for name, value in _table(table, kind).items():
                if dependency := _crate_of(name, value, development=kind.startswith("dev")):
                    found.setdefault(dependency.name, dependency)
    return Manifest(block, path, Manager.CARGO, tuple(found.values()), {})


def _crate_of(name: str, value: object, *, development: bool) -> Dependency | None:
    given: dict[str, Any] = {"version": value} if isinstance(value, str) else value if isinstance(value, dict) else {}
    features = [f for f in given.get("features", ()) if isinstance(f, str)]
    features += ["!default"] if given.get("default-features") is False else []
    elsewhere = "version" not in given and ("git" in given or "path" in given)
    version = "" if elsewhere or not isinstance(given.get("version"), str) else f"@{given['version']}"
    text = f"{given.get('package', name)}[{','.join(features)}]{version}"
    origin = Origin.INFERRED if elsewhere else Origin.STATED
    try:
        return dependency_of(text, Manager.CARGO, development=development, origin=origin)
    except RefusedError:
        return None


def _table(data: dict[str, Any], name: str) -> dict[str, Any]:
    """A table of a TOML file; empty if it has none of that name."""
    table = data.get(name)
    return table if isinstance(table, dict) else {}


def _jvm_build(block: Block, path: str, file: BuildFile | None) -> Manifest | None:
    """A build file for the JVM; None if it names nothing."""
    if file is None:
        return None
    return Manifest(block, path, Manager.MAVEN, file.dependencies, {"mainClass": file.main, "kotlin": file.kotlin})


def _strings(table: object) -> Iterable[tuple[str, str]]:
    if not isinstance(table, dict):
        return ()
    return tuple((key, value) for key, value in table.items() if isinstance(key, str) and isinstance(value, str))


def _taken(texts: Iterable[tuple[str, bool]], manager: Manager) -> tuple[Dependency, ...]:
    """The dependencies that are names of the registry; what points elsewhere is left to the imports."""
    dependencies: list[Dependency] = []
    for text, development in texts:
        try:
            dependencies.append(dependency_of(text, manager, development=development))
        except RefusedError:
            continue
    return tuple(dependencies)
