"""What Python and JavaScript call the things that conditions of a program ask about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TRUE: Final = frozenset({"True", "true"})
NOTHING: Final = frozenset({"False", "false", "None", "null", "undefined"})
ENVIRONMENT: Final = frozenset({"os.environ", "environ", "process.env", "Bun.env", "import.meta.env", "Deno.env"})
READS: Final = frozenset({"os.getenv", "getenv", *(f"{name}.get" for name in ENVIRONMENT)})
ARGV: Final = {"sys.argv": 1, "process.argv": 2, "Bun.argv": 2, "Deno.args": 0}
"""What stands before the words that a program is given."""
NAME_OF_PROGRAM: Final = "\0"
"""Stands for each word before the program's own."""
LISTS: Final = frozenset({"argv", "args"})
"""What lists of these words are called where the code does not show what they are."""
TERMINALS: Final = frozenset({"isTTY", "isatty"})
STREAMS: Final = frozenset({"stdin", "stdout", "stderr"})
MAIN: Final = ("import.meta.url", "import.meta.filename", "import.meta.main", "require.main", "__name__")
"""What tells whether a file is the program: the one that is started is."""
AS_NUMBER: Final = frozenset({"int", "float", "Number", "parseInt", "parseFloat"})
AS_TRUTH: Final = frozenset({"bool", "Boolean"})
UNCHANGED_BY: Final = frozenset({"str", "String", "list", "tuple", "set", "Set"})
CHANGED: Final[Mapping[str, Callable[[str], str]]] = {
    "lower": str.lower, "casefold": str.lower, "toLowerCase": str.lower, "upper": str.upper, "toUpperCase": str.upper,
    "strip": str.strip, "trim": str.strip, "toString": str, "valueOf": str,
}  # fmt: skip
"""Methods of a text without arguments."""
BEGINS: Final = frozenset({"startswith", "startsWith"})
ENDS: Final = frozenset({"endswith", "endsWith"})
HAS: Final = frozenset({"includes", "has", "contains"})
DECLARING: Final = frozenset({"Option", "Argument", "Field", "field"})
"""What gives a parameter or a field its default: ``typer.Option(True, help="…")``."""
