"""The example as a whole: whether it runs, serves its page's revision, and survives the conversation."""

from __future__ import annotations

from typing import Final

from extractor.model import Level
from harness.model import Requirement, Side, Stage
from harness.profiles.mcp.revisions import ALL, ANYWHERE, SESSIONS, advice, level, reading

ROWS: Final = (
    Requirement(
        id="example.runs",
        title="The example starts and answers a correct initialize",
        side=Side.EXAMPLE,
        levels=level(Level.MUST, ANYWHERE),
        # no sentence says it, and it gates: a page that shows a server promises that it runs
        basis=reading(ANYWHERE),
        effect="A reader who follows the page has no working server.",
        fix="Bring the code up to the packages that a reader gets today, or pin the versions it was written for.",
        avoid="Don't pin a range that still admits the release that broke it.",
        stage=Stage.START,
        always_warns=True,
    ),
    Requirement(
        id="example.complete",
        title="The page gives everything needed to run the example",
        side=Side.EXAMPLE,
        levels=level(Level.SHOULD, ANYWHERE),
        basis=advice(ANYWHERE),
        effect="A reader has to guess file names, dependencies or the command.",
        fix="Name the file, list the dependencies and give the command on the page.",
        stage=Stage.PAGE,
    ),
    Requirement(
        id="revision.match",
        title="The example serves the revision its page belongs to",
        side=Side.EXAMPLE,
        levels=level(Level.SHOULD, ALL),
        basis=advice(ALL),
        effect="A reader of this revision's docs gets a server of another one.",
        fix="Move the example to an SDK that speaks the page's revision, or say on the page which one it speaks.",
        avoid="Don't change the revision's number in the prose only.",
        always_warns=True,
    ),
    Requirement(
        id="server.survives",
        title="The server still serves after the whole conversation",
        side=Side.SERVER,
        levels=level(Level.MAY, ANYWHERE),
        basis=advice(ANYWHERE),
        effect="One client's DELETE, or a second client, takes the server down for everybody.",
        fix="Make one transport per session and keep the listener apart from it.",
        avoid="Don't restart the process to paper over it: all other sessions are lost.",
    ),
    Requirement(
        id="session.isolation",
        title="Ending one session leaves the others alive and apart",
        side=Side.SERVER,
        levels=level(Level.MAY, SESSIONS),
        basis=advice(SESSIONS),
        effect="One user's goodbye ends another's work, or one user reads another's messages.",
        fix="Keep the state of a session under its id only, and remove nothing else when it ends.",
        avoid="Don't share one server object with per-client state between transports.",
    ),
)
