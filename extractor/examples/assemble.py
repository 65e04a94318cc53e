"""From a program or a listing to an example: with a bundle, or with the reason why it has no bundle.

Of a fragment, the imports are kept: what it takes from which package is looked up there.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extractor.base.errors import UsageError
from extractor.examples.bundle import bundle_of
from extractor.examples.counterexamples import counterexample
from extractor.examples.ids import bundle_digest, text_digest
from extractor.examples.obstacles import obstacle
from extractor.examples.overrides import from_directives, mistakes
from extractor.examples.wholeness import leaves_out
from extractor.languages.common.missing_parts import sentence
from extractor.languages.common.package_names import key
from extractor.languages.common.packages import packages_of
from extractor.languages.common.roles import Start
from extractor.languages.common.values import Draft, NeededPackage
from extractor.languages.common.view import in_view, scope_of
from extractor.model import (
    SERVERS,
    Bundle,
    Example,
    ExampleKind,
    ExampleStatus,
    ImportedName,
    Origin,
    ShownImport,
    ShownImports,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.examples.candidates import PageView
    from extractor.languages.common.facts import CodeFacts, Import
    from extractor.languages.common.roles import CodeProfile, Role
    from extractor.languages.common.values import Listing, Program, Snippet
    from extractor.languages.common.view import PageContext
    from extractor.model import Block, ExampleOverride, Span


_MAX_LINES: Final = 400
"""Lines from an import on in which its names are looked for: in the statement, or where code uses them of a package."""


def shown_imports(draft: Draft) -> ShownImports | None:
    """Return the imports of a draft from packages that are known; None if it has none, or nothing looks them up.

    The packages are asked for as the page states them. Imports of a text whose beginning does not parse are not whole.
    """
    language = draft.program.language
    tool = language.look_up
    if tool is None:
        return None
    shown: list[ShownImport] = []
    needed: list[NeededPackage] = []
    for snippet in draft.program.snippets:
        for imported in _whole(snippet.facts):
            dependency = language.package_of(draft, imported)
            if dependency is None or (imported.by_path and dependency.origin is Origin.INFERRED):
                # what a fragment names by a path, another block may import: `io`, say, which is a crate's name too
                continue
            span = snippet.block.line(imported.line - 1)
            names = tuple(ImportedName(name, _line_of(name, imported, snippet)) for name in imported.names)
            shown.append(ShownImport(imported.module, dependency.name, span, names))
            needed.append(NeededPackage(dependency, imported.module, span))
    if not shown:
        return None
    packages = packages_of(draft, needed, ())
    wanted = {key(package.dependency, language.manager) for package in needed}
    bundle = Bundle(
        example_id="",
        language=language.name,
        kind=ExampleKind.OTHER,
        toolchain=language.toolchain,
        files=(tool.file, *language.look_up_files),
        manager=language.manager,
        dependencies=tuple(d for d in packages.dependencies if key(d, language.manager) in wanted),
        command=tool.command,
        installer=packages.installer,
    )
    return ShownImports(tuple(shown), bundle) if bundle.dependencies else None


def _whole(code: CodeFacts) -> Iterator[Import]:
    """The imports above what does not parse."""
    end = code.error.line if code.error is not None else None
    return (imported for imported in code.imports if end is None or imported.line < end)


def _line_of(name: str, imported: Import, snippet: Snippet) -> Span:
    """The line of the page on which an import has a name: a statement may go over several."""
    word = re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])")
    lines = snippet.block.text.split("\n")[imported.line - 1 : imported.line - 1 + _MAX_LINES]
    offset = next((n for n, line in enumerate(lines) if word.search(line)), 0)
    return snippet.block.line(imported.line - 1 + offset)


MAX_FILES: Final = 100
"""Files of one example. The largest documented one has six."""


def assemble(
    example_id: str, program: Program, page: PageView, override: ExampleOverride, origin: Origin, *, alone: bool
) -> Example:
    """Return the example of a program.

    Args:
        example_id: its id.
        program: snippets that belong together.
        page: the page that it is on.
        override: what a maintainer says about it.
        origin: where the override is from: directives of the page, or the configuration.
        alone: whether the page shows no other program of its language in the same tab.

    Raises:
        UsageError: the configuration has an impossible value. In a directive that is a gap of the example.
    """
    draft = _draft(example_id, program, page, override, origin, alone=alone)
    first = program.blocks[0]
    example = Example(
        id=example_id,
        page=first.span.file,
        revision=first.revision,
        language=program.language.name,
        kind=draft.kind,
        status=ExampleStatus.FRAGMENT,
        reason=None,
        spans=tuple(sorted(block.span for block in program.blocks)),
        digest=text_digest(program.blocks),
        resolve_date=override.resolve_date,
        expected=override.not_runnable,
        whole=draft.kind is not ExampleKind.OTHER and _is_stated(program),
    )
    if wrong := mistakes(override, program.language.manager):
        if origin is Origin.CONFIG:
            raise UsageError(f'[examples."{example_id}"]: {wrong[0]}', "see the configuration section of the README")
        reason = f"has a directive{_place_of_mistake(program)} in which {sentence(wrong)}"
        return replace(example, reason=reason, whole=True)
    if override.skip:
        return replace(example, status=ExampleStatus.SKIPPED, reason=override.skip)
    count = len(program.files) + len(program.extras)
    if count > MAX_FILES:
        reason = f"is made of {count} files, more than the {MAX_FILES} that docprobe puts together"
        return replace(example, status=ExampleStatus.UNSUPPORTED, reason=reason)
    lacks, unknown = (*program.lacks, *program.language.missing(draft)), program.language.unknown(draft)
    if lacks or unknown:
        whole = example.whole or (not lacks and _starts(draft))
        return replace(example, reason=sentence((*lacks, *unknown)), whole=whole, imports=_looked_up(draft))
    if draft.kind is ExampleKind.OTHER:
        return replace(example, reason=draft.role.why, imports=_looked_up(draft))
    if why := next((why for block in program.blocks if (why := counterexample(block))), None):
        return replace(example, status=ExampleStatus.SKIPPED, reason=why)
    if why := obstacle(draft):
        return replace(example, status=ExampleStatus.UNSUPPORTED, reason=why, whole=True)
    bundle = bundle_of(draft)
    return replace(
        example,
        kind=bundle.kind,
        status=ExampleStatus.RUNNABLE,
        digest=bundle_digest(bundle),
        notes=bundle.notes,
        bundle=bundle,
        whole=True,
    )


def _looked_up(draft: Draft) -> ShownImports | None:
    """The imports of a fragment that are to be looked up; code that a page warns of may import anything."""
    shown_as_wrong = any(counterexample(block) for block in draft.program.blocks)
    return None if shown_as_wrong else shown_imports(draft)


def _starts(draft: Draft) -> bool:
    """Whether a program leaves nothing out and starts a server, or is a client."""
    runs = draft.kind is not ExampleKind.OTHER and draft.role.start is not Start.NONE
    return runs and not any(leaves_out(snippet) for snippet in draft.program.main.snippets)


def _is_stated(program: Program) -> bool:
    """Whether the page names the file of a program, or the command that runs it, and leaves nothing of it out."""
    name = program.main.name
    return name is not None and name.is_whole and not any(leaves_out(snippet) for snippet in program.main.snippets)


def listed(example_id: str, listing: Listing, override: ExampleOverride) -> Example:
    """Return the example of code in a language that docprobe cannot run yet; its words suggest the kind.

    Args:
        example_id: its id.
        listing: its blocks.
        override: what a maintainer says about it.
    """
    text = "\n".join(block.text.lower() for block in listing.blocks)
    hints = (("stdio", ExampleKind.STDIO_SERVER), ("http", ExampleKind.HTTP_SERVER))
    kind = next((kind for word, kind in hints if word in text), ExampleKind.OTHER)
    reason = f"needs {listing.language.toolchain}, which docprobe does not support yet"
    return Example(
        id=example_id,
        page=listing.blocks[0].span.file,
        revision=listing.blocks[0].revision,
        language=listing.language.name,
        kind=kind,
        status=ExampleStatus.SKIPPED if override.skip else ExampleStatus.UNSUPPORTED,
        reason=override.skip or reason,
        spans=tuple(block.span for block in listing.blocks),
        digest=text_digest(listing.blocks),
        resolve_date=override.resolve_date,
        expected=override.not_runnable,
    )


def failed(example_id: str, blocks: Sequence[Block], reason: str) -> Example:
    """Return the example of code that an error or a limit of docprobe itself kept from being put together.

    Args:
        example_id: its id.
        blocks: of the program, or of the whole page if nothing more is known; at least one.
        reason: what went wrong.
    """
    first = blocks[0]
    return Example(
        id=example_id,
        page=first.span.file,
        revision=first.revision,
        language=first.language,
        kind=ExampleKind.OTHER,
        status=ExampleStatus.FAILED,
        reason=reason,
        spans=(first.span,),
        digest=text_digest(blocks),
    )


def _place_of_mistake(program: Program) -> str:
    """`` (page.mdx:5)``: the first directive with an impossible value; empty if only all of them together have one."""
    directives = (directive for block in program.blocks for directive in block.directives)
    wrong = (d.span for d in directives if mistakes(from_directives((d,)), program.language.manager))
    return next((f" ({span})" for span in wrong), "")


def _draft(
    example_id: str, program: Program, page: PageView, override: ExampleOverride, origin: Origin, *, alone: bool
) -> Draft:
    role = _role(program, page.docs.profile)
    # mistakes are reported: nothing else of such an override is of use
    kind = None if mistakes(override, None) else override.kind
    return Draft(
        example_id=example_id,
        program=program,
        role=role,
        kind=ExampleKind(kind) if kind else role.kind,
        around=_in_view(program, page),
        override=override,
        docs=page.docs,
        override_origin=origin,
        alone=alone,
    )


def _in_view(program: Program, page: PageView) -> PageContext:
    """What is around a program, without the addresses and headers in the code of servers: clients state those."""
    around = in_view(page.around, scope_of(program.blocks[0]))
    servers = {s.block.ordinal for s in page.snippets if s.role.kind in SERVERS}
    return replace(
        around,
        addresses=tuple(a for a in around.addresses if not a.in_code or a.block.ordinal not in servers),
        headers=tuple(h for h in around.headers if not h.in_code or h.block.ordinal not in servers),
    )


def _role(program: Program, profile: CodeProfile) -> Role:
    """What the program does as a whole; a single snippet's role is known."""
    if len(program.facts) == 1:
        return program.snippets[0].role
    role = profile.of(program.language.name).role(program.facts)
    # a file may be started by any of its snippets, and by glue; a module of it by none
    starts = [s.role.start for s in program.main.snippets if s.role.start is not Start.NONE]
    return replace(role, start=starts[-1]) if starts else role
