"""What a page's code needs, and what packages and type checkers say of it, become findings. Pure.

All are recommendations: what a reader has to guess, packages that no install line names, names that were renamed or
removed, and what a reader's editor shows.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.model import NoteKind, Origin
from harness.judge.brought import brought_by
from harness.judge.findings import count, inconclusive, join_words, not_applicable, satisfied, violated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extractor.model import Bundle, Example, ShownImport, ShownImports, Span
    from harness.model import BoundRequirement, Finding, Lookup, Recording, TypeMessage

_NOT_RESOLVED: Final = "TS2307"
_NO_MODULE: Final = re.compile(r"Cannot find module '[^./'][^']*'")
_SHOWN: Final = 5
"""Messages that a summary quotes."""


def imports(example: Example, recording: Recording, bound: BoundRequirement) -> Finding | None:
    """Judge whether installed packages have what a fragment imports; None for programs: running those shows it.

    What no package answers, such as a module that fails for a reason of its own when it is loaded, decides nothing.
    """
    shown, lookups = example.imports, recording.imports
    if shown is None or not lookups:
        return None
    first = lookups[0]
    if first.failed is not None:
        return inconclusive(bound, f"The imports could not be looked up: {first.failed.rstrip('.')}.")
    faults = list(_faults(shown, first))
    if faults:
        texts = [text for text, _ in faults[:_SHOWN]]
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        summary = f"{'; '.join(texts)}{more}.{_with_dated(shown, lookups)}"
        blame = tuple(dict.fromkeys(span for _, span in faults))
        finding = replace(violated(bound, summary, legs={text: False for text, _ in faults}), blame=blame)
        if near := dict.fromkeys(_near(shown, first)):
            hint = f"{bound.requirement.fix} Names like it today: {join_words(near)}."
            finding = replace(finding, fix=hint)
        return finding
    unknown = list(_unknown(shown, first))
    if unknown:
        return inconclusive(bound, f"Not all imports could be looked up: {'; '.join(unknown[:_SHOWN])}.")
    names = sum(max(1, len(imported.names)) for imported in shown.imports)
    return satisfied(
        bound, f"The packages of {first.date or 'today'} export everything that is imported ({count(names, 'name')})."
    )


def types(example: Example, recording: Recording, bound: BoundRequirement) -> Finding | None:
    """Judge what a type checker says of a program that runs; None where types are not checked apart.

    Messages on lines that docprobe added are not the page's, nor are those on packages that docprobe chose not to add.
    """
    checked, bundle = recording.types, example.bundle
    if checked is None or bundle is None:
        return None
    if checked.failed is not None:
        return inconclusive(bound, f"The types could not be checked: {checked.failed.rstrip('.')}.")
    files = {file.path: file for file in bundle.files}
    found: list[tuple[str, Span]] = []
    legs: dict[str, bool] = {}
    for message in checked.messages:
        span = files[message.file].docs_line(message.line) if message.file in files else None
        if span is not None and not _is_left_out(message, bundle):
            legs[f"{message.code} {message.text.rstrip('.')}"] = False
            found.append((f"line {span.first}: {message.code} {message.text.rstrip('.')}", span))
    how = "the options of the page" if checked.own else "strict options"
    if not found:
        return satisfied(bound, f"TypeScript {checked.version} reports nothing with {how}.")
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    quoted = "; ".join(text for text, _ in found[:_SHOWN])
    summary = f"TypeScript {checked.version} reports {count(len(found), 'error')} with {how}: {quoted}{more}."
    return replace(violated(bound, summary, legs=legs), blame=tuple(dict.fromkeys(span for _, span in found)))


def _is_left_out(message: TypeMessage, bundle: Bundle) -> bool:
    """Whether a message is that a package is missing which only gives types, so that docprobe left it out.

    The page leaves it out where its install line is the whole list: it has one, and no framework's project around it.
    """
    absent = _NO_MODULE.match(message.text) if message.code == _NOT_RESOLVED else None
    if absent is None:
        return False
    stated = any(dependency.origin is Origin.STATED for dependency in bundle.dependencies)
    in_project = any(note.kind is NoteKind.ADAPTER for note in bundle.notes)
    return in_project or not stated


def _faults(shown: ShownImports, lookup: Lookup) -> Iterator[tuple[str, Span]]:
    """What the packages lack, each with the line that imports it."""
    for imported in shown.imports:
        answer = lookup.answers.get(imported.module)
        if answer is None:
            continue
        package = _package(imported, lookup)
        if answer.found is False:
            words = f" ({answer.words})" if answer.words else ""
            yield f"`{imported.module}` is not a module of {package}{words}", imported.span
            continue
        where = package if imported.module == imported.package else f"`{imported.module}` of {package}"
        for name in imported.names:
            if name.name in answer.missing:
                what = "a default export" if name.name == "default" else f"`{name.name}`"
                yield f"{what} is not exported by {where}", name.span


def _near(shown: ShownImports, lookup: Lookup) -> Iterator[str]:
    """The likeliest name for each that a module lacks, of those that it has."""
    for imported in shown.imports:
        answer = lookup.answers.get(imported.module)
        for name in imported.names if answer is not None else ():
            if answer is not None and (similar := answer.near.get(name.name)):
                yield f"`{similar[0]}` of `{imported.module}`"


def _unknown(shown: ShownImports, lookup: Lookup) -> Iterator[str]:
    for imported in shown.imports:
        answer = lookup.answers.get(imported.module)
        if answer is None or answer.found is not True:
            words = f" ({answer.words})" if answer and answer.words else ""
            yield f"`{imported.module}`{words}"


def _package(imported: ShownImport, lookup: Lookup) -> str:
    known = _by_name(lookup.packages)
    # a Kotlin library for several platforms is a package with the classes for the JVM
    version = known.get(_plain(imported.package)) or known.get(_plain(f"{imported.package}-jvm"))
    return f"{imported.package} {version}" if version else imported.package


def _with_dated(shown: ShownImports, lookups: tuple[Lookup, ...]) -> str:
    """A sentence on the packages of the page's date, if they were asked."""
    dated = next((lookup for lookup in lookups[1:] if lookup.failed is None), None)
    if dated is None:
        return ""
    if any(_faults(shown, dated)):
        return f" With the packages of {dated.date} something is missing as well."
    known = _by_name(dated.packages)
    names = dict.fromkeys(imported.package for imported in shown.imports)
    had = ", ".join(f"{name} {known[_plain(name)]}" for name in names if _plain(name) in known)
    return f" The packages of {dated.date} have it ({had})." if had and not any(_unknown(shown, dated)) else ""


