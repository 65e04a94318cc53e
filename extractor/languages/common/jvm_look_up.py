"""Looks up the classes and members that code imports, in the packages that were fetched. Runs inside a container.

Its argument is the compiler, ``java`` or ``kotlin``: that says which imports there are, as it says it to a reader.
Reads ``questions.json`` and prints an answer for each package, as ``RunnableLanguage.look_up`` says.
"""

from __future__ import annotations

import glob
import json
import re
import subprocess
import sys
import zipfile

PACKAGES = "/example/java/lib/*.jar"
MADE = "/tmp/looked-up"
ERROR = re.compile(r"Look(Static)?\.(?:java|kt):(\d+):(?:\d+:)? error: ")


def main() -> None:
    """Answer every question."""
    with open("questions.json", encoding="utf-8") as file:  # noqa: PTH123
        questions = json.load(file)
    classes: dict[str, zipfile.ZipFile] = {}
    for path in sorted(glob.glob(PACKAGES)):  # noqa: PTH207
        archive = zipfile.ZipFile(path)
        classes.update((name, archive) for name in archive.namelist() if name.endswith(".class"))
    there = {question["module"]: is_there(classes, question["module"]) for question in questions}
    pairs = [(q["module"], name) for q in questions if there[q["module"]] for name in q["names"] if name != "*"]
    gone, words = lacking(sys.argv[1], pairs)
    for question in questions:
        module = question["module"]
        answer = {
            "module": module,
            "found": None if gone is None else there[module],
            "missing": [name for name in question["names"] if (module, name) in (gone or ())],
            "words": words,
        }
        sys.stdout.write("\n" + json.dumps(answer) + "\n")
        sys.stdout.flush()


def is_there(classes: dict[str, zipfile.ZipFile], module: str) -> bool | None:
    """Return whether a package, or a class whose member is imported, is in the archives.

    None for a package of a publisher of whom nothing is there: which archive has it, nobody here knows.
    """
    folder = module.replace(".", "/") + "/"
    parts = module.split(".")
    # a class in a class is called Outer$Inner
    owners = {"$".join(("/".join(parts[:n]), *parts[n:])) + ".class" for n in range(1, len(parts) + 1)}
    if not owners.isdisjoint(classes) or any(name.startswith(folder) for name in classes):
        return True
    publisher = "/".join(parts[: min(3, len(parts) - 1)]) + "/"
    return False if any(name.startswith(publisher) for name in classes) else None


def lacking(compiler: str, pairs: list[tuple[str, str]]) -> tuple[set[tuple[str, str]] | None, str]:
    """Return the imports that a compiler does not find, and what it said; None if it says nothing of imports."""
    if not pairs:
        return set(), ""
    if compiler == "kotlin":
        write("Look.kt", [f"import {module}.{name} as Looked{n}" for n, (module, name) in enumerate(pairs)])
        refused, words = compiled(["docprobe-kotlinc", "Look.kt", "-d", MADE])
        return None if refused is None else {pairs[line - 1] for _, line in refused}, words
    write("Look.java", [f"import {module}.{name};" for module, name in pairs])
    write("LookStatic.java", [f"import static {module}.{name};" for module, name in pairs])
    # a member of a class is imported by `import static`, a class by `import`: one of the two is enough
    sources = ["-implicit:none", "-proc:none", "-Xmaxerrs", "100000", "-d", MADE, "-cp", PACKAGES.replace("*.jar", "*")]
    refused, words = compiled(["javac", *sources, "Look.java", "LookStatic.java"])
    if refused is None:
        return None, words
    both = {line for static, line in refused if static} & {line for static, line in refused if not static}
    return {pairs[line - 1] for line in both}, ""


def write(path: str, lines: list[str]) -> None:
    """Write a file of imports, one on each line."""
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write("\n".join(lines) + "\n")


def compiled(command: list[str]) -> tuple[set[tuple[bool, int]] | None, str]:
    """Return the lines that a compiler refuses, and whether in the file of static imports; None if it failed."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    said = done.stdout + done.stderr
    refused = {(found[1] is not None, int(found[2])) for found in ERROR.finditer(said)}
    if done.returncode and not refused:
        return None, said.strip()[-300:]
    return refused, ""


if __name__ == "__main__":
    main()
