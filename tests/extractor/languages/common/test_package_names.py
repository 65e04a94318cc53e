"""Which words of install lines are packages of a registry, for each package manager."""

from __future__ import annotations

import pytest

from extractor.languages.common.package_names import RefusedError, dependency_of, key
from extractor.model import Dependency, Manager


@pytest.mark.parametrize(
    ("text", "name", "extras", "specifier"),
    [
        ("rmcp", "rmcp", (), ""),
        ("rmcp[server, macros]@1.2", "rmcp", ("macros", "server"), "1.2"),
        ("reqwest[?rustls-tls !default]", "reqwest", ("!default", "?rustls-tls"), ""),
    ],
)
def test_a_crate_with_its_features(text: str, name: str, extras: tuple[str, ...], specifier: str) -> None:
    found = dependency_of(text, Manager.CARGO)
    assert (found.name, found.extras, found.specifier) == (name, extras, specifier)


@pytest.mark.parametrize(
    ("text", "manager"),
    [
        ("rmcp[ser/ver]", Manager.CARGO),
        ("rmcp[!other]", Manager.CARGO),
        ("rmcp[a;b]", Manager.CARGO),
        ("1rmcp", Manager.CARGO),
        ("../crate", Manager.CARGO),
        ("example.com/x@v1;rm", Manager.GO),
        ("fmt", Manager.GO),
        ("example.com/../x", Manager.GO),
        ("jackson", Manager.MAVEN),
        ("com.example:x:1 2", Manager.MAVEN),
        ("com.example:x:1@zip", Manager.MAVEN),
        ("x@file:../x", Manager.NPM),
        ("X Y", Manager.NPM),
        ("x @ https://example.com/x.whl", Manager.PYPI),
    ],
)
def test_what_is_not_a_package_of_the_registry_is_refused(text: str, manager: Manager) -> None:
    with pytest.raises(RefusedError, match=r"is (not )?an? |does not ask"):
        dependency_of(text, manager)


def test_spellings_of_one_package_have_one_key() -> None:
    assert key(Dependency("Typing_Extensions"), Manager.PYPI) == key(Dependency("typing-extensions"), Manager.PYPI)
    assert key(Dependency("tokio-util"), Manager.CARGO) == key(Dependency("tokio_util"), Manager.CARGO)
    assert key(Dependency("a_b"), Manager.NPM) != key(Dependency("a-b"), Manager.NPM)
