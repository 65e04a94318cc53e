"""The authorization server that an example needs, and values for its environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.languages.common.roles import USUAL_AUTHORIZATION
from extractor.languages.common.services import InferredServices, infer_services
from extractor.languages.ecmascript.parse import parse_typescript
from extractor.languages.python.parse import parse_python

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.languages.common.facts import CodeFacts

USUAL = USUAL_AUTHORIZATION


def infer(files: Sequence[CodeFacts], environment: Mapping[str, str]) -> InferredServices:
    return infer_services(files, environment, USUAL)


ISSUER = (
    "const issuer = `http://${process.env.AUTH_HOST}:${process.env.AUTH_PORT}/realms/${process.env.AUTH_REALM}/`;\n"
)


def test_address_and_realm_from_the_environment() -> None:
    found = infer(
        [parse_typescript(ISSUER)],
        {"AUTH_HOST": "127.0.0.1", "AUTH_PORT": "9090", "AUTH_REALM": "books", "HOST": "localhost", "PORT": "3000"},
    )
    (service,) = found.services
    assert (service.kind, service.host, service.port) == ("authorization", "127.0.0.1", 9090)
    assert service.settings["realm"] == "books"
    assert service.settings["audience"] == "http://localhost:3000"
    assert "client_id" not in service.settings, "the code may name it anywhere: whoever asks may introspect"
    assert [note.what for note in found.notes] == ["authorization server on 127.0.0.1:9090"]


def test_defaults_of_the_code_count_like_the_environment() -> None:
    code = parse_python(
        'import os\nHOST = os.getenv("AUTH_HOST", "localhost")\nPORT = os.getenv("AUTH_PORT", "8080")\n'
        'CLIENT = os.getenv("OAUTH_CLIENT_ID", "shop")\nSECRET = os.getenv("OAUTH_CLIENT_SECRET", "as printed")\n'
        'SCOPE = os.getenv("MCP_SCOPE", "mcp:tools")\n'
    )
    found = infer([code], {})
    (service,) = found.services
    assert service.settings == {
        "realm": "master", "client_id": "shop", "client_secret": "as printed", "scope": "mcp:tools",
    }  # fmt: skip
    assert found.environment == {}


def test_an_empty_secret_is_filled_in_and_noted() -> None:
    code = parse_python('import os\nA = os.getenv("AUTH_PORT", "8080")\nS = os.getenv("OAUTH_CLIENT_SECRET", "")\n')
    found = infer([code], {})
    assert found.environment == {"OAUTH_CLIENT_SECRET": USUAL.settings["client_secret"]}
    assert found.services[0].settings["client_secret"] == USUAL.settings["client_secret"]
    assert "value of OAUTH_CLIENT_SECRET" in [note.what for note in found.notes]


@pytest.mark.parametrize(
    ("code", "port"),
    [
        ('const issuer = "http://localhost:8080/realms/library";', 8080),
        ('const jwks = "http://127.0.0.1:9000/oauth/jwks.json";', 9000),
        ('const issuer = process.env.ISSUER_URL ?? "http://localhost:4444";', 4444),
    ],
)
def test_address_from_a_url(code: str, port: int) -> None:
    assert infer([parse_typescript(code)], {}).services[0].port == port


@pytest.mark.parametrize(
    "code",
    [
        'const issuer = "https://auth.example.com/realms/library";',
        'const issuer = "http://auth.example.com:8080/realms/library";',
        'const url = "http://localhost:3000/mcp";',
        'const db = process.env.DATABASE_URL ?? "http://localhost:5432";',
        "const issuer = `http://${host}:${port}/realms/library`;",
        'const broken = "http://localhost:port/oauth/token";',
    ],
)
def test_an_address_elsewhere_or_of_something_else_is_not_a_service(code: str) -> None:
    assert infer([parse_typescript(code)], {}).services == ()


def test_its_own_endpoint_is_not_an_authorization_server() -> None:
    code = parse_typescript('const metadata = "http://localhost:3000/.well-known/oauth-authorization-server";')
    assert infer([code], {"PORT": "3000"}).services == ()


def test_placeholders_without_a_service_are_filled_too() -> None:
    found = infer([parse_python("")], {"API_KEY": "<your key>", "PORT": "3000"})
    assert found.environment == {"API_KEY": "docprobe", "PORT": "3000"}
    assert found.notes[0].confidence < 0.9


def test_scopes_of_the_code() -> None:
    code = parse_typescript(f'{ISSUER}router({{ scopesSupported: ["a:read", "b:write"] }});')
    assert infer([code], {"AUTH_PORT": "8080"}).services[0].settings["scope"] == "a:read b:write"


@pytest.mark.parametrize("name", ["²SECRET", "CLIENT SECRET", "1SECRET", ""])
def test_no_value_is_made_up_for_what_a_shell_cannot_set(name: str) -> None:
    found = infer([parse_python(f"import os\nKEY = os.environ[{name!r}]\n")], {})
    assert (dict(found.environment), found.notes) == ({}, ())
