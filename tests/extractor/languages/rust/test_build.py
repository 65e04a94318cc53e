"""What compiles a program inside a container: how it adds crates to the page's manifest."""

from __future__ import annotations

import pytest

from extractor.languages.rust.build import names, tables

OWN = '# rustc 1.95.0\n[package]\nname = "docprobe-crates"\n\n[dependencies.acme-sdk]\nversion = "1"\nfeatures = ["net"]\n\n[dev-dependencies.other]\nversion = "*"\n'


def test_the_crates_of_docprobes_own_manifest() -> None:
    assert tables(OWN) == [
        ("acme-sdk", '[dependencies.acme-sdk]\nversion = "1"\nfeatures = ["net"]'),
        ("other", '[dev-dependencies.other]\nversion = "*"'),
    ]


@pytest.mark.parametrize(
    ("manifest", "named"),
    [
        ('[dependencies]\nacme-sdk = "1"\n', True),
        ('[dependencies]\nacme_sdk = { version = "1" }\n', True),
        ('[dependencies.acme-sdk]\nversion = "1"\n', True),
        ("[dependencies]\nacme-sdk.workspace = true\n", True),
        ('[dependencies]\nsdk = { package = "acme-sdk", version = "1" }\n', True),
        ('[dependencies]\nacme-sdk-macros = "1"\n', False),
        ("# acme-sdk = is taken from the registry\n", False),
        ('[package]\nname = "acme-sdk"\n', False),
    ],
)
def test_whether_a_manifest_names_a_crate(manifest: str, named: bool) -> None:
    assert names(manifest, "acme-sdk") is named
