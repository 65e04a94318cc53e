"""``docprobe probe``: the conversation with a server that is running already, judged by the docs' sentences."""

from __future__ import annotations

import datetime
import shlex
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

import anyio
import click

from extractor.base.text import printable
from extractor.base.tomlfile import utf8_text
from harness.base.errors import UsageError
from harness.cli.context import Cli, pass_cli, schema_option, state_option
from harness.cli.outputs import end_with, format_option, outputs_of
from harness.settings import load_config

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from rich.console import Console

    from harness.config import Config
    from harness.judge.results import Ruleset
    from harness.model import Transcript
    from harness.run.running_server import ServerAddress

_BEARER: Final = "bearer "
_QUIET_S: Final = 20.0
"""Time between two reminders that something is still being done."""


class _Access(TypedDict):
    """How the server is reached, and what it may be asked; each key is an option."""

    token: str | None
    token2: str | None
    header_file: Path | None
    remote: bool
    ends_sessions: bool
    rate: float


@click.command()
@click.argument("url", required=False)
@click.option(
    "--spec", type=click.Path(path_type=Path), metavar="DOCS",
    help="Docs root with the sentences to judge by: in a checkout of the specification's docs, the folder that holds "
    "specification/.  [required]",
)  # fmt: skip
@click.option("--stdio", metavar="COMMAND", help="Start COMMAND on this machine and talk over its stdin and stdout.")
@click.option(
    "--token", metavar="TOKEN", envvar="DOCPROBE_TOKEN", show_envvar=True,
    help="Bearer token of the first user. Other users of this machine can see command lines.",
)  # fmt: skip
@click.option(
    "--token2", metavar="TOKEN", envvar="DOCPROBE_TOKEN2", show_envvar=True,
    help="Bearer token of a second user, who must not be able to use the first user's sessions.",
)  # fmt: skip
@click.option(
    "--header-file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Headers that every request carries, one `Name: value` per line.",
)  # fmt: skip
@click.option("--remote", is_flag=True, help="Allow a server on another machine. It must be yours to test.")
@click.option("--ends-sessions", is_flag=True, help="Also send DELETE, which ends the sessions that docprobe opened.")
@click.option(
    "--rate", type=click.FloatRange(min=0.1, max=1000), default=20.0, show_default=True, metavar="N",
    help="Maximum number of requests per second.",
)  # fmt: skip
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(0.1, 600), metavar="SECONDS",
    help="Time to wait for response headers. [default: 10]",
)  # fmt: skip
@schema_option
@format_option
@state_option
@pass_cli
def command(
    cli: Cli,
    /,
    url: str | None,
    stdio: str | None,
    spec: Path | None,
    schema: Path | None,
    timeout_s: float | None,
    formats: tuple[str, ...],
    state: Path | None,
    **access: Unpack[_Access],
) -> None:
    """Talk to the server at URL as docprobe check talks to an example, and judge it by the sentences of --spec.

    The server is judged under the revisions that it negotiates. Nothing is installed or started, except the program of
    --stdio, which runs on this machine, as you, without a container: name only programs that you trust. docprobe sends
    faulty requests too, and calls tools with made-up arguments, those that say they are read-only first: probe a server
    whose tools may be called. It opens sessions, and ends them only with --ends-sessions.

    A server behind authorization gets the token of --token, or of an `Authorization: Bearer` line of --header-file, and
    is asked without one and with that of --token2 as well. What needs a token that only docprobe's own authorization
    server issues (expired, revoked, for another audience) is not applicable, and says so.

    \b
    git clone https://github.com/modelcontextprotocol/modelcontextprotocol
    docprobe probe http://localhost:3000/mcp --spec modelcontextprotocol/docs --ends-sessions
    docprobe probe http://localhost:3000/mcp --spec docs --header-file token.txt
    docprobe probe --stdio 'python server.py' --spec modelcontextprotocol/docs

    Exit codes: 0 nothing is blocking, 1 a MUST or MUST NOT is violated, 2 wrong use, or nothing there that serves, 3 it
    could not be judged because of docprobe or the environment, 130 interrupted.
    """
    from harness.judge.results import result_of_transcript
    from harness.run.outcome import build_report, conclude
    from harness.run.probe_server import probe_server
    from harness.run.saving import save
    from harness.run.source import DocsSource

    outputs = outputs_of(formats)
    headers, tokens = _headers(access["token"], access["token2"], access["header_file"])
    if tokens and stdio is not None:
        raise UsageError("a program has no tokens", "leave out --token, or give a URL")
    server, name = _server(url, stdio, remote=access["remote"])
    if spec is None:
        raise UsageError(
            "probe needs a specification to judge the server by",
            "give --spec DOCS: in a checkout of the specification's docs, the folder that holds specification/",
        )
    config = load_config(spec, cli.config_file, baseline="none", state=state, schema=schema, timeout_s=timeout_s)
    rules = _rules(config, spec)
    started, progress = datetime.datetime.now(datetime.UTC), _Progress(cli.err())
    converse = partial(
        probe_server, server, config, name=name, headers=headers, tokens=tokens,
        per_second=access["rate"], ends_sessions=access["ends_sessions"], progress=progress.begin,
    )  # fmt: skip
    transcript = anyio.run(_with_reminders, converse, progress)
    if not access["ends_sessions"] and any(session.id for session in transcript.sessions):
        progress.say("ending sessions was not tested: add --ends-sessions")
    if all(file is None for _, file in outputs):
        progress.say("for the requests and replies of each finding, add --format html:FILE")
    result = result_of_transcript(transcript, rules, page_revision=None)
    source, rows = DocsSource(name, rules_root=""), config.catalogue.requirements
    report = build_report(source, [result], started, progress.elapsed_s, requirements=rows, rules=rules)
    end_with(save(conclude(report), outputs, console=cli.out()))


