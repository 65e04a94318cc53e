"""Defaults, profile, ``docprobe.toml``, environment and flags become one :class:`harness.config.Config`."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
import platformdirs

from extractor.model import Layout
from harness.base.errors import UsageError
from harness.base.host import HostEnvironment
from harness.config import Config, ExampleOverride
from harness.engine.protocol import Limits
from harness.profiles.registry import PROFILES

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_NAME: Final = "docprobe.toml"
TOP_KEYS: Final = (
    "profile", "bindings", "spec", "layout", "limits", "runtime", "python-packages", "examples", "timeout-s",
)  # fmt: skip
BASELINE_NAME: Final = "docprobe-baseline.toml"

T = TypeVar("T")


def load_config(
    docs: Path | None,
    file: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    **flags: Any,
) -> Config:
    """Build the configuration of one run.

    Args:
        docs: the docs root as given; None finds it upward from ``cwd``.
        file: configuration file as given; None looks for ``docprobe.toml`` in the docs root, then beside it.
        environ: environment variables; None takes this process's.
        cwd: where to look from; None is the process's.
        flags: fields of :class:`Config` given on the command line; None values mean "not given".

    Raises:
        UsageError: no docs root, an unreadable file, an unknown key or a wrong value; names file and line.
    """
    environ = os.environ if environ is None else environ
    root = _docs_root(docs, cwd or Path.cwd())
    path = _config_file(root, file)
    table = _read_toml(path) if path else {}
    values = _from_file(path, table) if path else {}
    name = values.pop("profile", "mcp")
    if name not in PROFILES:
        raise UsageError(f"{path}: unknown profile '{name}'", _near(name, tuple(PROFILES)))
    profile = PROFILES[name]
    layout = dataclasses.replace(profile.layout, **values.pop("layout", {}))
    values.setdefault("bindings", profile.bindings)
    given = {key: value for key, value in flags.items() if value is not None}
    state = state_folder(given.pop("state", None), environ)
    host = HostEnvironment.of(environ)
    baseline = _baseline_file(given.pop("baseline", None), path, root)
    given.setdefault("jobs", os.cpu_count() or 1)
    merged: dict[str, Any] = {**values, **given}
    return Config(
        docs=root, layout=layout, profile=profile, file=path, state=state, baseline=baseline, host=host, **merged
    )


def state_folder(given: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """Where cache, history and the last run lie: as given, else ``DOCPROBE_STATE``, else the user's cache folder."""
    environ = os.environ if environ is None else environ
    return Path(given or environ.get("DOCPROBE_STATE") or platformdirs.user_cache_dir("docprobe"))


def shaped_like_docs(folder: Path) -> bool:
    """Whether ``folder`` looks like a docs root: configured, or with ``specification/`` and ``docs/`` in it."""
    if (folder / FILE_NAME).is_file():
        return True
    return (folder / "specification").is_dir() and (folder / "docs").is_dir()


def _docs_root(docs: Path | None, cwd: Path) -> Path:
    if docs is not None:
        if not docs.is_dir():
            raise UsageError(
                f"{docs} is not a folder" if docs.exists() else f"{docs} does not exist",
                "give the docs root: the folder that holds specification/ and docs/, or a docprobe.toml",
            )
        return docs.resolve()
    for folder in (cwd, *cwd.parents):
        if shaped_like_docs(folder):
            return folder
        if (folder / "docs").is_dir() and shaped_like_docs(folder / "docs"):
            return folder / "docs"
    raise UsageError(
        f"no docs root at or above {cwd}",
        "name it: docprobe check DOCS, where DOCS holds specification/ and docs/, or a docprobe.toml",
    )


def _config_file(root: Path, file: Path | None) -> Path | None:
    if file is not None:
        if not file.is_file():
            raise UsageError(f"configuration file {file} does not exist", "see --config")
        return file.resolve()
    for candidate in (root / FILE_NAME, root.parent / FILE_NAME):
        if candidate.is_file():
            return candidate
    return None


