"""``docprobe probe``: the conversation with a server that is running already, judged by the docs' sentences."""

from __future__ import annotations

import datetime
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
import click

from extractor.base.text import printable
from harness.base.errors import UsageError
from harness.cli.context import Cli, pass_cli, schema_option, state_option
from harness.cli.outputs import end_with, format_option, outputs_of
from harness.settings import load_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.model import Transcript
    from harness.run.running_server import ServerAddress

_BEARER: Final = "bearer "
_QUIET_S: Final = 20.0
"""Seconds after which it is said what still goes on."""


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
    spec: Path | None,
    stdio: str | None,
    token: str | None,
    token2: str | None,
    header_file: Path | None,
    remote: bool,
    ends_sessions: bool,
    rate: float,
    timeout_s: float | None,
    schema: Path | None,
    formats: tuple[str, ...],
    state: Path | None,
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
    from harness.exchanges.recorder import task_group
    from harness.judge.remarks import lacks_text
    from harness.judge.results import Ruleset, result_of_transcript
    from harness.load import load_normative_text
    from harness.run.outcome import build_report, conclude
    from harness.run.probe_server import probe_server
    from harness.run.saving import save
    from harness.run.source import DocsSource

    outputs = outputs_of(formats)
    headers, tokens = _headers(token, token2, header_file)
    if tokens and stdio is not None:
        raise UsageError("a program has no tokens", "leave out --token, or give a URL")
    server, name = _server(url, stdio, remote=remote)
    if spec is None:
        raise UsageError(
            "probe needs a specification to judge the server by",
            "give --spec DOCS: in a checkout of the specification's docs, the folder that holds specification/",
        )
    config = load_config(spec, cli.config_file, baseline="none", state=state, schema=schema, timeout_s=timeout_s)
    bound = load_normative_text(config).bound
    if lacks_text(bound):
        inside = spec / "docs"
        likely = f"--spec {inside}" if (inside / "specification").is_dir() else "the folder that holds specification/"
        raise UsageError(f"{spec} has no sentence to judge by", f"give {likely}")
    rules = Ruleset(config.profile, bound)
    err = cli.err()
    started, began = datetime.datetime.now(datetime.UTC), time.monotonic()

    doing = ""

    def say(text: str) -> None:
        err.print(printable(text), markup=False, style="dim", soft_wrap=True)

    def begin(text: str) -> None:
        nonlocal doing
        doing = text
        say(text)

    async def remind() -> None:
        """Say now and then what still goes on: a program has a minute for its first answer."""
        while True:
            await anyio.sleep(_QUIET_S)
            say(f"still {doing or 'waiting'}, after {time.monotonic() - began:.0f} s")

    async def hold() -> Transcript:
        async with task_group() as tasks:
            tasks.start_soon(remind)
            transcript = await probe_server(
                server,
                config,
                name=name,
                headers=headers,
                tokens=tokens,
                per_second=rate,
                ends_sessions=ends_sessions,
                progress=begin,
            )
            tasks.cancel_scope.cancel()
        return transcript

    transcript = anyio.run(hold)
    if not ends_sessions and any(session.id for session in transcript.sessions):
        say("ending sessions was not tested: add --ends-sessions")
    if all(file is None for _, file in outputs):
        say("for the requests and replies of each finding, add --format html:FILE")
    result = result_of_transcript(transcript, rules, page_revision=None)
    took_s = round(time.monotonic() - began, 3)
    rows = config.catalogue.requirements
    report = build_report(DocsSource(name, rules_root=""), [result], started, took_s, requirements=rows, rules=rules)
    end_with(save(conclude(report), outputs, console=cli.out()))


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
        raise UsageError("--stdio names no program", "docprobe probe --stdio 'python server.py' --spec DOCS")
    return words, printable(stdio or "")


def _headers(token: str | None, token2: str | None, file: Path | None) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return what every request carries, and the tokens by label.

    A Bearer token of the file is user 1's, unless ``token`` gives another.

    Raises:
        UsageError: with the file's line that is not a header, or because only the second user has a token.
    """
    found: dict[str, str] = {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines() if file else []
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", "check --header-file") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not a text file", "write one `Name: value` per line, in ASCII") from error
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
