"""What of an example's code blame looks at: statements in functions and constants, and no docstrings."""

from __future__ import annotations

from extractor.languages.common.syntax import text_of
from extractor.languages.registry import syntax_tree
from harness.judge.blame.code import CodeFile
from tests.support.broken_code import bundle_of

TEXT = '''
"""A server of notes."""
LIMIT = 4


class Notes:
    """Notes of one user."""

    size = 2

    def add(self, note):
        """Add a note."""
        self.all.append(note)
        "and that is all"
        return len(self.all)
'''


def read() -> CodeFile:
    file = bundle_of(TEXT, "server.py").files[0]
    root = syntax_tree("server.py", TEXT)
    assert root is not None
    return CodeFile(file, root)


def test_statements_in_functions_without_docstrings() -> None:
    assert [text_of(node) for node in read().statements] == ["self.all.append(note)", "return len(self.all)"]


def test_constants_of_the_file_and_of_classes_without_docstrings() -> None:
    assert [text_of(node) for node in read().constants] == ["LIMIT = 4", "size = 2"]
