"""Sessions: their ids, their end, and who may use them (Streamable HTTP, "Session Management")."""

from __future__ import annotations

from typing import Final

from extractor.model import Level
from harness.model import Requirement, Side
from harness.profiles.mcp.revisions import SESSIONS, level, reading, text

_FIRST_SESSIONS: Final = SESSIONS[:1]
_LINKED: Final = SESSIONS[1:]
"""Revisions whose specification links to the security page; 2025-03-26 never does, so its basis is a reading."""

ROWS: Final = (
    Requirement(
        id="session.terminated-404",
        title="After termination, every request with that session id gets 404",
        side=Side.SERVER,
        levels=level(Level.MUST, SESSIONS),
        basis=text(SESSIONS),
        effect="A client starts a new session only on 404; with any other answer it keeps a dead session, "
        "or keeps using one that its user ended.",
        fix="Forget the session when its DELETE is answered, and answer 404 to every POST, GET and DELETE that carries "
        "an id you don't know; keep 400 for requests that carry no id.",
        avoid="Don't change the status of a branch that handles a missing and an unknown id together: the one-word fix "
        "turns a missing id into 404 too, against the SHOULD 400. Split the branch first, and mend GET and DELETE with "
        "POST.",
    ),
    Requirement(
        id="session.missing-400",
        title="A request without the required session id gets 400",
        side=Side.SERVER,
        levels=level(Level.SHOULD, SESSIONS),
        basis=text(SESSIONS),
        effect="A client that lost its id cannot tell its own mistake from a session that ended.",
        fix="Where a non-initialize request carries no session id, answer 400 before looking up any session.",
        avoid="Don't answer 404 here: that status tells a client that a session it never named is gone.",
    ),
    Requirement(
        id="session.id-charset",
        title="The session id is visible ASCII",
        side=Side.SERVER,
        levels=level(Level.MUST, SESSIONS),
        basis=text(SESSIONS),
        effect="Clients and proxies drop, fold or reject header values with other bytes, and the session is lost.",
        fix="Use characters from 0x21 to 0x7E only, such as a UUID or base64url.",
        avoid="Don't put user names or other free text into the id.",
    ),
    Requirement(
        id="session.id-secure",
        title="The session id is globally unique and cryptographically secure",
        side=Side.SERVER,
        levels=level(Level.SHOULD, SESSIONS),
        basis=text(SESSIONS),
        effect="Whoever can work out an id can join another user's session.",
        fix="Make ids with a cryptographic random generator: crypto.randomUUID(), secrets.token_urlsafe() or alike.",
        avoid="Don't hash a counter or a clock: the result looks random and is as guessable as its input.",
    ),
    Requirement(
        id="session.may-assign",
        title="The server may assign a session id at initialization",
        side=Side.SERVER,
        levels=level(Level.MAY, SESSIONS),
        basis=text(SESSIONS),
        effect="None: without an id the server is stateless, and the session rules don't apply to it.",
        fix="Nothing to mend: this records what the server chose.",
    ),
    Requirement(
        id="session.delete-405",
        title="The server may refuse to let clients end sessions",
        side=Side.SERVER,
        levels=level(Level.MAY, SESSIONS),
        basis=text(SESSIONS),
        effect="None: with 405 a session ends only when the server ends it.",
        fix="Nothing to mend: this records what the server chose.",
    ),
    Requirement(
        id="session.unknown-404",
        title="A session id that was never issued gets 404",
        side=Side.SERVER,
        levels=level(Level.SHOULD, SESSIONS),
        basis=reading(SESSIONS),
        effect="After a restart a server cannot tell an unknown id from an ended one; a client that gets anything but "
        "404 doesn't start a new session.",
        fix="Treat an id that you don't know like one that ended: 404.",
        avoid="Don't answer a missing id the same way: that one gets 400.",
    ),
    Requirement(
        id="hijack.id-nondeterministic",
        title="Session ids cannot be predicted",
        side=Side.SERVER,
        levels=level(Level.MUST, SESSIONS),
        basis=reading(_FIRST_SESSIONS) | text(_LINKED),
        effect="An attacker who sees one id can name the others, and send messages into other users' sessions.",
        fix="Make ids with a cryptographic random generator, with at least 64 bits that differ from id to id.",
        avoid="Don't add a random suffix of a few digits to a counter or a clock.",
    ),
    Requirement(
        id="hijack.no-session-auth",
        title="A session id does not stand in for a token",
        side=Side.SERVER,
        levels=level(Level.MUST_NOT, SESSIONS),
        basis=reading(_FIRST_SESSIONS) | text(_LINKED),
        effect="Whoever learns a session id acts as its user, with no credentials at all.",
        fix="Put the token check in front of every method of the endpoint (POST, GET and DELETE), not only in front of "
        "initialize.",
        avoid="Don't skip the check for requests of a known session to save a look-up.",
    ),
    Requirement(
        id="hijack.bind-user",
        title="A session belongs to the user who opened it",
        side=Side.SERVER,
        levels=level(Level.SHOULD, SESSIONS),
        basis=reading(_FIRST_SESSIONS) | text(_LINKED),
        effect="Another user with a valid token can use, listen to or delete the session once its id leaks.",
        fix="Store the token's subject with the session and answer 404 when another subject presents its id.",
        avoid="Don't compare client ids only: two users of one client share it.",
    ),
)
