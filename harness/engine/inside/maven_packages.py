"""Fetches packages for the JVM with Maven: at the versions that are wanted or that a day had, and writes the lock.

Runs inside an install container with Python 3.9 or newer and the standard library. Maven's dependency plugin resolves
and copies; nothing of the packages is run.
"""

from __future__ import annotations

import base64
import datetime
import email.utils
import glob
import io
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from xml.etree import ElementTree
from xml.sax.saxutils import escape

CENTRAL = "https://repo.maven.apache.org/maven2"
TIMEOUT_S = 30
LATEST = "9999-12-31"
EPOCH = 1999
"""Archives that are built to be repeatable have dates of 1980, or none."""
MOST_BYTES = 100_000_000
MOST_TRIED = 60
"""Versions of one package whose dates are asked for."""
STORE = "/tmp/docprobe-trust.p12"
SETTINGS = "/tmp/docprobe-settings.xml"
STABLE = re.compile(r"\d+(?:\.\d+)*(?:[.-](?:final|release|ga|jre))?", re.IGNORECASE)
LISTED = re.compile(r"^\s+([\w.-]+):([\w.-]+):(jar|pom)(?::([\w.-]+))?:([\w.+-]+):(?:compile|runtime|provided)")
NO_VERSION = re.compile(r"'dependencies\.dependency\.version' for ([\w.-]+):([\w.-]+):")


def main() -> None:
    """Fetch into a folder, the first argument; write the lock, the second, and the remarks, the third.

    The fourth names the JDK's source, the fifth is the plugin, the sixth the local repository, the seventh makes a
    trust store of a CA bundle.
    """
    folder, lock, remarks, source, plugin, repository, trust = sys.argv[1:8]
    os.chdir(folder)
    with open("wanted.json", encoding="utf-8") as file:
        wanted = json.load(file)
    registry = write_settings()
    maven = Maven(plugin, repository, trust)
    if wanted["locked"]:
        entries = [entry(*line.split(":"), alone=True) for line in wanted["locked"]]
    else:
        entries = resolve(wanted, wanted["cutoff"], registry, maven)
    with open(remarks, "w", encoding="utf-8") as file:
        json.dump(registry.undated, file)
    listed = maven.copy(entries)
    lines = sorted(listed)
    drop_copies(repository)
    version = subprocess.run(["javac", "-version"], check=True, capture_output=True, text=True)
    java = (version.stdout or version.stderr).strip().removeprefix("javac ")
    where = text_of(source).strip()
    compilers = glob.glob("/opt/docprobe/kotlin/kotlin-compiler-embeddable-*.jar")
    kotlin = [re.sub(r".*-embeddable-(.*)\.jar", r"// kotlin \1", path) for path in compilers]
    head = [f"// java {java}{f' ({where})' if where else ''}", *kotlin]
    with open(lock, "w", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in (*head, *lines)))


def resolve(wanted: dict[str, list[list[str]]], cutoff: str | None, registry: Registry, maven: Maven) -> list[str]:
    """Return the dependencies of a project, each with a version unless a platform or another package has it."""
    platforms = [
        entry(group, name, version or registry.newest(group, name, cutoff), platform=True)
        for group, name, version in wanted["platforms"]
    ]
    packages = [tuple(package) for package in wanted["packages"]]
    managed = set()
    if platforms and not all(version for _, _, version in packages):
        without = [entry(group, name, "") for group, name, version in packages if not version]
        unknown = maven.lacking(platforms + without)
        managed = {(g, n) for g, n, version in packages if not version and (g, n) not in unknown}
    chosen, open_ones = list(platforms), []
    for group, name, version in packages:
        if version or (group, name) in managed:
            chosen.append(entry(*registry.for_jvm(group, name, version)))
        else:
            open_ones.append((group, name))
    for group, name in open_ones:
        brought = maven.versions(chosen) if len(chosen) > len(platforms) else {}
        if not {f"{group}:{name}", f"{group}:{name}-jvm"} & brought.keys():
            version = registry.like_others(group, name, brought) or registry.newest(group, name, cutoff)
            chosen.append(entry(*registry.for_jvm(group, name, version)))
    if managed:
        found = maven.versions(chosen)
        for group, name in managed:
            version = found.get(f"{group}:{name}", "")
            other = registry.for_jvm(group, name, version) if version else (group, name, version)
            if other[1] != name:
                chosen.append(entry(*other))
    return chosen


