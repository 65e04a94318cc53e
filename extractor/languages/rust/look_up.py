"""Looks names up in crates: compiles ``use`` lines for them, beside ``docprobe_build.py``.

Reads ``questions.json`` and prints an answer for each module, as ``RunnableLanguage.look_up`` says.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys

GATED = "configured out"
"""What the compiler notes of a name that a feature would bring: then the crate has it."""


def main() -> None:
    """Answer every question."""
    with open("questions.json", encoding="utf-8") as file:
        questions = json.load(file)
    runpy.run_path("docprobe_build.py")["prepare"]()
    wanted: dict[int, tuple[str, str]] = {}
    lines = ["#![allow(unused_imports)]"]
    for question in questions:
        module = question["module"]
        for name in question["names"] or [""]:
            path = f"{module}::{name}" if name else module
            lines.append(f"use {path}{'' if name == '*' else ' as _'};")
            wanted[len(lines)] = (module, name)
    os.makedirs("src", exist_ok=True)
    with open("src/lib.rs", "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    command = ["cargo", "build", "--offline", "--quiet", "--lib", "--message-format=json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    errors = dict(said(done.stdout))
    failed = done.returncode != 0 and not errors
    for question in questions:
        module = question["module"]
        own = [(name, errors[line]) for line, (of, name) in wanted.items() if of == module and line in errors]
        gone = next((text for name, text in own if not name or f"`{module.rpartition('::')[2]}` in" in text), "")
        found = None if failed else not gone
        answer = {
            "module": module,
            "found": found,
            "missing": [name for name, _ in own if name] if found else [],
            "words": done.stderr.strip()[-300:] if failed else gone or next((text for _, text in own), ""),
        }
        sys.stdout.write("\n" + json.dumps(answer) + "\n")
    sys.stdout.flush()


def said(output: str) -> list[tuple[int, str]]:
    """Return the lines that the compiler does not accept, and why; not those that lack a feature alone."""
    found: list[tuple[int, str]] = []
    for text in output.splitlines():
        message = json.loads(text).get("message") if text.startswith("{") else None
        if not isinstance(message, dict) or message.get("level") != "error" or GATED in str(message.get("rendered")):
            continue
        label = next((span.get("label") for span in message["spans"] if span.get("label")), "")
        lines = [span["line_start"] for span in message["spans"] if span["is_primary"]]
        found += [(line, f"{message['message']}: {label}") for line in lines]
    return found


if __name__ == "__main__":
    main()
