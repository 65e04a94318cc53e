"""Defaults, profile, ``docprobe.toml``, environment and flags become one :class:`harness.config.Config`."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Mapping, Sequence  # noqa: TC003 (the file is read by the type hints below)
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from extractor.base.globs import matches_any
from extractor.base.suggest import suggestion
from extractor.base.tomlfile import read_toml
from extractor.docs.tree import find_files
from extractor.languages.toolchains import TOOLCHAINS
from extractor.model import REVISION_PLACES, Layout
from harness.base.checkout import FilesAt
from harness.base.docs_root import FILE_NAME, docs_root, pages_of
from harness.base.errors import UsageError
from harness.base.git import Repository, resolve_inside
from harness.base.host import HostEnvironment
from harness.base.links import links_to
from harness.base.trusted_places import check_place, check_root
from harness.config import Config, ExampleOverride
from harness.engine.install.settings import IMAGES_LOCK
from harness.engine.protocol import Limits
from harness.model import FailOn, Gate, Resolve, SettingsSource, Trust
from harness.profiles.registry import DEFAULT, PROFILES

if TYPE_CHECKING:
    from extractor.base.tomlfile import TomlFile
    from harness.profile import Profile

BASELINE_NAME: Final = "docprobe-baseline.toml"


@dataclasses.dataclass(frozen=True, slots=True)
class FileSettings:
    """What ``docprobe.toml`` may hold; hyphens stand for underscores."""

    profile: str = DEFAULT.name
    bindings: str | None = None
    spec: str | None = None
    layout: Layout = dataclasses.field(default_factory=Layout)
    parties: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """Name of a party to the nouns that sentences have for it; they are added to the profile's."""
    limits: Limits = dataclasses.field(default_factory=Limits)
    runtime: str | None = None
    images: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Toolchain, such as ``python``, to the image to use for it."""
    python_packages: Mapping[str, str] = dataclasses.field(default_factory=dict)
    examples: Mapping[str, ExampleOverride] = dataclasses.field(default_factory=dict)
    timeout_s: float = 10.0
    trace: bool = True


def load_config(
    docs: Path | None,
    file: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    trust: str = Trust.HEAD,
    **flags: Any,
) -> Config:
    """Build the configuration of one run.

    Args:
        docs: the docs root as given; None finds it upward from ``cwd``.
        file: configuration file as given; None looks for ``docprobe.toml`` in the docs root, then beside it.
        environ: environment variables; None takes this process's.
        cwd: where to look from; None is the process's.
        trust: ``base`` takes the configuration with its bindings, the baseline and the lock as the commit has them that
            ``changed_since`` names, ``head`` as they are in the working tree.
        flags: fields of :class:`Config` given on the command line; None values mean "not given".

    Raises:
        UsageError: no docs root, an unreadable file, an unknown key or a wrong value; names file and line.
    """
    environ = os.environ if environ is None else environ
    cwd = cwd or Path.cwd()
    root = docs_root(docs, cwd)
    host = HostEnvironment.of(environ)
    state = state_folder(flags.pop("state", None), environ)
    files = _base_files(root, flags.get("changed_since"), state, host) if trust == Trust.BASE else None
    if files is not None:
        check_root(root, docs, cwd, files)
    places = (root / FILE_NAME, root.parent / FILE_NAME) if file is None else (file,)
    path, read = _config_file(places, given=file is not None, files=files)
    values = _from_file(path, read, files) if path and read else {}
    profile = PROFILES[values.pop("profile", DEFAULT.name)]
    profile = dataclasses.replace(profile, parties=profile.parties.with_nouns(values.pop("parties", {})))
    layout = _with_tag(dataclasses.replace(profile.layout, **values.pop("layout", {})), root, host)
    if docs is not None:
        layout = dataclasses.replace(layout, only=pages_of(docs, root, layout))
    given = {key: value for key, value in flags.items() if value is not None}
    check_place(given.get("spec"), files)
    if (spec := given.get("spec", values.get("spec"))) is not None:
        given["spec_layout"], bindings = _spec_settings(spec, layout, files)
        given["spec"] = _spec_root(spec, given["spec_layout"], profile.repository, files)
        values.setdefault("bindings", profile.bindings or bindings)
    values.setdefault("bindings", profile.bindings)
    baseline_place, baseline = _baseline_file(given.pop("baseline", None), path, root, files)
    if "lock" in given and files is not None:
        given["lock"] = files.copy(given["lock"])
    elif "lock" in given:
        links_to(given["lock"])
    images_lock = (path.parent if path else root) / IMAGES_LOCK
    given["images_lock"] = _wanted(images_lock, files)
    given.setdefault("jobs", os.cpu_count() or 1)
    for name, enum in (("fail_on", FailOn), ("gate", Gate), ("resolve", Resolve)):
        if name in given:
            given[name] = enum(given[name])
    merged: dict[str, Any] = {**values, **given}
    source = SettingsSource(Trust.BASE, files.ref, files.commit, tuple(files.unused)) if files else SettingsSource()
    config = Config(
        docs=root, layout=layout, profile=profile, file=read, file_places=places, state=state, baseline=baseline,
        baseline_place=baseline_place, images_lock_place=images_lock, host=host, settings=source, **merged,
    )  # fmt: skip
    check_place(config.schema_folder, files)
    return config


def profile_named(name: str) -> Profile:
    """Return the profile of that name. Raises UsageError if there is none."""
    if name not in PROFILES:
        raise UsageError(f"unknown profile '{name}'", suggestion(name, PROFILES))
    return PROFILES[name]


def _with_tag(layout: Layout, root: Path, host: HostEnvironment) -> Layout:
    """Return the layout, with the revision of all pages where that is a tag."""
    if layout.revision_in != "git-tag" or layout.revision is not None:
        return layout
    try:
        tag = Repository(root, host).git("describe", "--tags", "--exact-match").decode().strip()
    except UsageError as error:
        raise UsageError(
            f"[layout] revision-in is git-tag, and the commit of {root} has no tag",
            'check out a tag, or name the revision: [layout] revision = "1.0"',
        ) from error
    return dataclasses.replace(layout, revision=tag, revisions=tuple(dict.fromkeys((*layout.revisions, tag))))


def _base_files(root: Path, ref: str | None, state: Path, host: HostEnvironment) -> FilesAt:
    if ref is None:
        raise UsageError("--trust base needs --changed-since REF", "name the base branch: --changed-since origin/main")
    return FilesAt.of(root, ref, state.absolute() / "settings", host)


def state_folder(given: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder of caches and the last run: as given, else ``DOCPROBE_STATE``, else the user's cache folder."""
    environ = os.environ if environ is None else environ
    named = given or environ.get("DOCPROBE_STATE")
    if named:
        return Path(named)
    # here, as it is the one place that asks where a user's files belong
    import platformdirs

    return Path(platformdirs.user_cache_dir("docprobe"))


