"""Looks up the names that Go code uses of packages, by ``go doc``. Runs inside a container, in the packages' workspace.

Reads ``questions.json`` and prints an answer for each package, as ``RunnableLanguage.look_up`` says.
"""

from __future__ import annotations

import json
import subprocess
import sys


def main() -> None:
    """Answer every question."""
    with open("questions.json", encoding="utf-8") as file:  # noqa: PTH123
        questions = json.load(file)
    for question in questions:
        found, missing, words = look_up(question["module"], question["names"])
        answer = {"module": question["module"], "found": found, "missing": missing, "words": words}
        sys.stdout.write("\n" + json.dumps(answer) + "\n")
        sys.stdout.flush()


def look_up(package: str, names: list[str]) -> tuple[bool | None, list[str], str]:
    """Return whether a package is there (None if that is not known), the names that it lacks, and why."""
    listed = go("list", package)
    if listed.returncode:
        absent = "does not contain package" in listed.stderr or "is not in std" in listed.stderr
        return (False if absent else None), [], listed.stderr.strip()[-300:]
    return True, [name for name in names if lacks(package, name)], ""


def lacks(package: str, name: str) -> bool:
    """Return whether a package has no such exported symbol."""
    shown = go("doc", package, name)
    return shown.returncode != 0 and "no symbol" in shown.stderr


def go(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the go command."""
    return subprocess.run(["go", *arguments], check=False, capture_output=True, text=True)


if __name__ == "__main__":
    main()
