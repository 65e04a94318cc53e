"""Expressions of Python and JavaScript as small trees, as far as the conditions of programs use them.

Both languages are read alike: what only one of them has does not occur in the other. What is left out (lambdas with
parameters, arithmetic, regular expressions) is unknown, or makes the whole unreadable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MAX_CHARS: Final = 1000
"""Of an expression, which is not read from here on: it may have been cut off."""
_MAX_DEPTH: Final = 25
"""Expressions within expressions."""
_TOKEN: Final = re.compile(
    r"(?:\s|/\*.*?\*/|//[^\n]*)*+"
    r"(?:(?P<text>[rRbBuUfF]{0,2}(?:'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")|`(?:[^`\\]|\\.)*`)"
    r"|(?P<number>\d[\w.]*)"
    r"|(?P<name>#?[A-Za-z_$][\w$]*)"
    r"|(?P<sign>===|!==|==|!=|<=|>=|=>|\?\?|\?\.|&&|\|\||:=|\*\*|\.\.\.|[-+*/%<>!?:.,()\[\]{}&|^~@=]))",
    re.DOTALL,
)
_REST: Final = re.compile(r"(?:\s|/\*.*?\*/|//[^\n]*)*+", re.DOTALL)
_COMPARED: Final = {"===": "==", "!==": "!=", "instanceof": "?"}
_COMPARING: Final = frozenset({"==", "!=", "<", ">", "<=", ">=", "in", "is", *_COMPARED})
_COMPUTING: Final = frozenset({"+", "-", "*", "/", "%", "**", "&", "|", "^", "@"})
_EITHER: Final = {"or": "or", "||": "or", "??": "??"}
_BOTH: Final = frozenset({"and", "&&"})
_TYPED: Final = frozenset({"as", "satisfies"})
_WORDS: Final = frozenset(
    {"and", "or", "not", "in", "is", "if", "else", "for", "async", "function", "class", "yield", *_TYPED}
)
"""Names that are not operands."""
_BEFORE: Final = frozenset({"await", "new", "void"})
"""Words that do not change what their operand comes to."""
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
_PLACE: Final = re.compile(r"`\$\{([^{}`]*)\}`")
UNKNOWN: Final = "?"


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression."""

    kind: str
    """``text``, ``number``, ``name``, ``member``, ``index``, ``slice``, ``call``, ``keyword``, ``list``, ``object``,
    ``choice`` (the test first), ``not``, ``and``, ``or``, ``typeof``, a sign that compares, or ``?``."""
    text: str = ""
    """The literal, the name, or the name of a member or a keyword."""
    parts: tuple[Expression, ...] = ()

    @property
    def path(self) -> str:
        """``process.env.PORT`` for a chain of names; empty for anything else."""
        if self.kind == "name":
            return self.text
        inner = self.parts[0].path if self.kind == "member" else ""
        return f"{inner}.{self.text}" if inner else ""

    def names(self, path: str) -> bool:
        """Return whether a chain of names occurs anywhere in it."""
        return self.path == path or any(part.names(path) for part in self.parts)


_NOT_READ: Final = Expression(UNKNOWN)


class _UnreadableError(Exception):
    """The text is not an expression that is read."""


def parsed(text: str) -> Expression | None:
    """Return an expression; None for a text that is too long, or not an expression that is read."""
    if len(text) >= MAX_CHARS:
        return None
    tokens: list[tuple[str, str]] = []
    at = 0
    while found := _TOKEN.match(text, at):
        tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
        at = found.end()
    rest = _REST.match(text, at)
    if rest is None or rest.end() < len(text):
        return None
    reader = _Reader(tokens)
    try:
        read = reader.expression(0)
        return read if reader.is_at_end() else None
    except _UnreadableError:
        return None


