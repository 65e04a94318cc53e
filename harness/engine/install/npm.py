"""npm: a :class:`~harness.engine.install.manager.PackageManager`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from extractor.base.text import printable
from extractor.model import ROOT
from harness.base.errors import InstallError, UsageError
from harness.engine.install.manager import InstallFault, InstallPlan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extractor.model import Dependency

_NAME: Final = re.compile(r"(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*", re.IGNORECASE)
_RANGE: Final = re.compile(r"(npm:(@[\w.~-]+/)?[\w.~-]+@)?[\w.*^~<>=|+ -]*", re.ASCII)
_ENTRY: Final = re.compile(rf"node_modules/{_NAME.pattern}(/node_modules/{_NAME.pattern})*", re.IGNORECASE)
_LOCK: Final = f"{ROOT}/package-lock.json"
_INSTALLED: Final = f"{ROOT}/node_modules/.package-lock.json"
_REMARKS: Final = f"{ROOT}/.docprobe-engines.json"
_ASK_ENGINES: Final = f"""
const fs = require("fs"), path = require("path");
const home = path.dirname(path.dirname(fs.realpathSync("/usr/local/bin/npm")));
const own = (name) => require(path.join(home, name));
const semver = own("node_modules/semver"), pacote = own("node_modules/pacote"), Npm = own("lib/npm.js");
const found = [];
(async () => {{
  const npm = new Npm();
  await npm.load();
  const wanted = JSON.parse(fs.readFileSync("package.json", "utf8")).dependencies || {{}};
  for (const [name, range] of Object.entries(wanted)) {{
    const current = JSON.parse(fs.readFileSync(`node_modules/${{name}}/package.json`, "utf8")).version;
    const known = await pacote.packument(name, {{ ...npm.flatOptions, preferOffline: true }});
    const latest = known["dist-tags"].latest, needs = known.versions[latest].engines?.node;
    const newer = semver.gt(latest, current) && semver.satisfies(latest, range);
    if (newer && needs && !semver.satisfies(process.version, needs))
      found.push({{ name, current, latest, needs, node: process.version }});
  }}
}})().catch(() => {{}}).finally(() => fs.writeFileSync("{_REMARKS}", JSON.stringify(found)));
"""
"""Lists the packages of which npm took an older release because the newest asks for another Node ("engines"). Read from
the cache that the install has just filled, by npm's own modules; whatever fails in it fails no install."""
_FLAGS: Final = (
    "--no-audit", "--no-fund", "--no-update-notifier", "--omit-lockfile-registry-resolved", "--loglevel=http",
    "--allow-git=none", "--allow-remote=none", "--allow-file=none", "--allow-directory=none",
    "--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000", "--fetch-timeout=60000",
)  # fmt: skip
"""A package's own dependencies come from the registry too, and from no address, folder or repository."""
_DOCS_FAULT: Final = {
    "E404": "no such package",
    "ETARGET": "no such version",
    "ENOVERSIONS": "no version of it had been published",
    "ERESOLVE": "the packages' requirements contradict each other",
    "EINVALIDPACKAGENAME": "not a package name",
    "EINVALIDTAGNAME": "not a version",
    "EBADPLATFORM": "not made for Linux",
}
_OF_CLIENT: Final = {"pnpm": ("--force",), "bun": ("--force",), "yarn": ("--legacy-peer-deps",)}
"""How npm resolves as another client does: those install peers and go on where they contradict each other (pnpm's
documentation of ``auto-install-peers`` and ``strict-peer-dependencies``), or leave peers to the reader (yarn)."""
_ELSEWHERE: Final = frozenset({"EALLOWGIT", "EALLOWREMOTE", "EALLOWFILE", "EALLOWDIRECTORY"})
_INFORMATIVE: Final = (
    "No matching version", "is not in this registry", "could not be found", "Refusing to fetch", "failed, reason:",
    "peer ", "Invalid ",
)  # fmt: skip
"""What the most informative line contains, best first: of a package that does not exist, the one with its name."""
_NEW_LOCK: Final = "packages come from a registry only; write a new lock with `docprobe check --lock FILE`"
_TAG: Final = re.compile(r"^(notarget|network|404|errno|syscall)\s+")
_CODE: Final = re.compile(r"npm (?:error|ERR!) code (\w+)")