def entry(group: str, name: str, kind_or_version: str, *rest: str, platform: bool = False, alone: bool = False) -> str:
    """Return a dependency as Maven writes it; of a lock's line with nothing that it depends on."""
    version, kind, classifier = kind_or_version, "", ""
    if alone:
        kind, version, classifier = kind_or_version, rest[0], rest[1] if len(rest) > 1 else ""
    parts = [f"<groupId>{escape(group)}</groupId><artifactId>{escape(name)}</artifactId>"]
    parts += [f"<version>{escape(version)}</version>"] if version else []
    parts += ["<type>pom</type><scope>import</scope>"] if platform else []
    parts += [f"<type>{kind}</type>"] if kind == "pom" else []
    parts += [f"<classifier>{escape(classifier)}</classifier>"] if classifier else []
    if alone:
        everything = "<exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion>"
        parts.append(f"<exclusions>{everything}</exclusions>")
    return f"<dependency>{''.join(parts)}</dependency>"


class Maven:
    """Runs Maven's dependency plugin on projects made of dependencies."""

    def __init__(self, plugin: str, repository: str, trust: str) -> None:
        """Make a trust store of the CA bundle that clients are given, if there is one: a JVM reads no PEM file."""
        self.plugin = plugin
        options = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        bundle = os.environ.get("SSL_CERT_FILE")
        if bundle and subprocess.run(["java", trust, bundle, STORE], check=False).returncode == 0:
            options += [f"-Djavax.net.ssl.trustStore={STORE}", "-Djavax.net.ssl.trustStorePassword=changeit"]
        os.environ["MAVEN_OPTS"] = " ".join(options)
        where = f"-Dmaven.repo.local={repository}"
        self.command = ["mvn", "-B", "-ntp", "-s", SETTINGS, where, "-DincludeScope=runtime"]

    def write(self, entries: list[str]) -> None:
        """Write the project's file."""
        platforms = "".join(e for e in entries if "<scope>import</scope>" in e)
        others = "".join(e for e in entries if "<scope>import</scope>" not in e)
        with open("pom.xml", "w", encoding="utf-8") as file:
            file.write(
                '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
                "<groupId>docprobe</groupId><artifactId>packages</artifactId><version>1</version>"
                "<packaging>pom</packaging>"
                f"<dependencyManagement><dependencies>{platforms}</dependencies></dependencyManagement>"
                f"<dependencies>{others}</dependencies></project>\n"
            )

    def lacking(self, entries: list[str]) -> set[tuple[str, str]]:
        """Return the packages that no platform gives a version."""
        self.write(entries)
        done = subprocess.run([*self.command, f"{self.plugin}:list"], check=False, capture_output=True, text=True)
        return {(found[0], found[1]) for found in NO_VERSION.findall(done.stdout)}

    def versions(self, entries: list[str]) -> dict[str, str]:
        """Return the versions of everything that a project gets; ends with Maven's code if it fails."""
        self.write(entries)
        self.run(f"{self.plugin}:list", "-DoutputFile=listed.txt")
        return {":".join(line.split(":")[:2]): line.split(":")[3] for line in read_list("listed.txt")}

    def copy(self, entries: list[str]) -> list[str]:
        """Copy everything that a project gets into ``lib``; return it as lines of a lock."""
        self.write(entries)
        self.run(f"{self.plugin}:copy-dependencies", f"{self.plugin}:list", "-DoutputDirectory=lib",
                 "-Dmdep.prependGroupId=true", "-DoutputFile=listed.txt")  # fmt: skip
        return read_list("listed.txt")

    def run(self, *arguments: str) -> None:
        """Run Maven; end with its exit code if it fails."""
        code = subprocess.run([*self.command, *arguments], check=False).returncode
        if code:
            raise SystemExit(code)


