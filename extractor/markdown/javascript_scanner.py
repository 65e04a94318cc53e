"""Find where a JavaScript expression ends: enough of the language's lexis to match braces in MDX.

MDX accepts an expression at the first ``}`` that completes it, as a JavaScript parser sees it. Braces inside
strings, templates, comments, regular expressions and JSX text do not count, so those are recognised here
(ECMA-262, "Lexical Grammar"; the JSX specification for elements). Everything is read once, in order, with a stack
and no recursion or look-ahead, so that depth and length of hostile text cost no more than its size.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final


class _Mode(Enum):
    """What the scanner is inside of."""

    CODE = auto()
    """Between ``{`` and ``}``, or at the top level of a module."""
    GROUP = auto()
    """Between ``(`` and ``)``, or ``[`` and ``]``."""
    DOUBLE = auto()
    """A string in double quotes. Like the next two, it ends with its line if nothing closes it."""
    SINGLE = auto()
    REGULAR_EXPRESSION = auto()
    CHARACTER_CLASS = auto()
    """In brackets inside a regular expression, where a slash does not end it."""
    TEMPLATE = auto()
    COMMENT = auto()
    """A block comment."""
    TAG = auto()
    """Inside a JSX opening tag."""
    CLOSING_TAG = auto()
    TAG_DOUBLE = auto()
    """An attribute's string: no escapes, any number of lines."""
    TAG_SINGLE = auto()
    CHILDREN = auto()
    """Between the tags of a JSX element."""


_CODE = re.compile(
    r"""(?P<space>\s+)
    |(?P<line_comment>//[^\n]*)
    |(?P<comment>/\*)
    |(?P<word>[\w$]+)
    |(?P<enter>["'`{(\[])
    |(?P<close>[})\]])
    |(?P<jsx><(?=[>\w$]))
    |(?P<slash>/)
    |(?P<step>\+\+|--)
    |(?P<other>=>|.)""",
    re.VERBOSE | re.DOTALL,
)
_TAG = re.compile(r"""(?P<skip>[^"'{/>]+)|(?P<enter>["'{])|(?P<self>/\s*>)|(?P<end>>)|(?P<other>.)""", re.DOTALL)

_PLAIN: Final = {
    _Mode.DOUBLE: re.compile(r'(?:\\.|[^"\\\n])+', re.DOTALL),
    _Mode.SINGLE: re.compile(r"(?:\\.|[^'\\\n])+", re.DOTALL),
    _Mode.REGULAR_EXPRESSION: re.compile(r"(?:\\.|[^/\[\\\n])+"),
    _Mode.CHARACTER_CLASS: re.compile(r"(?:\\.|[^\]\\\n])+"),
    _Mode.TEMPLATE: re.compile(r"(?:\\.|[^`\\$]|\$(?!\{))+", re.DOTALL),
    _Mode.COMMENT: re.compile(r"(?:[^*]|\*(?!/))+"),
    _Mode.TAG_DOUBLE: re.compile(r'[^"]+'),
    _Mode.TAG_SINGLE: re.compile(r"[^']+"),
    _Mode.CHILDREN: re.compile(r"[^<{]+"),
}
"""Text that means nothing in each mode."""
_CODE_ENTERS: Final = {
    '"': _Mode.DOUBLE,
    "'": _Mode.SINGLE,
    "`": _Mode.TEMPLATE,
    "{": _Mode.CODE,
    "(": _Mode.GROUP,
    "[": _Mode.GROUP,
}
_TAG_ENTERS: Final = {'"': _Mode.TAG_DOUBLE, "'": _Mode.TAG_SINGLE, "{": _Mode.CODE}
_SPECIAL: Final[dict[_Mode, tuple[tuple[str, _Mode | None], ...]]] = {
    _Mode.DOUBLE: (('"', None), ("\n", None)),
    _Mode.SINGLE: (("'", None), ("\n", None)),
    _Mode.REGULAR_EXPRESSION: (("/", None), ("[", _Mode.CHARACTER_CLASS), ("\n", None)),
    _Mode.CHARACTER_CLASS: (("]", None), ("\n", None)),
    _Mode.TEMPLATE: (("`", None), ("${", _Mode.CODE)),
    _Mode.COMMENT: (("*/", None),),
    _Mode.TAG_DOUBLE: (('"', None),),
    _Mode.TAG_SINGLE: (("'", None),),
    _Mode.CHILDREN: (("{", _Mode.CODE), ("</", _Mode.CLOSING_TAG), ("<", _Mode.TAG)),
}
"""What leaves a mode (None) or enters another one from it."""