def plan(
    dependencies: Sequence[Dependency],
    *,
    cutoff: str | None,
    lock: str | None,
    allow_scripts: bool,
    client: str = "",
) -> InstallPlan:
    """See :meth:`harness.engine.install.manager.PackageManager.plan`."""
    flags = (*_FLAGS, *(() if allow_scripts else ("--ignore-scripts",)), *_OF_CLIENT.get(client, ()))
    if lock is not None:
        manifest = {"private": True, **_root(lock)}
        files = {f"{ROOT}/package.json": _text(manifest), _LOCK: lock}
        steps: tuple[tuple[str, ...], ...] = (("npm", "ci", *flags),)
    else:
        wanted = {d.name: checked_range(d) for d in dependencies}
        files = {f"{ROOT}/package.json": _text({"private": True, "dependencies": wanted})}
        before = (f"--before={cutoff}T23:59:59.999Z",) if cutoff else ()
        # what of today's packages npm took an older release of: no question for packages of a date
        ask = () if cutoff else (("node", "-e", _ASK_ENGINES),)
        steps = (("npm", "install", *flags, *before), *ask)
    return InstallPlan(
        files=files,
        steps=steps,
        environment={"NPM_CONFIG_CACHE": "/tmp/npm"},
        lock_file=_LOCK,
        installed_file=_INSTALLED,
        remarks_file=_REMARKS if lock is None and not cutoff else "",
    )


def checked_range(dependency: Dependency) -> str:
    """Return the version range for package.json.

    Raises:
        InstallError: it is an address, a folder or a repository: packages come from a registry only.
    """
    wanted = dependency.specifier.strip() or "*"
    if not _NAME.fullmatch(dependency.name) or len(dependency.name) > 214 or not _RANGE.fullmatch(wanted):
        raise InstallError(
            f"{dependency} is not an npm package with a version range",
            "name the package and its version range in the docs, or in docprobe.toml",
        )
    return wanted


def packages(installed: str) -> Mapping[str, str]:
    """Return name to version from npm's record of what it installed; a second version is under ``parent > name``."""
    versions: dict[str, str] = {}
    for path, entry in json.loads(installed).get("packages", {}).items():
        name = " > ".join(part.strip("/") for part in path.split("node_modules/") if part)
        if name and isinstance(entry, dict) and not entry.get("link"):
            versions[name] = str(entry.get("version", ""))
    return versions


def skipped_scripts(installed: str) -> tuple[str, ...]:
    """Return the packages that would run a script when they are installed."""
    entries = json.loads(installed).get("packages", {})
    return tuple(
        path.rpartition("node_modules/")[2]
        for path, entry in entries.items()
        if isinstance(entry, dict) and entry.get("hasInstallScript")
    )


def remarks(text: str) -> tuple[str, ...]:
    """Return the packages of which npm took an older release for Node's version: ``x 2.5.2 needs Node >=24.1, …``."""
    try:
        entries = [entry for entry in json.loads(text) if isinstance(entry, dict)]
    except (ValueError, TypeError):
        return ()
    return tuple(
        printable(
            f"{entry.get('name')} {entry.get('latest')} needs Node {entry.get('needs')}; this one is "
            f"{entry.get('node')}, so npm took {entry.get('current')}"
        )[:300]
        for entry in entries
    )


def fault(log: Sequence[str]) -> InstallFault:
    """Return whose fault a failed install is, by npm's own error code."""
    codes = [match.group(1) for line in log if (match := _CODE.search(line))]
    code = codes[-1] if codes else ""
    messages = [line.split(" ", 2)[-1].strip() for line in log if line.startswith(("npm error ", "npm ERR! "))]
    best = [line for sign in _INFORMATIVE for line in messages if sign in line]
    detail = _TAG.sub("", (best or [line for line in messages if not line.startswith("code ")] or [""])[0])
    if code in _DOCS_FAULT:
        return InstallFault("docs", f"{_DOCS_FAULT[code]}: {detail}")
    if code in _ELSEWHERE:
        return InstallFault("elsewhere", detail)
    if code == "ENOSPC":
        return InstallFault("disk", detail)
    return InstallFault("registry", f"{detail or 'npm failed'}{f' ({code})' if code else ''}")


def _root(lock: str) -> dict[str, Any]:
    try:
        entries = json.loads(lock)["packages"]
        strange = [path for path, entry in entries.items() if not _is_from_registry(path, entry)]
        root = {"dependencies": dict(entries[""].get("dependencies", {}))}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError("the lock is not a package-lock.json of version 2 or 3", _NEW_LOCK) from error
    if strange:
        raise UsageError(
            f"the lock takes {printable(strange[0])} from outside the registry",
            _NEW_LOCK,
        )
    return root


def _is_from_registry(path: str, entry: Mapping[str, Any]) -> bool:
    """Return whether an entry of a lock is a package of the registry: docprobe's locks contain no address."""
    return not path or (bool(_ENTRY.fullmatch(path)) and "resolved" not in entry and not entry.get("link"))


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2) + "\n"
