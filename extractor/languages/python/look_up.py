"""Looks up the names of imports in the installed packages. Runs inside a container, with the packages' own Python.

Reads ``questions.json`` and prints an answer for each module, as ``RunnableLanguage.look_up`` says. To import a module
runs its code, which is why this runs where an example would.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import json
import sys


def main() -> None:
    """Answer every question."""
    with open("questions.json", encoding="utf-8") as file:  # noqa: PTH123
        questions = json.load(file)
    for question in questions:
        found, missing, words = look_up(question["module"], question["names"])
        near = {name: similar(question["module"], name) for name in missing}
        answer = {"module": question["module"], "found": found, "missing": missing, "words": words, "near": near}
        sys.stdout.write("\n" + json.dumps(answer) + "\n")
        sys.stdout.flush()


def look_up(module: str, names: list[str]) -> tuple[bool | None, list[str], str]:
    """Return whether a module is there (None if that is not known), the names that it lacks, and what it says."""
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        own = error.name is not None and (module == error.name or module.startswith(error.name + "."))
        more = str(error).partition(f"No module named '{error.name}'")[2].strip(" .;")
        return (False if own and has_top(module) else None), [], more
    except BaseException as error:
        return None, [], f"{type(error).__name__}: {error}"[:300]
    return True, [name for name in names if lacks(loaded, module, name)], ""


def similar(module: str, name: str) -> list[str]:
    """Return the names of a module that was imported which are most like one that it does not have."""
    plain = {known.replace("_", "").lower(): known for known in dir(sys.modules[module]) if not known.startswith("_")}
    return [plain[each] for each in difflib.get_close_matches(name.replace("_", "").lower(), plain, 3, 0.75)]


def has_top(module: str) -> bool:
    """Return whether the first package of a dotted name is there: else no package of it is installed."""
    return importlib.util.find_spec(module.partition(".")[0]) is not None


def lacks(loaded: object, module: str, name: str) -> bool:
    """Return whether a module has no such name and no such submodule. What fails in another way is not known."""
    if name == "*":
        return False
    try:
        getattr(loaded, name)
    except AttributeError:
        try:
            importlib.import_module(f"{module}.{name}")
        except ModuleNotFoundError as error:
            return error.name == f"{module}.{name}"
        except BaseException:
            return False
    except BaseException:
        return False
    return False


if __name__ == "__main__":
    main()
