"""The imports of fragments, looked up once for each set of packages, however many pages show them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import anyio

from extractor.base.kept import Kept, value_digest
from extractor.examples.ids import bundle_digest
from harness.model import Lookup, Resolve
from harness.run.dates import date_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from extractor.model import Bundle, Example, ShownImports
    from harness.config import Config
    from harness.run.code_checks import Questions
    from harness.run.recorder import Recorder

    Found = Mapping[str, tuple[Lookup, ...]]
    """Lookups by id of the example: today's, then those of its date."""
_FOLDER: Final = "lookups"
_ENDING: Final = ".lookup"


@dataclass(frozen=True, slots=True)
class ImportGroup:
    """Imports that the same packages answer."""

    bundle: Bundle
    date: str | None
    """Cutoff of the packages; None for today's."""
    questions: Questions
    examples: tuple[str, ...]
    """Ids of the examples that ask."""

    def key(self, day: str | None, inputs: str) -> str:
        """Return the SHA-256 of all that decides the answers.

        Args:
            day: that they are of; None if the date of the packages is enough.
            inputs: digest of what all lookups of a run depend on.
        """
        asked = sorted((module, sorted(names)) for module, names in self.questions.items())
        return value_digest((bundle_digest(self.bundle), self.date, day, asked, inputs))

    def answered_by(self, found: Lookup) -> bool:
        """Return whether a lookup has an answer for each module: a tool that was stopped leaves some open."""
        return found.failed is None and self.questions.keys() <= found.answers.keys()


class ImportLookups:
    """Looks up the imports of fragments in as few pods as possible, and keeps the answers of a day."""

    def __init__(self, fragments: Sequence[Example], others: Iterable[Example], config: Config, *, day: str) -> None:
        """Plan the lookups.

        Args:
            fragments: examples with imports.
            others: examples that run: their packages serve a fragment that needs no more.
            config: of the run.
            day: today, ISO, UTC.
        """
        self._config = config
        self._day = day
        self._inputs = ""
        self._kept: Kept[Lookup] = Kept(config.state / _FOLDER, Lookup, _ENDING)
        self._shown = {e.id: e.imports for e in fragments if e.imports is not None}
        self._dates = {e.id: e.resolve_date or date_of(e.revision, config.layout.drafts) for e in fragments}
        running = sorted((e.bundle for e in others if e.bundle), key=lambda bundle: len(bundle.dependencies))
        self._bundles = {id: _shared(shown.bundle, running) for id, shown in self._shown.items()}
        self._found: dict[str, tuple[Lookup, ...]] = {}
        only_dated = config.resolve is Resolve.DATED
        dates = {id: date if only_dated else None for id, date in self._dates.items()}
        self._groups = self._grouped(self._shown, dates)

    def __bool__(self) -> bool:
        """Return whether anything is to be looked up."""
        return bool(self._groups)

    @property
    def found(self) -> Found:
        """What was found so far."""
        return self._found

    def read_cache(self, *, code: str, host_inputs: str) -> bool:
        """Take what is cached; return whether anything is left to look up.

        Args:
            code: digest of docprobe's code that asks.
            host_inputs: digest of what the host lends to installs and images.
        """
        config = self._config
        self._inputs = value_digest((code, host_inputs, repr(config.limits), config.runtime, config.settings.trust))
        left = []
        for group in self._groups:
            cached = self._cached(group)
            left += [] if cached is not None and self._take(group, cached) else [group]
        self._groups = left + [group for group in self._dated() if not self._take_cached(group)]
        return bool(self._groups)

    async def look_up_all(
        self, recorder: Recorder, limiter: anyio.CapacityLimiter, progress: Callable[[str], None]
    ) -> None:
        """Look up what :meth:`read_cache` left, then with the packages of their date what is missing today."""
        for _ in range(2):
            async with anyio.create_task_group() as tasks:
                for group in self._groups:
                    tasks.start_soon(self._look_up, recorder, group, limiter, progress)
            self._groups = [group for group in self._dated() if not self._take_cached(group)]

    async def _look_up(
        self, recorder: Recorder, group: ImportGroup, limiter: anyio.CapacityLimiter, progress: Callable[[str], None]
    ) -> None:
        async with limiter:
            found = await recorder.look_up(group.bundle, group.questions, cutoff=group.date, progress=progress)
        self._take(group, found)
        if group.answered_by(found) or found.lasting:
            self._kept.store(self._key(group, failed=not group.answered_by(found)), found)

    def give_up(self, reason: str) -> None:
        """Note why nothing was looked up of what is left; a clause."""
        for group in self._groups:
            unanswered = [id for id in group.examples if id not in self._found]
            self._found |= dict.fromkeys(unanswered, (Lookup(group.date, {}, {}, reason),))

    def _take(self, group: ImportGroup, lookup: Lookup) -> bool:
        for id in group.examples:
            self._found[id] = (*self._found.get(id, ()), lookup)
        return True

    def _take_cached(self, group: ImportGroup) -> bool:
        cached = self._cached(group)
        return cached is not None and self._take(group, cached)

    def _cached(self, group: ImportGroup) -> Lookup | None:
        if self._config.no_cache:
            return None
        return self._kept.load(self._key(group)) or self._kept.load(self._key(group, failed=True))

    def _key(self, group: ImportGroup, *, failed: bool = False) -> str:
        """Return the key of a group's answers: packages of a past date do not change, but what they run on may."""
        return group.key(self._day if failed or group.date is None else None, self._inputs)

    def _dated(self) -> list[ImportGroup]:
        """Groups for what is missing today on pages that have a date."""
        wanted = {
            id: shown
            for id, shown in self._shown.items()
            if self._dates[id]
            and [lookup.date for lookup in self._found.get(id, ())] == [None]
            and lacks(shown, self._found[id][0])
        }
        return self._grouped(wanted, self._dates)

    def _grouped(self, shown: Mapping[str, ShownImports], dates: Mapping[str, str | None]) -> list[ImportGroup]:
        questions: dict[tuple[str, str | None], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        members: dict[tuple[str, str | None], list[str]] = defaultdict(list)
        for id, imports in shown.items():
            key = (bundle_digest(self._bundles[id]), dates[id])
            members[key].append(id)
            for imported in imports.imports:
                questions[key][imported.module].update(name.name for name in imported.names)
        return [
            ImportGroup(
                self._bundles[ids[0]],
                key[1],
                {module: frozenset(names) for module, names in questions[key].items()},
                tuple(sorted(ids)),
            )
            for key, ids in members.items()
        ]


def lacks(shown: ShownImports, lookup: Lookup) -> bool:
    """Return whether packages lack a module or a name that a fragment imports."""
    for imported in shown.imports:
        answer = lookup.answers.get(imported.module)
        if answer and (answer.found is False or any(name.name in answer.missing for name in imported.names)):
            return True
    return False


def _shared(bundle: Bundle, running: Sequence[Bundle]) -> Bundle:
    """Return the bundle with the packages of a program that runs, if those are the same and more: one install less."""
    for other in running:
        alike = other.manager is bundle.manager and other.toolchain == bundle.toolchain
        alike = alike and bundle.installer in {"", other.installer} and not other.allow_scripts
        if alike and _asked(bundle) <= _asked(other):
            return replace(bundle, dependencies=other.dependencies, installer=other.installer)
    return bundle


def _asked(bundle: Bundle) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(d.name, d.specifier, d.extras) for d in bundle.dependencies}