def _by_name(packages: Mapping[str, str]) -> Mapping[str, str]:
    return {_plain(name): version for name, version in packages.items()}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def complete(example: Example, recording: Recording, bound: BoundRequirement) -> Finding | None:
    """Judge whether the page gives all that is needed: what docprobe had to add, it does not give."""
    if example.bundle is None:
        return None
    if example.bundle.added:
        added = join_words(example.bundle.added)
        text = f"The page does not give everything that is needed; docprobe added {added}."
        return violated(bound, text, legs=dict.fromkeys(example.bundle.added, False))
    return satisfied(bound, "The page gives everything that is needed to run the example.")


_NOT_FOUND: Final = {
    "python": "ModuleNotFoundError: No module named '{root}'",
    "node": "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '{package}'",
    "go": "no required module provides package {module}",
    "rust": "error[E0433]: cannot find module or crate `{crate}`",
}
"""What a reader gets without a package, by toolchain."""


def lists_packages(example: Example, recording: Recording, bound: BoundRequirement) -> Finding | None:
    """Judge whether the page's install lines name every package that the code imports.

    What they leave out, docprobe adds as inferred and judges on: what its reader gets is said at the import's line.
    """
    bundle = example.bundle
    if bundle is None:
        return None
    stated = [dependency.name for dependency in bundle.dependencies if dependency.origin is Origin.STATED]
    if not bundle.unlisted_imports:
        if not stated:
            return not_applicable(bound, "The page has no install line for this program.")
        return satisfied(bound, "The page installs every package that the code imports.")
    lock = next((run.lock for run in recording.runs if run.lock is not None), None)
    if lock is None:
        return inconclusive(bound, "The page's packages were not installed, so what they bring in is not known.")
    brought = {_plain(name) for name in brought_by(stated, bundle.manager, bundle.installer, lock)}
    unlisted = [one for one in bundle.unlisted_imports if _plain(one.package) not in brought]
    if not unlisted:
        names = join_words(dict.fromkeys(one.package for one in bundle.unlisted_imports))
        return satisfied(bound, f"The page installs {join_words(stated)}, and with that {names}.")
    first = unlisted[0]
    lines = join_words(dict.fromkeys(str(span) for span in first.installs))
    modules = join_words(f"`{one.module}`" for one in unlisted)
    added = join_words(dict.fromkeys(one.package for one in unlisted))
    error = _NOT_FOUND.get(bundle.toolchain, _NOT_FOUND["node"]).format(
        package=first.package, root=first.module.partition(".")[0], crate=first.module.partition("::")[0],
        module=first.module,
    )  # fmt: skip
    text = (
        f"The page installs {join_words(stated)} ({lines}), and the code imports {modules}: a reader gets “{error}”. "
        f"docprobe added {added} and continued."
    )
    return replace(violated(bound, text), blame=tuple(one.span for one in unlisted))
