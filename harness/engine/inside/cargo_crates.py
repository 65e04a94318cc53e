"""Resolves and fetches crates: those that are wanted, at the versions of today or of a day, and writes the lock.

Runs inside an install container with Python 3.9 or newer and the standard library. Nothing of the crates is run.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONFIG_VARIABLE = "DOCPROBE_CARGO_CONFIG"
INDEX = "https://index.crates.io"
SPLIT = "=== Cargo.lock ==="
TIMEOUT_S = 30
DATED = "docprobe-dated"
STEPPED_BACK = re.compile(r"Adding (\S+) v(\S+) \(available: v([^,]+), requires Rust ([\d.]+)\)")


def main() -> None:
    """Fetch into a folder, the first argument; write the lock and the remarks; the fourth names Rust's source."""
    folder, lock, remarks, source = sys.argv[1:5]
    os.chdir(folder)
    os.makedirs(os.environ["CARGO_HOME"], exist_ok=True)
    with open("wanted.json", encoding="utf-8") as file:
        wanted = json.load(file)
    said = ""
    if not os.path.exists("Cargo.lock"):
        with index_of_day(wanted["cutoff"]) as options:
            said = resolve(wanted["dependencies"], options)
    keep_source_replacement()
    host = re.search(r"^host: (\S+)", output("rustc", "-vV"), re.MULTILINE)
    cargo("fetch", "--locked", *(["--target", host[1]] if host else []))
    names = {str(entry["name"]) for entry in wanted["dependencies"]}
    stepped = [f"{n} {new} needs Rust {rust}, so cargo took {old}" for n, old, new, rust in STEPPED_BACK.findall(said)
               if n in names]  # fmt: skip
    write(remarks, json.dumps(stepped))
    manifest = text_of("Cargo.toml")
    if not manifest.startswith("# rustc"):
        where = text_of(source).strip()
        manifest = f"# {' '.join(output('rustc', '--version').split()[:2])}{f' ({where})' if where else ''}\n{manifest}"
    write(lock, f"{manifest}\n{SPLIT}\n{text_of('Cargo.lock')}")


def resolve(dependencies: list[dict[str, object]], options: list[str]) -> str:
    """Write the manifest and the lock, with the usual features that the versions have. Return what cargo said."""
    write("Cargo.toml", manifest_of(dependencies))
    said = cargo("generate-lockfile", *options)
    if not any(entry["usual"] for entry in dependencies):
        return said
    for entry in dependencies:
        usual = entry["usual"]
        if isinstance(usual, list) and usual:
            has = features_of(str(entry["name"]))
            entry["features"] = sorted({*list_of(entry["features"]), *(f for f in usual if f in has)})
    write("Cargo.toml", manifest_of(dependencies))
    return cargo("generate-lockfile", *options)


def manifest_of(dependencies: list[dict[str, object]]) -> str:
    """Return the manifest of a package that needs these crates."""
    lines = ["[package]", 'name = "docprobe-crates"', 'version = "0.0.0"', 'edition = "2021"', 'resolver = "2"',
             "publish = false"]  # fmt: skip
    for entry in dependencies:
        table = "dev-dependencies" if entry["development"] else "dependencies"
        lines += ["", f"[{table}.{entry['name']}]", f'version = "{entry["version"]}"']
        lines += [f"features = {json.dumps(entry['features'])}"] if entry["features"] else []
        lines += [] if entry["default"] else ["default-features = false"]
    return "\n".join(lines) + "\n"


def features_of(name: str) -> set[str]:
    """Return the features of the version of a crate that was chosen; empty if the index does not tell."""
    chosen = re.findall(rf'^name = "{re.escape(name)}"\nversion = "([^"]+)"', text_of("Cargo.lock"), re.MULTILINE)
    try:
        lines = get(f"{upstream()}/{index_path(name)}").decode("utf-8", "replace").splitlines()
    except OSError:
        return set()
    for entry in map(json.loads, filter(str.strip, lines)):
        if entry["vers"] in chosen:
            optional = {d["name"] for d in entry["deps"] if d["optional"]}
            return {*entry["features"], *(entry.get("features2") or {}), *optional}
    return set()


