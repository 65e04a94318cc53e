"""What looks names up in crates inside a container: what it takes from the compiler."""

from __future__ import annotations

import json

from extractor.languages.rust.look_up import said


def message(line: int, text: str, label: str, *, level: str = "error", rendered: str = "") -> str:
    span = {"line_start": line, "is_primary": True, "label": label}
    return json.dumps({"message": {"level": level, "message": text, "spans": [span], "rendered": rendered}})


def test_what_the_compiler_says_of_names() -> None:
    output = "\n".join([
        message(2, "unresolved import `acme::Gone`", "no `Gone` in the root"),
        message(3, "unresolved import `acme::Net`", "no `Net` in the root", rendered="found an item that was configured out"),
        message(4, "unused import", "", level="warning"),
        "not JSON",
        json.dumps({"reason": "build-finished"}),
    ])  # fmt: skip
    assert said(output) == [(2, "unresolved import `acme::Gone`: no `Gone` in the root")]
