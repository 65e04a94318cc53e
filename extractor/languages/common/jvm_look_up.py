"""Looks up the classes and members that code imports, in the packages that were fetched. Runs inside a container.

Reads ``questions.json`` and prints an answer for each package, as ``RunnableLanguage.look_up`` says. A name counts as
there if a class is called so, or if any class of the package mentions it: functions of Kotlin have no class of their
own, and a static import names a member.
"""

from __future__ import annotations

import glob
import json
import sys
import zipfile

PACKAGES = "/example/java/lib/*.jar"


def main() -> None:
    """Answer every question."""
    with open("questions.json", encoding="utf-8") as file:  # noqa: PTH123
        questions = json.load(file)
    classes: dict[str, zipfile.ZipFile] = {}
    for path in sorted(glob.glob(PACKAGES)):  # noqa: PTH207
        archive = zipfile.ZipFile(path)
        classes.update((name, archive) for name in archive.namelist() if name.endswith(".class"))
    for question in questions:
        found, missing = look_up(classes, question["module"], question["names"])
        answer = {"module": question["module"], "found": found, "missing": missing, "words": ""}
        sys.stdout.write("\n" + json.dumps(answer) + "\n")
        sys.stdout.flush()


def look_up(classes: dict[str, zipfile.ZipFile], module: str, names: list[str]) -> tuple[bool | None, list[str]]:
    """Return whether a package, or a class, is there, and the names that it lacks."""
    folder = module.replace(".", "/") + "/"
    own = module.replace(".", "/") + ".class"
    inside = [name for name in classes if name.startswith(folder) and "/" not in name[len(folder) :]]
    if own in classes:
        inside.append(own)
    if not inside:
        # of a package that is not in the archives at all: which archive has it, nobody here knows
        return (False if any(name.startswith(parent(folder)) for name in classes) else None), []
    wanted = [name for name in names if name != "*" and f"{folder}{name}.class" not in classes]
    lacking = set(wanted)
    for name in inside if lacking else ():
        data = classes[name].read(name)
        lacking -= {word for word in lacking if word.encode() in data}
    return True, [name for name in wanted if name in lacking]


def parent(folder: str) -> str:
    """Return the first three parts of a folder: packages of one publisher share them."""
    return "/".join(folder.split("/")[:3]) + "/"


if __name__ == "__main__":
    main()