def index_path(name: str) -> str:
    """Return the path of a crate in a sparse index (The Cargo Book, "Index Files")."""
    name = name.lower()
    if len(name) < 4:
        return f"{len(name)}/{f'{name[0]}/' if len(name) == 3 else ''}{name}"
    return f"{name[:2]}/{name[2:4]}/{name}"


@contextmanager
def index_of_day(cutoff: str | None):  # type: ignore[no-untyped-def]
    """Serve the registry's index as it was at the end of a day (UTC); give the options that make cargo ask it."""
    if not cutoff:
        yield []
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(cutoff))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"sparse+http://127.0.0.1:{server.server_address[1]}/"
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    try:
        replaced = f'source.crates-io.replace-with="{DATED}"'
        yield ["--config", replaced, "--config", f'source.{DATED}.registry="{address}"']
    finally:
        os.environ["NO_PROXY"] = os.environ["no_proxy"] = ""
        server.shutdown()
        server.server_close()


def handler_of(cutoff: str) -> type[BaseHTTPRequestHandler]:
    """Return what answers for the index: everything of it but what was published later."""
    base = upstream()

    class Handler(BaseHTTPRequestHandler):
        """One request of cargo's."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Answer with the index's own file, without later versions."""
            try:
                body, status = get(base + self.path), 200
            except urllib.error.HTTPError as error:
                body, status = b"", error.code
            except OSError as error:
                body, status = str(error).encode(), 502
            if status == 200 and not self.path.endswith("config.json"):
                body = published_by(cutoff, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def published_by(cutoff: str, index: bytes) -> bytes:
    """Return the lines of a crate's index file whose version was published by a day; one without a date is kept."""
    lines = [line for line in index.splitlines() if line.strip()]
    return b"".join(line + b"\n" for line in lines if str(json.loads(line).get("pubtime") or "")[:10] <= cutoff)


def upstream() -> str:
    """Return the address of the index in use: the usual one, or what the user's configuration replaces it by."""
    name, seen = "crates-io", set()
    tables = sources()
    while name not in seen:
        seen.add(name)
        replaced = tables.get(name, {}).get("replace-with")
        if not replaced:
            break
        name = replaced
    return tables.get(name, {}).get("registry", INDEX).replace("sparse+", "", 1).rstrip("/")


def sources() -> dict[str, dict[str, str]]:
    """Return the ``[source.NAME]`` tables of the user's configuration: where crates come from."""
    tables: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in text_of(os.environ.get(CONFIG_VARIABLE, "")).splitlines():
        if table := re.match(r'\s*\[\s*(?:source|registries)\.["\']?([\w.-]+)["\']?\s*\]', line):
            current = tables.setdefault(table[1], {})
        elif re.match(r"\s*\[", line):
            current = {}
        elif pair := re.match(r'\s*(registry|index|replace-with)\s*=\s*["\']([^"\']+)["\']', line):
            current["registry" if pair[1] == "index" else pair[1]] = pair[2]
    return tables


def keep_source_replacement() -> None:
    """Write what a pod's cargo needs to find the crates again: by whose name they are filed, and nothing secret."""
    tables = sources()
    if "replace-with" not in tables.get("crates-io", {}):
        return
    lines = [f"[source.{name}]\n" + "".join(f'{key} = "{value}"\n' for key, value in table.items())
             for name, table in tables.items()]  # fmt: skip
    write(os.path.join(os.environ["CARGO_HOME"], "config.toml"), "\n".join(lines))


def list_of(value: object) -> list[str]:
    """Return a list of texts."""
    return [str(item) for item in value] if isinstance(value, list) else []


def get(url: str) -> bytes:
    """Return what a registry answers."""
    request = urllib.request.Request(url, headers={"User-Agent": "docprobe"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:
        return bytes(reply.read())


def text_of(path: str) -> str:
    """Return a file's text; empty if it is not there."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def write(path: str, text: str) -> None:
    """Write a file."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def output(*argv: str) -> str:
    """Return what a command prints."""
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def cargo(*arguments: str) -> str:
    """Run cargo, show what it says, and return that; end with its exit code if it fails."""
    config = os.environ.get(CONFIG_VARIABLE)
    options = ["--config", config] if config else []
    done = subprocess.run(["cargo", *options, *arguments], check=False, stderr=subprocess.PIPE, text=True)
    sys.stderr.write(done.stderr)
    sys.stderr.flush()
    if done.returncode:
        raise SystemExit(done.returncode)
    return done.stderr