_OPERATOR_WORDS: Final = frozenset(
    "return typeof instanceof in of new delete void throw case do else yield await default extends".split()  # noqa: SIM905
)
"""Words after which an expression starts, so that ``/`` opens a regular expression and ``<`` an element."""


class Scanner:
    """Reads JavaScript piece by piece and finds where the outermost brace closes.

    Feed it the text from just after the ``{`` on. It may be fed in pieces that end at line ends.
    """

    def __init__(self, *, module: bool = False) -> None:
        """Start inside a brace, or with ``module`` at the top level of a module, which nothing closes."""
        self._stack = [_Mode.CODE]
        self._module = module
        self._after_value = False
        """Whether the last token ends a value: then ``/`` divides and ``<`` compares."""
        self.empty = True
        """Whether there was nothing but space and comments so far."""

    @property
    def settled(self) -> bool:
        """Whether a module could end here: nothing is open and no operator waits for its right side."""
        return len(self._stack) == 1 and self._after_value

    def feed(self, text: str, pos: int = 0) -> int | None:
        """Read ``text`` from ``pos``; return the index just after the closing brace, or None if it is not there."""
        while pos < len(text):
            mode = self._stack[-1]
            if mode is _Mode.CODE or mode is _Mode.GROUP:
                pos = self._code(text, pos)
                if not self._stack:
                    return pos
            elif mode is _Mode.TAG or mode is _Mode.CLOSING_TAG:
                pos = self._tag(text, pos, mode)
            else:
                pos = self._text(text, pos, mode)
        return None

    def _code(self, text: str, pos: int) -> int:
        piece = _CODE.match(text, pos)
        if piece is None:
            raise AssertionError("the last alternative takes any character")
        kind, token, end = piece.lastgroup, piece.group(), piece.end()
        match kind:
            case "space" | "line_comment":
                return end
            case "comment":
                self._stack.append(_Mode.COMMENT)
                return end
            case "close":
                self._close(token)
                return end
            case "enter":
                self._stack.append(_CODE_ENTERS[token])
                self._after_value = False
            case "jsx" if not self._after_value:
                self._stack.append(_Mode.TAG)
            case "slash" if not self._after_value:
                self._stack.append(_Mode.REGULAR_EXPRESSION)
            case "word":
                self._after_value = token not in _OPERATOR_WORDS
            case "step":
                pass  # `i++` stays a value, `++i` is not one yet
            case _:
                # a semicolon ends a statement of a module, which then asks for nothing more
                self._after_value = token == ";" and self._module and len(self._stack) == 1
        self.empty = False
        return end

    def _close(self, bracket: str) -> None:
        """End what a closing bracket closes; one that closes nothing is left to the site's parser to refuse."""
        want = _Mode.CODE if bracket == "}" else _Mode.GROUP
        if self._stack[-1] is want and not (self._module and len(self._stack) == 1):
            self._stack.pop()
        self._after_value = True

    def _text(self, text: str, pos: int, mode: _Mode) -> int:
        plain = _PLAIN[mode].match(text, pos)
        if plain is not None:
            return plain.end()
        for special, enters in _SPECIAL[mode]:
            if text.startswith(special, pos):
                if enters is None:
                    self._stack.pop()
                    self._after_value = mode is not _Mode.COMMENT or self._after_value
                else:
                    self._stack.append(enters)
                    self._after_value = False
                return pos + len(special)
        return pos + 1

    def _tag(self, text: str, pos: int, mode: _Mode) -> int:
        piece = _TAG.match(text, pos)
        if piece is None:
            raise AssertionError("the last alternative takes any character")
        match piece.lastgroup:
            case "enter":
                self._stack.append(_TAG_ENTERS[piece.group()])
                self._after_value = False
            case "self" if mode is _Mode.TAG:
                self._stack.pop()
                self._after_value = True
            case "end" if mode is _Mode.TAG:
                self._stack[-1] = _Mode.CHILDREN
            case "end":
                # a closing tag takes the children it ends with it
                del self._stack[-2:]
                self._after_value = True
            case _:
                pass
        return piece.end()
