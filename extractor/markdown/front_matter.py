"""Front matter: a YAML mapping between ``---`` lines at the very top of a page. It is data, never code."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_CHARACTERS: Final = 256 * 1024
_MAX_VALUES: Final = 10_000
"""Values, counted with aliases expanded: metadata is small, a YAML bomb is not."""
_MAX_DEPTH: Final = 50
_SMALL: Final = 4_000
"""Characters, too few for more values than that."""
_MARKS: Final = "[{-:?"
"""Each level begins with one of them."""
_TOO_MUCH: Final = f"more than {_MAX_VALUES} values or {_MAX_DEPTH} levels, with aliases expanded"
_INT64: Final = 2**63


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The front matter of a page."""

    values: Mapping[str, Any] = field(default_factory=dict)
    """Plain JSON values: dates are ISO text."""
    lines: int = 0
    """Number of its lines, both fences included; 0 if there is none."""
    problem: tuple[int, str] | None = None
    """Line (1-based) and message, if it could not be read."""


class _Loader(yaml.CSafeLoader):
    """YAML without merge keys, whose expansion multiplies."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Leave ``<<`` as it is: it is then refused as a value of unknown kind."""


def read_front_matter(source: str) -> FrontMatter:
    r"""Return the front matter at the top of ``source`` (line ends ``\\n``). Never raises: see ``problem``."""
    first, _, rest = source[: _MAX_CHARACTERS + 8].partition("\n")
    if first.rstrip() != "---":
        return FrontMatter()
    body: list[str] = []
    for number, line in enumerate(rest.split("\n"), start=2):
        if line.rstrip() == "---":
            return _parse("\n".join(body) + "\n", number)
        body.append(line)
    if not _is_key(body[0]):
        return FrontMatter()  # a thematic break, not front matter
    if len(source) > _MAX_CHARACTERS:
        return FrontMatter(problem=(1, f"front matter of more than {_MAX_CHARACTERS} characters; read as text"))
    return FrontMatter(problem=(1, "front matter starts here and never ends; read as text"))


def _is_key(line: str) -> bool:
    key, colon, _ = line.partition(":")
    return bool(colon) and key.strip("\"'").replace("_", "").replace("-", "").isalnum()


def _parse(text: str, lines: int) -> FrontMatter:
    try:
        _check_size(text)
        values = yaml.load(text, Loader=_Loader)
        budget = [_MAX_VALUES]
        plain = _plain(values, budget, 0)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return FrontMatter({}, lines, (mark.line + 2 if mark else 1, f"front matter is not YAML: {error.problem}"))
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError) as error:
        return FrontMatter({}, lines, (1, f"front matter cannot be read: {str(error).partition(chr(10))[0]}"))
    if plain is None:
        return FrontMatter({}, lines)
    if not isinstance(plain, dict):
        return FrontMatter({}, lines, (1, "front matter is not a mapping of names to values"))
    return FrontMatter(plain, lines)


def _check_size(text: str) -> None:
    """Raise ValueError if ``text`` is too much: the library builds values by recursion, in C, without a limit."""
    if len(text) < _SMALL and sum(text.count(mark) for mark in _MARKS) <= _MAX_DEPTH:
        return
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH or count > 2 * _MAX_VALUES:
            raise ValueError(_TOO_MUCH)


def _plain(value: Any, budget: list[int], depth: int) -> Any:
    """``value`` as JSON types. Raises ValueError if aliases make it too large, or it is nested too deep."""
    budget[0] -= 1
    if budget[0] < 0 or depth > _MAX_DEPTH:
        raise ValueError(_TOO_MUCH)
    match value:
        case None | bool() | float() | str():
            return value
        case int():
            return value if -_INT64 <= value < _INT64 else str(value)
        case datetime.date():
            return value.isoformat()
        case list() | set() | tuple():
            return [_plain(item, budget, depth + 1) for item in value]
        case dict():
            return {str(_plain(key, budget, depth + 1)): _plain(v, budget, depth + 1) for key, v in value.items()}
        case _:
            return str(value)