class _Reader:
    """Reads tokens from first to last, by recursive descent."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def is_at_end(self) -> bool:
        return self._at >= len(self._tokens)

    def _peek(self, ahead: int = 0) -> str:
        """The next token as written, empty for a text: none of them is a sign or a word."""
        at = self._at + ahead
        kind, text = self._tokens[at] if at < len(self._tokens) else ("text", "")
        return "" if kind == "text" else text

    def _take(self, *expected: str) -> bool:
        if self._peek() not in expected:
            return False
        self._at += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise _UnreadableError

    def expression(self, depth: int) -> Expression:
        if depth > _MAX_DEPTH:
            raise _UnreadableError
        if self._peek() == "lambda" and self._peek(1) == ":":
            self._at += 2
            return self.expression(depth + 1)
        first = self._either(depth + 1)
        if self._take(":="):
            return self.expression(depth + 1)
        if self._take("if"):
            test = self._either(depth + 1)
            self._expect("else")
            return Expression("choice", "", (test, first, self.expression(depth + 1)))
        if self._take("?"):
            chosen = self.expression(depth + 1)
            self._expect(":")
            return Expression("choice", "", (first, chosen, self.expression(depth + 1)))
        return first

    def _either(self, depth: int) -> Expression:
        left = self._both(depth)
        while (kind := _EITHER.get(self._peek())) is not None:
            self._at += 1
            left = Expression(kind, "", (left, self._both(depth)))
        return left

    def _both(self, depth: int) -> Expression:
        left = self._negated(depth)
        while self._take(*_BOTH):
            left = Expression("and", "", (left, self._negated(depth)))
        return left

    def _negated(self, depth: int) -> Expression:
        if self._take("not"):
            if depth > _MAX_DEPTH:
                raise _UnreadableError
            return Expression("not", "", (self._negated(depth + 1),))
        return self._compared(depth)

    def _compared(self, depth: int) -> Expression:
        left = self._computed(depth)
        is_negated = self._peek() == "not" and self._peek(1) == "in"
        self._at += is_negated
        if (sign := self._peek()) not in _COMPARING:
            return left
        self._at += 1
        is_negated = is_negated or (sign == "is" and self._take("not"))
        read = Expression(_COMPARED.get(sign, sign), "", (left, self._computed(depth)))
        if self._peek() in _COMPARING:
            raise _UnreadableError
        return Expression("not", "", (read,)) if is_negated else read

    def _computed(self, depth: int) -> Expression:
        left = self._unary(depth)
        while self._take(*_COMPUTING):
            self._unary(depth)
            left = _NOT_READ
        if self._take(*_TYPED):
            self._skip_type()
        return left

    def _skip_type(self) -> None:
        ends = {"", ")", "]", "}", ",", "?", ":", "&&", "||", "??", "==", "===", "!=", "!=="}
        while not self.is_at_end() and (self._peek() not in ends or self._tokens[self._at][0] == "text"):
            self._at += 1

    def _unary(self, depth: int) -> Expression:
        if depth > _MAX_DEPTH:
            raise _UnreadableError
        sign = self._peek()
        if sign == "!":
            self._at += 1
            return Expression("not", "", (self._unary(depth + 1),))
        if sign == "typeof":
            self._at += 1
            return Expression("typeof", "", (self._unary(depth + 1),))
        if sign in _BEFORE:
            self._at += 1
            return self._unary(depth + 1)
        if sign in ("-", "+", "~", "*", "**", "..."):
            self._at += 1
            inner = self._unary(depth + 1)
            return Expression("number", f"-{inner.text}") if sign == "-" and inner.kind == "number" else _NOT_READ
        return self._behind(self._operand(depth), depth)

    def _behind(self, left: Expression, depth: int) -> Expression:
        """An operand with the members, indexes and calls that follow it."""
        while True:
            if self._take("?."):
                if self._peek() not in ("[", "("):
                    left = self._member(left)
            elif self._take("."):
                left = self._member(left)
            elif self._take("["):
                left = self._index(left, depth)
            elif self._take("("):
                left = Expression("call", "", (left, *self._items(")", depth)))
            elif self._peek() == "!":
                self._at += 1
            else:
                return left

    def _member(self, left: Expression) -> Expression:
        if self.is_at_end() or self._tokens[self._at][0] != "name":
            raise _UnreadableError
        self._at += 1
        return Expression("member", self._tokens[self._at - 1][1], (left,))

    def _index(self, left: Expression, depth: int) -> Expression:
        begin = Expression("number", "0") if self._peek() == ":" else self.expression(depth + 1)
        if not self._take(":"):
            self._expect("]")
            return Expression("index", "", (left, begin))
        if not self._take("]"):
            self.expression(depth + 1)
            self._expect("]")
            return _NOT_READ
        return Expression("slice", "", (left, begin))

    def _items(self, closing: str, depth: int) -> list[Expression]:
        """What stands between brackets: expressions, and in an object or a call their names."""
        items: list[Expression] = []
        while not self._take(closing):
            name = self._tokens[self._at][1] if not self.is_at_end() else ""
            if self._peek(1) == ("=" if closing == ")" else ":") and closing != "]":
                self._at += 2
                items.append(Expression("keyword", name.strip("'\""), (self.expression(depth + 1),)))
            else:
                items.append(self.expression(depth + 1))
            if self._peek() != closing:
                self._expect(",")
        return items

    def _operand(self, depth: int) -> Expression:
        if self.is_at_end():
            raise _UnreadableError
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "text":
            return self._literal(text)
        if kind == "number":
            return Expression("number", text)
        if kind == "name" and text not in _WORDS:
            return Expression("name", text)
        if text not in _CLOSING:
            raise _UnreadableError
        items = self._items(_CLOSING[text], depth)
        if text == "(" and len(items) == 1 and self._tokens[self._at - 2][1] != ",":
            return items[0]
        return Expression("object" if any(item.kind == "keyword" for item in items) else "list", "", tuple(items))

    def _literal(self, text: str) -> Expression:
        if place := _PLACE.fullmatch(text):
            return parsed(place[1]) or _NOT_READ
        quote = text[-1]
        prefix, _, rest = text.partition(quote)
        is_filled = ("f" in prefix.lower() and "{" in rest) or (quote == "`" and "${" in rest)
        return _NOT_READ if is_filled or "\\" in rest else Expression("text", rest[:-1])