def _spec_root(spec: Path, layout: Layout, at: str, files: FilesAt | None) -> Path:
    """Return the docs root that ``--spec`` means: the folder or its ``docs/``, whichever has normative pages.

    Args:
        spec: as given.
        layout: says which pages are normative.
        at: the repository of the specification, for the hint.
        files: the commit whose settings count; None if the change's own do.
    """
    for root in (spec, spec / "docs"):
        if root.is_dir() and any(matches_any(path, layout.specification) for path in find_files(root, layout)[0]):
            check_place(root, files)
            return resolve_inside(root)
    hint = "give the docs root of the specification, or its repository" + (f": a checkout of {at}" if at else "")
    if not spec.is_dir():
        raise UsageError(f"the specification's folder {spec} does not exist", hint)
    patterns = ", ".join(layout.specification) or "none are named"
    raise UsageError(
        f"{spec} holds no specification: no page in it or in its docs/ is normative (patterns: {patterns})", hint
    )


def _spec_settings(spec: Path, layout: Layout, files: FilesAt | None) -> tuple[Layout, Path | None]:
    """Return where the tree of a specification has its normative pages, and the bindings to them.

    A configuration in that tree says so; else the layout of the docs does, if it names normative pages, else that of
    the default profile.
    """
    for folder in (spec, spec / "docs"):
        if (read := _wanted(folder / FILE_NAME, files)) is not None:
            values = _from_file(folder / FILE_NAME, read, files)
            profile = PROFILES[values.get("profile", DEFAULT.name)]
            own = dataclasses.replace(profile.layout, **values.get("layout", {}))
            return own, values.get("bindings", profile.bindings)
    if layout.specification:
        return dataclasses.replace(layout, only=()), None
    return DEFAULT.layout, DEFAULT.bindings


