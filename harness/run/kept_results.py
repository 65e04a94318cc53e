"""Results of earlier runs: a recording that was judged by the same rules, with the same code, is not judged again."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from extractor.base.kept import Kept, library_version, value_digest
from harness.model import ExampleResult, Status
from harness.run.cache import docprobe_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from extractor.model import Example
    from harness.judge.results import Ruleset
    from harness.model import Transcript

_ENDING: Final = ".result"
LIBRARIES: Final = (
    "jsonschema", "markdown-it-py", "packaging", "referencing", "tree-sitter", "tree-sitter-go", "tree-sitter-java",
    "tree-sitter-javascript", "tree-sitter-kotlin", "tree-sitter-python", "tree-sitter-rust", "tree-sitter-typescript",
)  # fmt: skip
"""Those that judging and blaming read messages and code with."""


class KeptResults:
    """A folder of results, each without its transcript, which its recording has."""

    def __init__(self, folder: Path, rules: Ruleset) -> None:
        """Open a folder; it need not exist."""
        self._kept: Kept[ExampleResult] = Kept(folder, ExampleResult, _ENDING)
        self._rules = rules_digest(rules)

    def result(
        self,
        example: Example,
        copies: Sequence[Example],
        recorded: str,
        transcript: Transcript | None,
        judged: Callable[[], ExampleResult],
    ) -> ExampleResult:
        """Return the result of an example: the one that is kept, else the one that is judged now, which is kept.

        Args:
            example: the example.
            copies: every example with its text.
            recorded: digest of all that was recorded of the text.
            transcript: the conversation, if there is one.
            judged: judges it.
        """
        ids = tuple(other.id for other in copies)
        key = " ".join((self._rules, recorded, value_digest((example, ids))))
        kept = self._kept.load(key)
        if kept is not None:
            return replace(kept, transcript=transcript and replace(transcript, example_id=example.id))
        result = judged()
        if result.status is not Status.BLOCKED:
            self._kept.store(key, replace(result, transcript=None))
        return result


def rules_digest(rules: Ruleset) -> str:
    """Return the SHA-256 of all that examples are judged by: sentences, schemas, what is asked for, and the code."""
    schemas = {id(row.schema): row.schema for row in rules.rows if row.schema is not None}
    parts: list[Any] = [
        docprobe_digest(), sys.version, [library_version(name) for name in LIBRARIES],
        rules.profile.name, rules.only, sorted(rules.bound.revisions),
        [replace(row, schema=None) for row in rules.rows], [row.schema is not None for row in rules.rows],
        list(schemas.values()),
    ]  # fmt: skip
    return value_digest(parts)
