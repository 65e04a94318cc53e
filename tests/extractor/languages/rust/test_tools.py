"""What compiles a program and looks names up, inside a container: the parts that need no compiler."""

from __future__ import annotations

import json

import pytest

from extractor.languages.rust.build import names, tables
from extractor.languages.rust.look_up import said

OWN = '# rustc 1.95.0\n[package]\nname = "docprobe-crates"\n\n[dependencies.acme-sdk]\nversion = "1"\nfeatures = ["net"]\n\n[dev-dependencies.other]\nversion = "*"\n'


def message(line: int, text: str, label: str, *, level: str = "error", rendered: str = "") -> str:
    span = {"line_start": line, "is_primary": True, "label": label}
    return json.dumps({"message": {"level": level, "message": text, "spans": [span], "rendered": rendered}})


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


def test_what_the_compiler_says_of_names() -> None:
    output = "\n".join([
        message(2, "unresolved import `acme::Gone`", "no `Gone` in the root"),
        message(3, "unresolved import `acme::Net`", "no `Net` in the root", rendered="found an item that was configured out"),
        message(4, "unused import", "", level="warning"),
        "not JSON",
        json.dumps({"reason": "build-finished"}),
    ])  # fmt: skip
    assert said(output) == [(2, "unresolved import `acme::Gone`: no `Gone` in the root")]