def read_list(path: str) -> list[str]:
    """Return what the plugin listed, as lines ``group:artifact:type:version[:classifier]``."""
    lines = []
    for line in text_of(path).splitlines():
        found = LISTED.match(line)
        if found:
            group, name, kind, classifier, version = found.groups()
            lines.append(":".join(part for part in (group, name, kind, version, classifier) if part))
    return lines


class Registry:
    """The repository that packages come from: Maven Central, or the mirror that the user's settings name."""

    def __init__(self, url: str, login: str) -> None:
        """Take its address, and ``user:password`` if the settings have one for it."""
        self.url = url.rstrip("/")
        self.headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()} if login else {}
        self.undated: list[str] = []

    def ask(self, path: str, method: str = "GET") -> tuple[str, str]:
        """Return what it answers for a path, and when that was last changed."""
        request = urllib.request.Request(f"{self.url}/{path}", headers=self.headers, method=method)
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:
            return str(reply.read(), "utf-8", "replace"), reply.headers.get("Last-Modified", "")

    def newest(self, group: str, name: str, cutoff: str | None) -> str:
        """Return the newest version that was published by the end of a day (UTC): a release if there is one."""
        folder = f"{group.replace('.', '/')}/{name}"
        try:
            listed = ElementTree.fromstring(self.ask(f"{folder}/maven-metadata.xml")[0])
        except urllib.error.HTTPError as error:
            if error.code == 404:
                fail(f"[ERROR] Could not find artifact {group}:{name}: the repository has no package of that name")
            fail(f"[ERROR] Could not transfer metadata of {group}:{name}: the repository answers {error.code}")
        except urllib.error.URLError as error:
            fail(f"[ERROR] Could not transfer metadata of {group}:{name}: {error.reason}")
        versions = [element.text or "" for element in listed.iter("version")]
        releases = sorted((v for v in versions if STABLE.fullmatch(v)), key=order, reverse=True)
        others = sorted((v for v in versions if not STABLE.fullmatch(v)), key=order, reverse=True)
        dates = []
        for version in (*releases, *others)[:MOST_TRIED]:
            date = self.published(f"{folder}/{version}/{name}-{version}", dated=cutoff is not None)
            if date is not None and date <= (cutoff or LATEST):
                return version
            dates += [date] if date else []
        if cutoff and not dates:
            # a mirror without dates: today's packages say what a reader gets, and differ from themselves in nothing
            newest = self.newest(group, name, None)
            said = f"the repository does not say when {group}:{name} was published, so today's {newest} was taken"
            self.undated.append(said)
            sys.stderr.write(f"[WARNING] {said}\n")
            return newest
        when = f"was not published by {cutoff}" if cutoff else "was not found in the repository"
        fail(f"[ERROR] {group}:{name} {when}")
        raise AssertionError

    def like_others(self, group: str, name: str, brought: dict[str, str]) -> str:
        """Return the version that other packages of the group have, if this one is there in it; "" if not.

        The packages of one group are made to be used together.
        """
        versions = {version for package, version in brought.items() if package.partition(":")[0] == group}
        if len(versions) != 1:
            return ""
        version = versions.pop()
        there = self.published(f"{group.replace('.', '/')}/{name}/{version}/{name}-{version}", dated=False)
        return version if there is not None else ""

    def published(self, path: str, *, dated: bool) -> str | None:
        """Return the day (UTC) on which a version was published; None if that is not known, or it is not there.

        Central says it in the answer. Some mirrors do not: then the newest file in the archive has it, unless its build
        is made to be repeatable.

        Args:
            path: of its files, without their endings.
            dated: whether the day matters; if not, it is enough that it is there.
        """
        try:
            date = day_of(self.ask(f"{path}.pom", "HEAD")[1])
            if date is not None or not dated:
                return date or LATEST
            request = urllib.request.Request(f"{self.url}/{path}.jar", headers=self.headers)
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:
                data = reply.read(MOST_BYTES)
            newest = max(entry.date_time for entry in zipfile.ZipFile(io.BytesIO(data)).infolist())
        except (urllib.error.URLError, zipfile.BadZipFile, ValueError):
            return None
        return "{:04}-{:02}-{:02}".format(*newest[:3]) if newest[0] > EPOCH else None

    def for_jvm(self, group: str, name: str, version: str) -> tuple[str, str, str]:
        """Return the package that has the classes for the JVM: of a Kotlin library for several platforms another one.

        Only Gradle's metadata says which, so Maven does not know.
        """
        if not version or not re.fullmatch(r"[\w.+-]+", version):
            return group, name, version
        try:
            text = self.ask(f"{group.replace('.', '/')}/{name}/{version}/{name}-{version}.module")[0]
            variants = json.loads(text).get("variants", [])
        except (urllib.error.URLError, ValueError):
            return group, name, version
        for variant in variants:
            kind = variant.get("attributes", {}).get("org.jetbrains.kotlin.platform.type")
            there = variant.get("available-at")
            if kind == "jvm" and there:
                return str(there["group"]), str(there["module"]), str(there["version"])
        return group, name, version