def _rules(config: Config, spec: Path) -> Ruleset:
    """Return what the server is judged by. Raises UsageError if ``spec`` has no sentence to judge by."""
    from harness.judge.remarks import lacks_text
    from harness.judge.results import Ruleset
    from harness.load import load_normative_text

    bound = load_normative_text(config).bound
    if lacks_text(bound):
        inside = spec / "docs"
        likely = f"--spec {inside}" if (inside / "specification").is_dir() else "the folder that holds specification/"
        raise UsageError(f"{spec} has no sentence to judge by", f"give {likely}")
    return Ruleset(config.profile, bound)


class _Progress:
    """Prints to stderr what is being done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._doing = "waiting"
        self._began = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        return round(time.monotonic() - self._began, 3)

    def say(self, text: str) -> None:
        self._console.print(printable(text), markup=False, style="dim", soft_wrap=True)

    def begin(self, text: str) -> None:
        """Print what is being done from now on."""
        self._doing = text
        self.say(text)

    async def remind(self) -> None:
        """Print now and then what is still being done: a program has a minute for its first answer. Never returns."""
        while True:
            await anyio.sleep(_QUIET_S)
            self.say(f"still {self._doing}, after {self.elapsed_s:.0f} s")


async def _with_reminders(converse: Callable[[], Awaitable[Transcript]], progress: _Progress) -> Transcript:
    """Return the conversation; meanwhile, remind of what is being done."""
    from harness.exchanges.recorder import task_group

    async with task_group() as tasks:
        tasks.start_soon(progress.remind)
        transcript = await converse()
        tasks.cancel_scope.cancel()
    return transcript


def _server(url: str | None, stdio: str | None, *, remote: bool) -> tuple[ServerAddress | tuple[str, ...], str]:
    """Return the server, and its name in the report."""
    from harness.run.running_server import server_address

    if (url is None) == (stdio is None):
        raise UsageError("give either a URL or --stdio COMMAND", "docprobe probe http://localhost:3000/mcp --spec DOCS")
    if url is not None:
        address = server_address(url, remote=remote)
        return address, f"{address.authority}{address.target}"
    try:
        words = tuple(shlex.split(stdio or ""))
    except ValueError as error:
        raise UsageError(f"--stdio is not a command line: {error}", "quote it as for a shell") from error
    if not words:
        raise UsageError("--stdio is empty", "docprobe probe --stdio 'python server.py' --spec DOCS")
    return words, printable(stdio or "")


def _headers(token: str | None, token2: str | None, file: Path | None) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return what every request carries, and the tokens by label.

    A Bearer token of the file is user 1's, unless ``token`` gives another.

    Raises:
        UsageError: with the file's line that is not a header, or because only the second user has a token.
    """
    found: dict[str, str] = {}
    try:
        lines = utf8_text(file.read_bytes(), str(file)).splitlines() if file else []
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", "check --header-file") from error
    for number, line in enumerate(lines, 1):
        name, colon, value = line.partition(":")
        if not line.strip() or line.startswith("#"):
            continue
        if not colon or not name.strip() or not value.strip() or not (name + value).isascii():
            raise UsageError(f"{file}:{number}: not a header", "write `Name: value`, in ASCII")
        found[name.strip()] = value.strip()
    name = next((name for name in found if name.lower() == "authorization"), "")
    if found.get(name, "").lower().startswith(_BEARER):
        token = token or found[name][len(_BEARER) :].strip()
        del found[name]
    if token2 and not token:
        raise UsageError("--token2 is the second user's, and the first has none", "give the first with --token")
    if token and token == token2:
        raise UsageError("--token and --token2 are the same token", "give tokens of two users")
    return found, {label: value for label, value in (("user1", token), ("user2", token2)) if value}
