"""Build files of pages for the JVM, as far as they name packages and the class that is run: Maven's and Gradle's.

A fence often holds a part of one. Nothing is run: Gradle's files are programs, of which the usual statements are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

from extractor.model import Dependency, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_CHARS: Final = 50_000
PLATFORM: Final = "bom"
"""Among a dependency's extras: it only says which versions others have."""
_PART: Final = re.compile(r"[A-Za-z0-9_][\w.-]{0,150}", re.ASCII)
_VERSION: Final = re.compile(r"[\w.+-]{1,100}|[\[(][\w.,+\[\]() -]{1,100}[\])]", re.ASCII)
_BOOT: Final = "org.springframework.boot"
_DECLARATION: Final = re.compile(r"<!DOCTYPE|<!ENTITY", re.IGNORECASE)
_MAVEN_VARIABLE: Final = re.compile(r"\$\{([\w.-]+)\}", re.ASCII)
_COMMENT: Final = re.compile(r"/\*.*?\*/|(?<![:\w])//[^\n]*", re.DOTALL)
_CONFIGURATIONS: Final = "implementation|api|runtimeOnly|compileOnly|annotationProcessor|kapt|ksp|mavenBom|compile"
_QUOTED: Final = r"(?:\"(?P<double>[^\"\n]*)\"|'(?P<single>[^'\n]*)')"
_GRADLE_DEPENDENCY: Final = re.compile(
    rf"(?<![\w.])(?P<how>{_CONFIGURATIONS})\b[ \t]*\(?\s*(?P<platform>(?:enforcedP|p)latform\s*\(?\s*)?{_QUOTED}"
)
_GRADLE_PARTS: Final = re.compile(
    r"""(?<![\w.])(?:implementation|api|runtimeOnly)\b\s*\(?\s*group\s*[:=]\s*["'](?P<group>[^"'\n]+)["']\s*,"""
    r"""\s*name\s*[:=]\s*["'](?P<name>[^"'\n]+)["'](?:\s*,\s*version\s*[:=]\s*["'](?P<version>[^"'\n]+)["'])?"""
)
_KOTLIN_MODULE: Final = re.compile(r"""(?:implementation|api)\s*\(\s*kotlin\(\s*"([\w-]+)"\s*\)""")
_GRADLE_VARIABLE: Final = re.compile(
    r"""(?:\b(?:val|def|var|String)\s+|\bset\s*\(\s*["']|\bextra\s*\[\s*["']|^[^\S\n]*(?:ext\.)?)(?P<name>\w+)"""
    r"""["']?\s*(?:\]\s*)?(?:=|,|by\s+extra\s*\()\s*["'](?P<value>[^"'\n$]*)["']""",
    re.MULTILINE,
)
_IN_GRADLE: Final = re.compile(r"""\$\{?(?:property\(\s*)?["']?(\w+)["']?\)?\}?""")
_PLUGIN: Final = re.compile(r"""\bid\s*\(?\s*["'](?P<id>[\w.-]+)["']\s*\)?\s+version\s+["'](?P<version>[\w.$-]+)["']""")
_KOTLIN_PLUGIN: Final = re.compile(r"""\bkotlin\(\s*"jvm"\s*\)\s+version\s+"(?P<version>[\w.-]+)\"""")
_MAIN_CLASS: Final = re.compile(r"""\bmainClass(?:Name)?(?:\.set\s*\(|\s*=)\s*["']([\w.$]+)["']""")
_BUILD: Final = re.compile(r"^(?:dependencies|plugins|dependencyManagement)\s*\{", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class BuildFile:
    """What a build file names."""

    dependencies: tuple[Dependency, ...]
    main: str = ""
    """The class that is run, by its full name; empty if it names none."""
    kotlin: str = ""
    """The version of Kotlin that it asks for."""
    own: Mapping[str, str] = field(default_factory=dict)
    """Its properties or variables."""


def looks_like_gradle(text: str) -> bool:
    """Return whether a text is a Gradle build file, or the part of one that names packages."""
    if len(text) > MAX_CHARS:
        return False
    return _BUILD.search(text) is not None or _GRADLE_DEPENDENCY.match(text.strip()) is not None


def gradle_file(text: str) -> BuildFile:
    """Return what a Gradle build file names, in either of its languages."""
    text = _COMMENT.sub("", text[:MAX_CHARS])
    own = {found["name"]: found["value"] for found in _GRADLE_VARIABLE.finditer(text)}
    dependencies: list[Dependency] = []
    for found in _GRADLE_DEPENDENCY.finditer(text):
        group, _, rest = (found["double"] or found["single"] or "").partition(":")
        name, _, version = rest.partition(":")
        platform = found["platform"] is not None or found["how"] == "mavenBom"
        dependencies += _dependency(group, name, _filled(version, own), platform=platform)
    for found in _GRADLE_PARTS.finditer(text):
        dependencies += _dependency(found["group"], found["name"], _filled(found["version"] or "", own))
    for name in _KOTLIN_MODULE.findall(text):
        dependencies += _dependency("org.jetbrains.kotlin", f"kotlin-{name}", "")
    for found in _PLUGIN.finditer(text):
        if found["id"] == _BOOT:
            version = _filled(found["version"], own)
            dependencies += _dependency(_BOOT, "spring-boot-dependencies", version, platform=True)
    main, kotlin = _MAIN_CLASS.search(text), _KOTLIN_PLUGIN.search(text)
    return BuildFile(_once(dependencies), main[1] if main else "", kotlin["version"] if kotlin else "", own)


def _filled(version: str, own: Mapping[str, str]) -> str:
    """A version with its variable filled in; empty where nothing on the page says its value, or for the newest."""
    if "$" in version:
        found = _IN_GRADLE.fullmatch(version)
        version = own.get(found[1], "") if found else ""
    return "" if version.endswith("+") or version.startswith("latest.") else version


def maven_file(text: str) -> BuildFile | None:
    """Return what a Maven build file, or a part of one, names; None if it is not XML or names nothing."""
    if len(text) > MAX_CHARS or _DECLARATION.search(text):
        return None
    try:
        root = ElementTree.fromstring(f"<page>{re.sub(r'<[?]xml.*?[?]>', '', text)}</page>")
    except ElementTree.ParseError:
        return None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    own = {child.tag: (child.text or "").strip() for properties in root.iter("properties") for child in properties}
    managed = {id(d) for management in root.iter("dependencyManagement") for d in management.iter("dependency")}
    plugins = {id(d) for plugin in root.iter("plugin") for d in plugin.iter("dependency")}
    versions: dict[str, str] = {}
    platforms: list[Dependency] = []
    direct: list[Dependency] = []
    for element in root.iter("dependency"):
        if id(element) in plugins:
            continue
        group, name, version = (_text(element, tag, own) for tag in ("groupId", "artifactId", "version"))
        scope = _text(element, "scope", own)
        if scope == "import" or (not scope and name.endswith("-bom") and _text(element, "type", own) == "pom"):
            platforms += _dependency(group, name, version, platform=True)
        elif id(element) in managed:
            versions[f"{group}:{name}"] = version
        elif scope != "test":
            direct += _dependency(group, name, version)
    for parent in root.iter("parent"):
        if _text(parent, "groupId", own) == _BOOT:
            version = _text(parent, "version", own)
            platforms += _dependency(_BOOT, "spring-boot-dependencies", version, platform=True)
    filled = [d if d.specifier or d.name not in versions else _with_version(d, versions[d.name]) for d in direct]
    if not (filled or platforms):
        return None
    main = next((e.text or "" for tag in ("mainClass", "start-class") for e in root.iter(tag)), "")
    return BuildFile(_once([*platforms, *filled]), main.strip(), own.get("kotlin.version", ""), own)


def _text(element: ElementTree.Element, tag: str, own: Mapping[str, str]) -> str:
    """The text of a child, with properties filled in; empty where nothing on the page says the value."""
    child = element.find(tag)
    text = (child.text or "").strip() if child is not None else ""
    filled = _MAVEN_VARIABLE.sub(lambda found: own.get(found[1], "\0"), text)
    return "" if "\0" in filled or "$" in filled else filled


def _dependency(group: str, name: str, version: str, *, platform: bool = False) -> Iterator[Dependency]:
    """The dependency, if these are the names of one."""
    if _PART.fullmatch(group) and _PART.fullmatch(name) and ".." not in group + name + version:
        known = version if _VERSION.fullmatch(version) and not version.endswith("-SNAPSHOT") else ""
        yield Dependency(f"{group}:{name}", known, Origin.STATED, (PLATFORM,) if platform else ())


def _with_version(dependency: Dependency, version: str) -> Dependency:
    group, _, name = dependency.name.partition(":")
    return next(iter(_dependency(group, name, version)), dependency)


def _once(dependencies: list[Dependency]) -> tuple[Dependency, ...]:
    """Each package once: what is a package and a platform is a package."""
    found: dict[str, Dependency] = {}
    for dependency in dependencies:
        other = found.get(dependency.name)
        if other is None or (other.extras and not dependency.extras) or (dependency.specifier and not other.specifier):
            found[dependency.name] = dependency
    return tuple(found.values())
