"""What a program's options, variables and parameters are unless a command or the environment gives them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import Ref
from extractor.languages.common.options import Option, declared, plain, written
from extractor.languages.common.own_calls import own_calls

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from extractor.languages.common.facts import Call, CodeFacts
    from extractor.languages.common.own_calls import OwnCalls

CHANGING: Final = frozenset({"append", "extend", "insert", "remove", "pop", "push", "unshift", "splice", "update"})
"""Methods that change a list or a dictionary."""
_SETTINGS: Final = frozenset({"BaseSettings"})
"""Classes whose subclasses read their fields from the environment."""
_RENAMES: Final = frozenset({"env_prefix", "auto_envvar_prefix", "alias", "validation_alias", "aliases", "short"})
"""Keywords by which options and settings are given under other names."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a program's options, variables and parameters are unless something else is given."""

    options: Mapping[str, tuple[Option, ...]]
    """By the names under which the program reads them, plain."""
    values: Mapping[str, str]
    """Variables, parameters and fields of classes, and what they are given, as written."""
    fields: frozenset[str]
    """Those that are parameters of functions, or fields of classes."""
    closed: frozenset[str]
    """Fields that nothing but the code fills."""
    settings: frozenset[str]
    """Fields that the environment fills, and not the command line."""
    assigned: frozenset[str]
    """Variables and members that statements give something."""
    renamed: bool
    """Whether the program's options or settings have other names, too."""


def defaults_of(files: Sequence[CodeFacts]) -> Defaults:
    """Return the defaults of a program.

    A parameter to which the program's own calls give something is that, or unknown if they give it different things.

    Args:
        files: facts of its files.
    """
    values = {name: text for code in files for name, text in code.values.items()}
    own = own_calls(files)
    taking = {name: taken for code in files for name, taken in code.parameters.items()}
    fields = frozenset(name for taken in taking.values() for name in taken)
    classes = {name for code in files for name, bases in code.bases.items() if _SETTINGS & set(bases)}
    settings = frozenset(name for taker in taking.keys() & classes for name in taking[taker])
    # a library may call what the program itself does not
    called = {name for name in taking.keys() - classes if own.direct.get(name) and name not in own.commands}
    opened = {name for taker in taking.keys() - called - classes for name in taking[taker]}
    assigned = {name for code in files for name in code.assigned}
    assigned |= {
        f"os.environ.{c.arguments[0]}" for code in files for c in code.calls if c.last == "setdefault" and c.arguments
    }
    changed = frozenset(_changed(files))
    for name in [n for n in values if not changed.isdisjoint(accumulate(n.split("."), "{}.{}".format))]:
        del values[name]
    # a parameter with the name of a variable is another thing
    twice = {name for code in files for name in code.required if values.pop(name, None) is not None}
    for name, texts in _passed(taking, own).items():
        values.pop(name, None)
        if (
            name not in twice | assigned
            and len(texts) == 1
            and None not in texts
            and (text := next(iter(texts)))
            and text != name
        ):
            values[name] = text
    options: dict[str, tuple[Option, ...]] = {}
    for name, option in (found for code in files for found in declared(code)):
        options[name] = (*options.get(name, ()), option)
    calls = [call for code in files for call in (*code.calls, *code.decorators)]
    for name in {plain(name) for call in calls if call.last == "set_defaults" for name in call.keywords}:
        options[name] = tuple(replace(option, default=None) for option in options.get(name, ()))
    renamed = any(name.endswith(".env_prefix") for name in values) or any(
        _renames(call)
        or call.last in ("alias", "env")
        # Typer's, whose parameter has a name of its own
        or (call.last == "Option" and any(isinstance(each, str) and each.startswith("-") for each in call.arguments))
        for call in calls
    )
    return Defaults(
        options, values, fields, fields - settings - opened, settings - opened, frozenset(assigned), renamed
    )


def _changed(files: Sequence[CodeFacts]) -> Iterator[str]:
    """Variables whose lists or dictionaries calls change."""
    for call in (call for code in files for call in code.calls):
        if call.last in CHANGING and "." in call.name:
            yield call.name.rpartition(".")[0]
        elif call.name == "Object.assign" and call.arguments and isinstance(call.arguments[0], Ref):
            yield call.arguments[0].text


def _renames(call: Call) -> bool:
    """Whether a call gives an option or a setting another name, which is not known."""
    known = {"alias"} if call.last == "option" and isinstance(call.keywords.get("alias"), str) else set()
    return bool(call.keywords.keys() & _RENAMES - known)


def passed_values(files: Sequence[CodeFacts]) -> dict[str, set[str | None]]:
    """Return what the calls of a program's own functions give to their parameters, as written; None for the default.

    Args:
        files: facts of its files.
    """
    taking = {name: taken for code in files for name, taken in code.parameters.items()}
    return _passed(taking, own_calls(files))


def _passed(taking: Mapping[str, tuple[str, ...]], own: OwnCalls) -> dict[str, set[str | None]]:
    """What the calls of a program's own functions give to their parameters, as written; None where one gives nothing.

    Parameters that no call gives anything keep their default.

    Args:
        taking: parameters, by their functions.
        own: calls of these.
    """
    found: dict[str, set[str | None]] = {}
    calls = [(call, function) for function in taking for call in own.direct.get(function, ())]
    names = {function: frozenset(taken) for function, taken in taking.items()}
    for call, function in calls:
        for name, value in zip(taking[function], call.arguments, strict=False):
            # the name of what is taken apart is empty
            if name:
                found.setdefault(name, set()).add(written(value))
        for name in (name for name in call.keywords if name in names[function]):
            found.setdefault(name, set()).add(written(call.keywords[name]))
    for function, given, named in {(f, len(c.arguments), frozenset(c.keywords)) for c, f in calls}:
        for name in taking[function][given:]:
            if name in found and name not in named:
                found[name].add(None)
    return found
