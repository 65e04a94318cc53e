"""Services that a program expects beside it, and values for the variables that docs leave to the reader."""

from __future__ import annotations

import ast
import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from extractor.base.loopback import is_loopback
from extractor.languages.common.environment import is_placeholder
from extractor.languages.common.facts import Ref
from extractor.model import Note, NoteKind, Origin, ServiceRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.languages.common.facts import CodeFacts

_NOWHERE: Final = "http://localhost:9/docprobe"
_KEY: Final = base64.urlsafe_b64encode(b"docprobe-docprobe-docprobe-12345").decode()
"""32 bytes in the form in which ciphers take their keys."""
_FILLINGS: Final = (
    ("URL", _NOWHERE), ("URI", _NOWHERE), ("ENDPOINT", _NOWHERE), ("ISSUER", _NOWHERE), ("HOST", "localhost"),
    ("_PORT", "9"), ("PORT", "3000"), ("DB", "0"), ("ENCRYPTION_KEY", _KEY), ("TIMEOUT", "10"), ("LIMIT", "10"),
    ("SIZE", "10"), ("EMAIL", "reader@example.com"),
)  # fmt: skip
"""Ending of a variable's name to a value of its kind. Port 9 discards: nothing of a pod listens there."""
_AUTHORIZATION_PATH: Final = re.compile(
    r"/realms/|openid-connect|introspect|/oauth|/authorize|/token|jwks|openid-configuration", re.IGNORECASE
)
_AUTHORIZATION_NAME: Final = re.compile(r"AUTH|ISSUER|OIDC|KEYCLOAK|JWKS|INTROSPECT|IDP", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class InferredServices:
    """A program's environment with the reader's part filled in, and the services that go with it."""

    environment: Mapping[str, str]
    services: tuple[ServiceRequest, ...]
    notes: tuple[Note, ...]


def infer_services(
    files: Sequence[CodeFacts], environment: Mapping[str, str], usual: ServiceRequest
) -> InferredServices:
    """Find the services that a program needs, and fill in the part of its environment that is left to the reader.

    Args:
        files: facts of the program's files.
        environment: variables that the page states, placeholders and all.
        usual: the authorization server to fall back to where the docs leave a detail to the reader.
    """
    # a shell sets no other names, so that no reader gives such a variable a value
    reads = [read for code in files for read in code.environment if read.name.isidentifier()]
    known = {read.name: read.default for read in reversed(reads) if read.default is not None}
    known |= {name: value for name, value in environment.items() if not is_placeholder(value)}
    address = _authorization_address(files, known)
    filled, notes = dict(environment), []
    for name, value in environment.items():
        if is_placeholder(value):
            filled[name] = _filling(name, usual)
            notes.append(Note(NoteKind.VALUE, Origin.INFERRED, name, f" in place of {value}", 0.9 if address else 0.6))
    for read in reads:
        if read.required and read.name not in filled and known.get(read.name) is None:
            filled[read.name] = _filling(read.name, usual)
            notes.append(Note(NoteKind.VALUE, Origin.INFERRED, read.name, ", which the page does not state", 0.3))
    if address is None:
        return InferredServices(filled, (), tuple(notes))
    for read in reads:
        if "CLIENT_SECRET" in read.name and not known.get(read.name) and read.name not in filled:
            filled[read.name] = usual.settings["client_secret"]
            notes.append(Note(NoteKind.VALUE, Origin.INFERRED, read.name, confidence=0.9))
    service = _authorization(address, files, {**known, **filled}, usual)
    notes.append(Note(NoteKind.SERVICE, Origin.INFERRED, f"{service.host}:{service.port}", confidence=0.9))
    return InferredServices(filled, (service,), tuple(notes))


def _filling(name: str, usual: ServiceRequest) -> str:
    """A value that lets a program start: of the right kind, as far as the variable's name shows."""
    credentials = ((key.upper(), usual.settings[key]) for key in ("client_id", "client_secret"))
    return next((value for ending, value in (*credentials, *_FILLINGS) if name.endswith(ending)), "docprobe")


@dataclass(frozen=True, slots=True)
class _Address:
    host: str
    port: int
    realm: str | None


def _authorization_address(files: Sequence[CodeFacts], known: Mapping[str, str]) -> _Address | None:
    """Where the program looks for its authorization server, if that is this machine."""
    texts = [text.value for code in files for text in code.texts]
    realm = _realm(texts, known)
    for name, value in known.items():
        if name.endswith("AUTH_PORT") and (port := _port(value)) is not None:
            host = next((v for k, v in known.items() if k.endswith("AUTH_HOST")), known.get("HOST", "localhost"))
            return _Address(host, port, realm) if is_loopback(host) else None
    named = [value for name, value in known.items() if _AUTHORIZATION_NAME.search(name)]
    for text in [*named, *(t for t in texts if _AUTHORIZATION_PATH.search(t))]:
        try:
            url = urlsplit(text)
            port = url.port
        except ValueError:
            continue
        if url.scheme == "http" and url.hostname and is_loopback(url.hostname) and port:
            if str(port) == known.get("PORT"):
                # its own endpoint
                continue
            return _Address(url.hostname, port, realm)
    return None


def _port(text: str) -> int | None:
    """The port that a text names, in ASCII digits; None if it names none."""
    number = int(text) if re.fullmatch(r"[0-9]{1,5}", text) else 0
    return number if 0 < number < 65536 else None


def _realm(texts: Sequence[str], known: Mapping[str, str]) -> str | None:
    for name, value in known.items():
        if name.endswith("REALM"):
            return value
    for text in texts:
        if match := re.search(r"/realms/([\w-]+)", text):
            return match[1]
    return None


def _authorization(
    address: _Address, files: Sequence[CodeFacts], values: Mapping[str, str], usual: ServiceRequest
) -> ServiceRequest:
    settings = {"realm": address.realm or usual.settings["realm"]}
    for name, value in values.items():
        if name.endswith("CLIENT_ID"):
            settings["client_id"] = value
        elif name.endswith("CLIENT_SECRET"):
            settings["client_secret"] = value
    # a program that has its credentials elsewhere, as in its own text, may introspect with them
    if settings.keys() & {"client_id", "client_secret"}:
        for key in ("client_id", "client_secret"):
            settings.setdefault(key, usual.settings[key])
    if scope := _scope(files, values):
        settings["scope"] = scope
    host, port = values.get("HOST"), values.get("PORT")
    if host and port:
        settings["audience"] = f"http://{host}:{port}"
    return ServiceRequest("authorization", address.host, address.port, settings)


def _scope(files: Sequence[CodeFacts], values: Mapping[str, str]) -> str | None:
    """The scopes that the program asks tokens for, space-separated."""
    stated = next((value for name, value in values.items() if "SCOPE" in name and value), None)
    if stated:
        return stated
    keywords = ((key, value) for code in files for call in code.calls for key, value in call.keywords.items())
    for key, value in keywords:
        if "scope" not in key.lower() or not isinstance(value, Ref):
            continue
        try:
            listed = ast.literal_eval(value.text)
        except (ValueError, SyntaxError):
            continue
        if isinstance(listed, list) and listed and all(isinstance(item, str) for item in listed):
            return " ".join(listed)
    return None