def write_settings() -> Registry:
    """Write Maven's settings: the user's, with the only proxy that can be reached; return the registry they name."""
    namespace = "http://maven.apache.org/SETTINGS/1.0.0"
    given = os.environ.get("DOCPROBE_MAVEN_SETTINGS_FILE", "")
    root = ElementTree.parse(given).getroot() if given else ElementTree.Element("settings")
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    root.set("xmlns", namespace)
    for old in root.findall("proxies"):
        root.remove(old)
    address = urllib.parse.urlsplit(os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy") or "")
    if address.hostname:
        proxies = ElementTree.SubElement(root, "proxies")
        for protocol in ("https", "http"):
            proxy = ElementTree.SubElement(proxies, "proxy")
            values = {"id": protocol, "active": "true", "protocol": protocol, "host": address.hostname}
            for tag, value in {**values, "port": str(address.port or 80)}.items():
                ElementTree.SubElement(proxy, tag).text = value
    ElementTree.ElementTree(root).write(SETTINGS, encoding="utf-8")
    for mirror in root.iter("mirror"):
        of = (mirror.findtext("mirrorOf") or "").replace(" ", "").split(",")
        if {"*", "central", "external:*"} & set(of):
            login = next((f"{s.findtext('username') or ''}:{s.findtext('password') or ''}" for s in root.iter("server")
                          if s.findtext("id") == mirror.findtext("id")), "")  # fmt: skip
            return Registry((mirror.findtext("url") or CENTRAL).strip(), login)
    return Registry(CENTRAL, "")


def day_of(header: str) -> str | None:
    """Return the day (UTC) of an HTTP date; None if there is none."""
    try:
        when = email.utils.parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return when.astimezone(datetime.timezone.utc).date().isoformat()  # noqa: UP017


def order(version: str) -> tuple[object, ...]:
    """Return the key by which versions are sorted: by their numbers, then by their text."""
    core = re.split(r"[-+]|(?<=\d)(?=[A-Za-z])", version, maxsplit=1)
    numbers = tuple(int(part) if part.isdigit() else 0 for part in core[0].split("."))
    return (numbers, core[1] if len(core) > 1 else "")


def drop_copies(repository: str) -> None:
    """Remove from the local repository what was copied: nothing needs it twice."""
    copied = {os.path.basename(path) for path in glob.glob("lib/*.jar")}
    for path in glob.glob(f"{repository}/**/*.jar", recursive=True):
        group = os.path.relpath(path, repository).split(os.sep)[:-3]
        if f"{'.'.join(group)}.{os.path.basename(path)}" in copied:
            os.remove(path)
    shutil.rmtree("target", ignore_errors=True)


def text_of(path: str) -> str:
    """Return a file's text; empty if it is not there."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def fail(message: str) -> None:
    """End with a message."""
    sys.stderr.write(message + "\n")
    raise SystemExit(1)
