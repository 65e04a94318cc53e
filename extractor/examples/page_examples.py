"""The examples of one page. Apart from :mod:`extractor.examples.find`, so that kept examples need no parser."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from extractor.base.errors import DocprobeError, UsageError, internal_error
from extractor.base.processor import PAGE_MIB, TooLongError, processor_limit
from extractor.examples.assemble import assemble, failed, listed
from extractor.examples.by_hand import chosen, reshaped
from extractor.examples.candidates import candidates_of, page_view, parts_of
from extractor.examples.ids import example_ids, page_stem, stem_of
from extractor.examples.overrides import from_directives, merged, mistakes, override_for
from extractor.examples.reader_blocks import reader_blocks
from extractor.languages.common.install_lines import installs_of
from extractor.languages.common.package_names import RefusedError, dependency_of, key
from extractor.languages.common.shell import SHELLS, commands_of
from extractor.languages.common.values import DocsContext, Program, RunnableLanguage, directives_of
from extractor.languages.common.view import scope_of
from extractor.languages.registry import language_for
from extractor.model import Example, ExampleOverride, ExampleStatus, Manager, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from extractor.examples.candidates import Candidate, PageView, Parsed
    from extractor.languages.common.roles import CodeProfile
    from extractor.model import Block, Dependency, Span

    Stated = Mapping[tuple[Manager, str], tuple[Dependency, Span]]


class PageExamples:
    """Finds the examples of the pages of one docs tree."""

    def __init__(
        self,
        installations: Mapping[str, Sequence[Block]],
        profile: CodeProfile,
        overrides: Mapping[str, ExampleOverride],
        python_packages: Mapping[str, str],
        page_s: float,
    ) -> None:
        """Set up, with arguments of :func:`extractor.examples.find.find_examples`.

        Args:
            installations: the blocks of each installation page, by page.
            profile: as there.
            overrides: as there.
            python_packages: as there.
            page_s: as there.

        Raises:
            UsageError: the configuration has an impossible value.
        """
        for module, name in python_packages.items():
            try:
                dependency_of(name, Manager.PYPI)
            except RefusedError as refused:
                raise UsageError(f"[python-packages] {module}: {refused}", "name a package on PyPI") from refused
        self._profile = profile
        self._overrides = overrides
        self._packages = {**profile.python_packages, **python_packages}
        self._installations = installations
        self._page_s = page_s
        self._parsed: Parsed = {}
        self.slow: set[str] = set()
        """Pages that took too long."""

    def find(self, page: str, blocks: Sequence[Block]) -> tuple[Example, ...]:
        """Return the examples of the page at ``page``, in order of line.

        A page that takes too long, or on which docprobe itself fails, has one example that failed.

        Raises:
            UsageError: the configuration has an impossible value.
        """
        try:
            with processor_limit(self._page_s, PAGE_MIB):
                if not any(language_for(block) or block.language in SHELLS for block in blocks):
                    return ()
                stated = stated_for(page, blocks[0].revision, self._installations)
                context = DocsContext(self._profile, self._packages, stated)
                view = page_view(reader_blocks(blocks), context, self._parsed)
                return _examples_of(page, view, self._overrides)
        except DocprobeError:
            raise
        except TooLongError as error:
            if error.of_time:
                self.slow.add(page)
            return (failed(f"{page_stem(page)}#page", blocks, f"finding this page's examples {error}"),)
        except Exception as error:
            # no page may end the check of all the others
            return (failed(f"{page_stem(page)}#page", blocks, internal_error(error)),)


def stated_for(page: str, revision: str | None, installations: Mapping[str, Sequence[Block]]) -> Stated:
    """Return the packages that the installation page nearest to ``page`` names, each as it is named first.

    The nearest shares the longest part of the path; one of another revision is about other packages. Nothing if the
    page is one itself.

    Args:
        page: path of the page.
        revision: of the page.
        installations: as :func:`installation_pages` returns them.
    """
    if page in installations:
        return {}
    of_revision = {name: blocks for name, blocks in installations.items() if blocks[0].revision in {None, revision}}
    nearest = max(sorted(of_revision), key=lambda name: _shared(name, page), default=None)
    if nearest is None:
        return {}
    stated: dict[tuple[Manager, str], tuple[Dependency, Span]] = {}
    for install in installs_of(command for block in of_revision[nearest] for command in commands_of(block)):
        for dependency in install.dependencies:
            name = (install.manager, key(dependency, install.manager))
            stated.setdefault(name, (dependency, install.span))
    return stated


def _shared(one: str, other: str) -> int:
    """How many folders two pages share, from the root down."""
    pairs = zip(PurePosixPath(one).parent.parts, PurePosixPath(other).parent.parts, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(one.count("/"), other.count("/")))


def _examples_of(page: str, view: PageView, overrides: Mapping[str, ExampleOverride]) -> tuple[Example, ...]:
    """The examples of one page, in order of line."""
    candidates = candidates_of(view)
    parts = parts_of(view, candidates)
    ids = example_ids(page, [(c.blocks[0], c.language, c.blocks[0].ordinal in parts) for c in candidates])
    examples: list[Example] = []
    for example_id, candidate in zip(ids, candidates, strict=True):
        try:
            examples.append(_example_of(example_id, candidate, view, candidates, overrides))
        except DocprobeError:
            raise
        except Exception as error:
            # nor may one program end that of its neighbours
            examples.append(failed(example_id, candidate.blocks, internal_error(error)))
    examples += _added(page, view, overrides, set(ids), candidates)
    return tuple(sorted(_without_used(examples), key=lambda example: (example.spans[0], example.id)))


def _example_of(
    example_id: str,
    candidate: Candidate,
    view: PageView,
    candidates: Sequence[Candidate],
    overrides: Mapping[str, ExampleOverride],
) -> Example:
    """The example that a candidate makes, with what the configuration and its directives say of it."""
    override = from_directives(directives_of(candidate))
    origin = Origin.DIRECTIVE
    configured = override_for(example_id, overrides)
    if configured is not None and not mistakes(override, _manager(candidate)):
        override, origin = merged(configured, override), Origin.CONFIG
    if not isinstance(candidate, Program):
        return listed(example_id, candidate, override)
    program = candidate
    if origin is Origin.CONFIG and (override.blocks or override.glue or override.files):
        picked = chosen(override, view.snippets, view.blocks) if override.blocks else None
        program = reshaped(picked or program, override, view.snippets, view.blocks, view.docs.profile)
    return assemble(example_id, program, view, override, origin, alone=_is_alone(program, candidates))


def _manager(candidate: Candidate) -> Manager | None:
    language = candidate.language
    return language.manager if isinstance(language, RunnableLanguage) else None


def _is_alone(program: Program, candidates: Sequence[Candidate]) -> bool:
    """Whether the page shows no other whole program of its language in the same tab."""
    scope = scope_of(program.blocks[0])
    programs = [c for c in candidates if isinstance(c, Program) and not c.lacks and c.language is program.language]
    return sum(scope_of(other.blocks[0]) == scope for other in programs) <= 1


def _added(
    page: str,
    view: PageView,
    overrides: Mapping[str, ExampleOverride],
    ids: set[str],
    candidates: Sequence[Candidate],
) -> Iterator[Example]:
    """Examples that only the configuration has: an id of this page that it gives blocks for."""
    for example_id, override in overrides.items():
        if example_id in ids or not override.blocks or stem_of(example_id) != page_stem(page):
            continue
        program = chosen(override, view.snippets, view.blocks)
        if program is not None:
            program = reshaped(program, override, view.snippets, view.blocks, view.docs.profile)
            alone = _is_alone(program, candidates)
            yield assemble(example_id, program, view, override, Origin.CONFIG, alone=alone)


def _without_used(examples: Sequence[Example]) -> tuple[Example, ...]:
    """The examples without fragments whose lines are all in the bundle of another example."""
    held = {
        (segment.span.file, segment.span.first)
        for example in examples
        for file in (example.bundle.files if example.bundle else ())
        for segment in file.segments
        if segment.span is not None
    }
    return tuple(
        example
        for example in examples
        if example.status is not ExampleStatus.FRAGMENT or not all(_is_held(span, held) for span in example.spans)
    )


def _is_held(span: Span, held: AbstractSet[tuple[str, int]]) -> bool:
    """Whether a bundle holds the lines of a fence: its text begins below the mark, or below a directive's options."""
    return any((span.file, line) in held for line in range(span.first + 1, span.last + 1))