def _baseline_file(given: str | Path | None, config_file: Path | None, root: Path) -> Path | None:
    if given is not None:
        if str(given) == "none":
            return None
        path = Path(given)
        if not path.is_file():
            raise UsageError(f"baseline {path} does not exist", "write one with: docprobe baseline update")
        return path.resolve()
    beside = (config_file.parent if config_file else root) / BASELINE_NAME
    return beside if beside.is_file() else None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}", "mend the TOML at that line") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", "see that this user may read it") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: cannot be read: {error}", "give a TOML file in UTF-8") from error


def _from_file(path: Path, table: dict[str, Any]) -> dict[str, Any]:
    _known(path, "", table, TOP_KEYS)
    values: dict[str, Any] = {}
    for key in ("profile", "bindings", "runtime"):
        if key in table:
            values[key] = _typed(path, key, table[key], str)
    if "bindings" in values:
        values["bindings"] = _bindings_file(path, values["bindings"])
    if "spec" in table:
        values["spec"] = (path.parent / _typed(path, "spec", table["spec"], str)).resolve()
    if "timeout-s" in table:
        values["timeout_s"] = _typed(path, "timeout-s", table["timeout-s"], float)
    if "layout" in table:
        layout = _section(path, "layout", table["layout"], Layout)
        given = {key.replace("-", "_") for key in table["layout"]}
        values["layout"] = {name: getattr(layout, name) for name in given}
    if "limits" in table:
        values["limits"] = _section(path, "limits", table["limits"], Limits)
    if "python-packages" in table:
        values["python_packages"] = _typed(path, "python-packages", table["python-packages"], dict[str, str])
    if "examples" in table:
        examples = _typed(path, "examples", table["examples"], dict[str, dict[str, Any]])
        values["overrides"] = {
            name: _section(path, f'examples."{name}"', section, ExampleOverride) for name, section in examples.items()
        }
    return values


def _bindings_file(path: Path, name: str) -> Path:
    """The bindings that ``bindings = "…"`` names: a profile's, or a .toml file beside the configuration."""
    file = path.parent / name if name.endswith(".toml") else None
    shipped = PROFILES[name].bindings if name in PROFILES else None
    if shipped is not None:
        return shipped
    if file is None or not file.is_file():
        names = ", ".join(sorted(profile.name for profile in PROFILES.values() if profile.bindings is not None))
        raise UsageError(
            f"{path}:{_line_of(path, '', 'bindings')}: unknown bindings '{name}'",
            f"choose from {names}, or give the path of a .toml file",
        )
    return file


def _section(path: Path, name: str, table: Any, kind: type[T]) -> T:
    """A table of the file as the dataclass ``kind``: hyphens in keys, types checked."""
    _typed(path, name, table, dict)
    assert dataclasses.is_dataclass(kind)
    fields = tuple(field.name.replace("_", "-") for field in dataclasses.fields(kind))
    _known(path, name, table, fields)
    return _typed(path, name, {key.replace("-", "_"): value for key, value in table.items()}, kind)


def _typed(path: Path, key: str, value: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        # msgspec says where in the value: "Expected `int`, got `str` - at `$.memory_mib`"
        what, _, at = str(error).partition(" - at `$.")
        section, name = (key, re.split(r"[.\[`]", at)[0].replace("_", "-")) if at else ("", key)
        where = f"{key}.{name}" if at else key
        raise UsageError(f"{path}:{_line_of(path, section, name)}: {where}: {what}", "mend that value") from error


def _known(path: Path, section: str, table: dict[str, Any], allowed: tuple[str, ...]) -> None:
    for key in table:
        if key not in allowed:
            where = f" in [{section}]" if section else ""
            raise UsageError(f"{path}:{_line_of(path, section, key)}: unknown key '{key}'{where}", _near(key, allowed))


def _near(word: str, allowed: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(word, allowed, n=1)
    return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(allowed)}"


def _line_of(path: Path, section: str, key: str) -> int:
    """Line where ``key`` is first written below the header of ``section`` (TOML readers keep no positions).

    1 if it is not found literally.
    """
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    headers = (number for number, line in enumerate(lines) if line.startswith(f"[{section}]"))
    begin = next(headers, 0) if section else 0
    for number in range(begin, len(lines)):
        if lines[number].lstrip('["').startswith(key):
            return number + 1
    return begin + 1
