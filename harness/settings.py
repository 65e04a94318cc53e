"""Defaults, profile, ``docprobe.toml``, environment and flags become one :class:`harness.config.Config`."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping  # noqa: TC003 (the file is read by the type hints below)
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import platformdirs

from extractor.base.suggest import suggestion
from extractor.base.tomlfile import read_toml
from extractor.model import Layout
from harness.base.errors import UsageError
from harness.base.git import resolve_inside
from harness.base.host import HostEnvironment
from harness.config import Config, ExampleOverride
from harness.engine.protocol import Limits
from harness.model import FailOn, Resolve
from harness.profiles.registry import PROFILES

if TYPE_CHECKING:
    from extractor.base.tomlfile import TomlFile

FILE_NAME: Final = "docprobe.toml"
BASELINE_NAME: Final = "docprobe-baseline.toml"


@dataclasses.dataclass(frozen=True, slots=True)
class FileSettings:
    """What ``docprobe.toml`` may hold; hyphens stand for underscores."""

    profile: str = "mcp"
    bindings: str | None = None
    spec: str | None = None
    layout: Layout = dataclasses.field(default_factory=Layout)
    limits: Limits = dataclasses.field(default_factory=Limits)
    runtime: str | None = None
    python_packages: Mapping[str, str] = dataclasses.field(default_factory=dict)
    examples: Mapping[str, ExampleOverride] = dataclasses.field(default_factory=dict)
    timeout_s: float = 10.0


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
    values = _from_file(path) if path else {}
    profile = PROFILES[values.pop("profile", "mcp")]
    layout = dataclasses.replace(profile.layout, **values.pop("layout", {}))
    values.setdefault("bindings", profile.bindings)
    given = {key: value for key, value in flags.items() if value is not None}
    if "spec" in given:
        given["spec"] = resolve_inside(given["spec"])
    state = state_folder(given.pop("state", None), environ)
    host = HostEnvironment.of(environ)
    baseline = _baseline_file(given.pop("baseline", None), path, root)
    given.setdefault("jobs", os.cpu_count() or 1)
    for name, enum in (("fail_on", FailOn), ("resolve", Resolve)):
        if name in given:
            given[name] = enum(given[name])
    merged: dict[str, Any] = {**values, **given}
    return Config(
        docs=root, layout=layout, profile=profile, file=path, state=state, baseline=baseline, host=host, **merged
    )


def state_folder(given: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder of caches and the last run: as given, else ``DOCPROBE_STATE``, else the user's cache folder."""
    environ = os.environ if environ is None else environ
    return Path(given or environ.get("DOCPROBE_STATE") or platformdirs.user_cache_dir("docprobe"))


def shaped_like_docs(folder: Path) -> bool:
    """Return whether ``folder`` looks like a docs root: configured, or with ``specification/`` and ``docs/`` in it."""
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
        return resolve_inside(docs)
    for folder in (cwd, *cwd.parents):
        if shaped_like_docs(folder):
            return resolve_inside(folder)
        if (folder / "docs").is_dir() and shaped_like_docs(folder / "docs"):
            return resolve_inside(folder / "docs")
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


def _from_file(path: Path) -> dict[str, Any]:
    """Return the settings that the file gives, by the fields of :class:`Config`; of the layout, only given fields."""
    document = read_toml(path)
    given = document.given(FileSettings)
    if "layout" in given:
        given["layout"] = document.given(Layout, ("layout",))
    if "examples" in given:
        given["overrides"] = given.pop("examples")
    if "spec" in given:
        given["spec"] = resolve_inside(path.parent / given["spec"], named_by=path)
    if "bindings" in given:
        given["bindings"] = _bindings_file(document, path.parent, given["bindings"])
    name = given.get("profile", "mcp")
    if name not in PROFILES:
        raise document.error(("profile",), f"unknown profile '{name}'", suggestion(name, PROFILES))
    return given


def _bindings_file(document: TomlFile, folder: Path, name: str) -> Path:
    """Return the file that ``bindings = "…"`` names: a profile's, or a .toml file relative to the configuration."""
    file = folder / name if name.endswith(".toml") else None
    shipped = PROFILES[name].bindings if name in PROFILES else None
    if shipped is not None:
        return shipped
    if file is None or not file.is_file():
        names = ", ".join(sorted(profile.name for profile in PROFILES.values() if profile.bindings is not None))
        hint = f"choose from {names}, or give the path of a .toml file"
        raise document.error(("bindings",), f"unknown bindings '{name}'", hint)
    return file
