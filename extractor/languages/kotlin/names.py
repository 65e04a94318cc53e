"""The names of a Kotlin text: which it binds, and which types it uses without a definition or an import.

Small letters tell nothing: a lambda may have a receiver whose functions need no import of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.languages.common.syntax import line_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from extractor.languages.common.facts import Import

_DEFAULT: Final = """
Any Nothing Unit String Int Long Short Byte Double Float Boolean Char Array IntArray LongArray ShortArray ByteArray
DoubleArray FloatArray BooleanArray CharArray UInt ULong UByte UShort List MutableList Map MutableMap Set MutableSet
Collection MutableCollection Iterable MutableIterable Iterator MutableIterator Sequence Pair Triple Comparable
Comparator Number CharSequence Throwable Exception Error RuntimeException IllegalArgumentException IllegalStateException
NullPointerException ClassCastException IndexOutOfBoundsException NumberFormatException NoSuchElementException
UnsupportedOperationException ArithmeticException AssertionError ConcurrentModificationException Regex RegexOption
MatchResult StringBuilder Appendable Result Enum Annotation Lazy Function ArrayList HashMap HashSet LinkedHashMap
LinkedHashSet IntRange LongRange CharRange ClosedRange IntProgression AutoCloseable Entry Random Charsets KotlinVersion
JvmStatic JvmField JvmName JvmOverloads JvmRecord JvmInline Suppress Deprecated OptIn ReplaceWith DslMarker Target
Retention AnnotationTarget AnnotationRetention PublishedApi Synchronized Volatile Transient Throws RequiresOptIn
System Thread Runtime Math Process ProcessBuilder ProcessHandle Class ClassLoader Integer Character Object Void Runnable
InterruptedException StackTraceElement ThreadLocal SecurityException Override FunctionalInterface Record Companion
"""
_BUILT_IN: Final = frozenset(_DEFAULT.split())
"""Of the packages that every file has (Kotlin's documentation, "Packages and imports", default imports)."""
_NAMED: Final = frozenset(
    {"class_declaration", "object_declaration", "function_declaration", "type_alias", "enum_entry", "type_parameter",
     "companion_object"}
)  # fmt: skip


def bound_names(node: Node) -> Iterator[str]:
    """Yield the names that a declaration binds."""
    if node.type in _NAMED:
        named = (child for child in node.named_children if child.type == "identifier")
        name = node.child_by_field_name("name") or next(named, None)
        if name is not None:
            yield text_of(name)
    elif node.type == "property_declaration":
        for held in node.named_children:
            if held.type in {"variable_declaration", "multi_variable_declaration"}:
                parts = held.named_children if held.type.startswith("multi") else [held]
                yield from (text_of(n) for part in parts for n in part.named_children[:1])


def free_names(nodes: Sequence[Node], imports: Sequence[Import]) -> dict[str, int]:
    """Return the types and objects that are used and bound nowhere, with the line of the first use.

    None where a whole package is imported: it may have them.
    """
    if any("*" in imported.names for imported in imports):
        return {}
    bound = {name for node in nodes for name in bound_names(node)} | {name for i in imports for name in i.names}
    renamed = (node for node in nodes if node.type == "import" and len(node.named_children) > 1)
    bound |= {text_of(node.named_children[-1]) for node in renamed} | _BUILT_IN
    free: dict[str, int] = {}
    for node in nodes:
        name = text_of(node)
        if node.type == "identifier" and name[:1].isupper() and name not in bound and _is_use(node):
            free.setdefault(name, line_of(node))
    return free


def _is_use(node: Node) -> bool:
    """Whether an identifier is of its surroundings: not a member, an argument's name or a declaration."""
    parent = node.parent
    if parent is None or parent.type in {"qualified_identifier", "import", "package_header", *_NAMED}:
        return False
    if parent.type in {"navigation_expression", "user_type", "value_argument"}:
        first = next((child for child in parent.named_children if child.type == "identifier"), None)
        named = parent.type == "value_argument" and any(child.type == "=" for child in parent.children)
        return first == node and parent.named_children[0] == node and not named
    return parent.type not in {"variable_declaration", "parameter", "class_parameter"}