def _config_file(places: Sequence[Path], *, given: bool, files: FilesAt | None) -> tuple[Path | None, Path | None]:
    """Return where the configuration file is, and the file to read, a copy if another commit's is wanted.

    Args:
        places: where it is looked for, in order.
        given: whether the one place is where it must be.
        files: the commit whose file is wanted; None for that of the working tree.
    """
    for place in places:
        if (read := _wanted(place, files)) is None:
            continue
        if not given:
            return place, read
        return Path(os.path.abspath(place)), read.absolute()  # noqa: PTH100  (lexically, as at a commit)
    if given:
        where = f" at {files.ref}" if files else ""
        raise UsageError(
            f"configuration file {places[0]} does not exist{where}",
            "write one there, or leave --config out: docprobe.toml in the docs root or beside it is found",
        )
    return None, None


def _wanted(path: Path, files: FilesAt | None) -> Path | None:
    """Return the file to read for ``path``: itself, or as the commit has it; None if there is none.

    Raises:
        LinkError: it is a link that leads out of its checkout, or round in circles.
        UsageError: it is not a file.
    """
    if files is not None:
        return files.copy(path)
    # as at a commit: folders are left by their names, not by where a link on the way leads
    path = Path(os.path.abspath(path)) if ".." in path.parts else path  # noqa: PTH100
    links_to(path)
    if path.is_file():
        return path
    if os.path.lexists(path):
        # a folder, or a link that leads nowhere: what it was meant to say must not be left out in silence
        raise UsageError(f"{path} is not a readable file", "make it a regular file, or remove it")
    return None


def _baseline_file(
    given: str | Path | None, config_file: Path | None, root: Path, files: FilesAt | None
) -> tuple[Path | None, Path | None]:
    """Return where the file of known findings is looked for, and the file to read; None if there is none."""
    if given is not None:
        if str(given) == "none":
            return None, None
        path = _wanted(Path(given), files)
        if path is None:
            where = f" at {files.ref}" if files else ""
            raise UsageError(f"baseline {given} does not exist{where}", "write one with: docprobe baseline update")
        return Path(given), path.absolute()
    place = (config_file.parent if config_file else root) / BASELINE_NAME
    return place, _wanted(place, files)


def _from_file(path: Path, read: Path, files: FilesAt | None) -> dict[str, Any]:
    """Return the settings that a file gives, by the fields of :class:`Config`; of the layout, only given fields.

    Args:
        path: where the file is; what it names is relative to its folder.
        read: what to read instead.
        files: the commit whose bindings are wanted; None for those of the working tree.
    """
    document = read_toml(read, str(path))
    given = document.given(FileSettings)
    for name, value in document.given(Limits, ("limits",)).items():
        if not (math.isfinite(value) and value > 0):
            at = ("limits", name.replace("_", "-"))
            raise document.error(at, f"{'.'.join(at)}: expected a number above 0, got {value}", "correct that line")
    if "layout" in given:
        given["layout"] = document.given(Layout, ("layout",))
        place = given["layout"].get("revision_in", "folder")
        if place.partition(":")[0] not in REVISION_PLACES:
            hint = f"choose from {', '.join(REVISION_PLACES)}"
            raise document.error(("layout", "revision-in"), f"unknown place of a revision '{place}'", hint)
    if "examples" in given:
        given["overrides"] = given.pop("examples")
    if "spec" in given:
        check_place(path.parent / given["spec"], files)
        given["spec"] = resolve_inside(path.parent / given["spec"], named_by=path)
    if "bindings" in given:
        given["bindings"] = _bindings_file(document, path.parent, given["bindings"], files)
    for name in given.get("images", {}):
        if name not in TOOLCHAINS:
            raise document.error(("images", name), f"unknown toolchain '{name}'", suggestion(name, TOOLCHAINS))
    name = given.get("profile", DEFAULT.name)
    if name not in PROFILES:
        raise document.error(("profile",), f"unknown profile '{name}'", suggestion(name, PROFILES))
    return given


def _bindings_file(document: TomlFile, folder: Path, name: str, files: FilesAt | None) -> Path:
    """Return the file that ``bindings = "…"`` names: a profile's, or a .toml file relative to the configuration."""
    file = _wanted(folder / name, files) if name.endswith(".toml") else None
    if files is not None and file is not None:
        files.copy((folder / name).with_suffix(".classes.toml"))  # read from beside the bindings
    shipped = PROFILES[name].bindings if name in PROFILES else None
    if shipped is not None:
        return shipped
    if file is None or not file.is_file():
        names = ", ".join(sorted(profile.name for profile in PROFILES.values() if profile.bindings is not None))
        hint = f"choose from {names}, or give the path of a .toml file"
        raise document.error(("bindings",), f"unknown bindings '{name}'", hint)
    return file
