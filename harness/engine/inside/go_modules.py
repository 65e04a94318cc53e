"""Fetches Go modules: those that are wanted, at the versions that are wanted or that a day had, and writes the lock.

Runs inside an install container with Python 3.9 or newer and the standard library. Nothing of the modules is run.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

SPLIT = "=== go.sum ==="
TIMEOUT_S = 30


def main() -> None:
    """Fetch into a folder, the first argument, and write the lock, the second; the third names Go's source."""
    folder, lock, source = sys.argv[1:4]
    os.environ["GOWORK"] = "off"
    os.chdir(folder)
    with open("wanted.json", encoding="utf-8") as file:
        wanted = json.load(file)
    if os.path.exists("go.mod"):
        go("mod", "download")
    else:
        go("mod", "init", "docprobe.invalid/modules")
        for entry in wanted["modules"]:
            fetch(entry, wanted["cutoff"])
        go("get", ".")
    version = subprocess.run(["go", "env", "GOVERSION"], check=True, capture_output=True, text=True).stdout.strip()
    manifest, sums = text_of("go.mod"), text_of("go.sum")
    if not manifest.startswith("// go"):
        where = text_of(source).strip()
        manifest = f"// {version}{f' ({where})' if where else ''}\n{manifest}"
    with open(lock, "w", encoding="utf-8") as file:
        file.write(f"{manifest}\n{SPLIT}\n{sums}")


def fetch(entry: dict[str, object], cutoff: str | None) -> None:
    """Add one module; where its name is that of a repository of several, those that hold the packages."""
    module, version = str(entry["module"]), str(entry["version"])
    packages = entry["packages"]
    assert isinstance(packages, list)
    dated = version_at(module, cutoff) if cutoff and not version else None
    query = dated or version or "latest"
    if dated == "":
        fail(f"go: {module}: was not published by {cutoff}")
    if not packages:
        go("get", f"{module}@{query}")
        return
    asked = subprocess.run(["go", "get", f"{module}@{query}"], check=False, stderr=subprocess.PIPE, text=True)
    sys.stderr.write(asked.stderr)
    if asked.returncode == 0:
        return
    for package in packages:
        code = subprocess.run(["go", "get", f"{package}@{query}"], check=False).returncode
        if code:
            # the last message is the one that is shown: a proxy's refusal is about the module
            sys.stderr.write("" if re.search(r"\b(?:404 Not Found|410 Gone)\b", asked.stderr) else asked.stderr)
            raise SystemExit(code)


def version_at(module: str, cutoff: str) -> str | None:
    """Return the newest version that was published by the end of a day (UTC); "" if none was; None if unknown."""
    proxy = next((p for p in re.split(r"[,|]", proxies()) if p.startswith(("https://", "http://"))), None)
    if proxy is None:
        return None
    base = f"{proxy.rstrip('/')}/{escaped(module)}/@v"
    try:
        versions = [line.split()[0] for line in get(f"{base}/list").splitlines() if line.strip()]
    except urllib.error.HTTPError:
        return None
    releases = sorted((v for v in versions if "-" not in v), key=order, reverse=True)
    others = sorted((v for v in versions if "-" in v), key=order, reverse=True)
    for version in (*releases, *others):
        info = json.loads(get(f"{base}/{escaped(version)}.info"))
        if str(info.get("Time", ""))[:10] <= cutoff:
            return version
    return "" if versions else None


def proxies() -> str:
    """Return the module proxies that Go would ask."""
    return subprocess.run(["go", "env", "GOPROXY"], check=True, capture_output=True, text=True).stdout.strip()


def escaped(path: str) -> str:
    """Return a path as the proxy's protocol writes it: a capital as ``!`` and its small letter."""
    return urllib.parse.quote(re.sub(r"[A-Z]", lambda match: "!" + match[0].lower(), path), safe="/!@.+~-_")


def order(version: str) -> tuple[object, ...]:
    """Return the key by which versions are sorted; pre-releases by their text."""
    core, _, rest = version.removeprefix("v").partition("-")
    return (*(int(part) if part.isdigit() else 0 for part in core.split("+")[0].split(".")), rest)


def get(url: str) -> str:
    """Return what the proxy answers."""
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as reply:
        return str(reply.read(), "utf-8", "replace")


def text_of(path: str) -> str:
    """Return a file's text; empty if it is not there."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def go(*arguments: str) -> None:
    """Run the go command; end with its exit code if it fails."""
    code = subprocess.run(["go", *arguments], check=False).returncode
    if code:
        raise SystemExit(code)


def fail(message: str) -> None:
    """End with a message."""
    sys.stderr.write(message + "\n")
    raise SystemExit(1)
