"""The names of a Java text: which it imports, which it binds, and which it uses without either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import Import
from extractor.languages.common.syntax import line_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

TYPES: Final = frozenset(
    {"class_declaration", "interface_declaration", "enum_declaration", "record_declaration",
     "annotation_type_declaration"}
)  # fmt: skip
_LANG: Final = """
AbstractMethodError Appendable ArithmeticException ArrayIndexOutOfBoundsException AssertionError AutoCloseable Boolean
Byte CharSequence Character Class ClassCastException ClassLoader ClassNotFoundException CloneNotSupportedException
Cloneable Comparable Deprecated Double Enum Error Exception Float FunctionalInterface IllegalAccessException
IllegalArgumentException IllegalStateException IndexOutOfBoundsException InheritableThreadLocal Integer
InterruptedException Iterable LinkageError Long Math Module NegativeArraySizeException NoClassDefFoundError
NoSuchFieldException NoSuchMethodException NullPointerException Number NumberFormatException Object OutOfMemoryError
Override Package Process ProcessBuilder ProcessHandle Readable Record ReflectiveOperationException Runnable Runtime
RuntimeException SafeVarargs ScopedValue SecurityException Short StackOverflowError StackTraceElement StackWalker
StrictMath String StringBuffer StringBuilder StringIndexOutOfBoundsException SuppressWarnings System Thread ThreadGroup
ThreadLocal Throwable UnsupportedOperationException Void IO
"""
_BUILT_IN: Final = frozenset(_LANG.split()) | {"var", "args", "length"}
"""Of ``java.lang``, which every file has (Java Language Specification, 7.3), and words that count as names."""
_PACKAGES: Final = frozenset({"java", "javax", "jakarta", "org", "com", "io", "net", "dev", "ai", "tools", "reactor"})
"""First words of packages: a full name needs no import."""
_DECLARING: Final = frozenset(
    {"variable_declarator", "formal_parameter", "spread_parameter", "catch_formal_parameter", "resource",
     "enhanced_for_statement", "method_declaration", "constructor_declaration", "enum_constant", "type_parameter",
     "record_pattern_component", "annotation_type_element_declaration", "instanceof_expression", *TYPES}
)  # fmt: skip


def imports_of(root: Node) -> Iterator[Import]:
    """Yield the imports of a text: package and class, or class and member of a static one."""
    for node in root.named_children:
        if node.type != "import_declaration":
            continue
        path = next((text_of(child) for child in node.named_children if "identifier" in child.type), "")
        if any(child.type == "asterisk" for child in node.named_children):
            yield Import(path, ("*",), line_of(node))
        else:
            module, _, name = path.rpartition(".")
            yield Import(module, (name,), line_of(node))


def free_names(nodes: Sequence[Node], imports: Sequence[Import]) -> dict[str, int]:
    """Return the names that are used and bound nowhere, with the line of the first use.

    Scopes are not distinguished: compilers do that. What may be inherited, or come from an import of a whole package,
    is not among them.
    """
    bound = {name for node in nodes for name in _bound(node)} | {name for i in imports for name in i.names}
    inherits = any(node.type in {"superclass", "super_interfaces", "extends_interfaces"} for node in nodes)
    whole = any("*" in imported.names for imported in imports)
    free: dict[str, int] = {}
    for node in nodes:
        name = _used(node, inherits=inherits)
        if not name or name in bound or name in _BUILT_IN or (whole and name[:1].isupper()):
            continue
        if name[:1].islower() and (inherits or whole):
            continue
        free.setdefault(name, line_of(node))
    return free


def _bound(node: Node) -> Iterator[str]:
    """The names that a node binds, in whatever scope."""
    if node.type in _DECLARING:
        yield from (text_of(name) for name in node.children_by_field_name("name"))
    if node.type == "spread_parameter" or node.type == "type_parameter" or node.type == "type_pattern":
        yield from (text_of(n) for child in node.named_children for n in (child, *child.named_children)
                    if n.type in {"identifier", "type_identifier"})  # fmt: skip
    elif node.type == "lambda_expression":
        parameters = node.child_by_field_name("parameters")
        if parameters is not None and parameters.type == "identifier":
            yield text_of(parameters)
    elif node.type == "inferred_parameters":
        yield from (text_of(child) for child in node.named_children)


def _used(node: Node, *, inherits: bool) -> str:
    """The name that a node uses of its surroundings; empty if it uses none."""
    parent = node.parent
    if parent is None or node.type not in {"identifier", "type_identifier"}:
        return ""
    if parent.type == "method_invocation" and parent.child_by_field_name("name") == node:
        plain = parent.child_by_field_name("object") is None
        return "" if not plain or inherits else text_of(node)
    if parent.type in {"annotation", "marker_annotation"}:
        return text_of(node) if parent.child_by_field_name("name") == node else ""
    if parent.type == "method_reference":
        return text_of(node) if parent.named_children[0] == node else ""
    if parent.type == "field_access":
        root = parent.child_by_field_name("object") == node
        return text_of(node) if root and text_of(node) not in _PACKAGES else ""
    labels = {"switch_label", "labeled_statement", "break_statement", "continue_statement", "scoped_identifier",
              "package_declaration", "import_declaration", "scoped_type_identifier"}  # fmt: skip
    if parent.type in labels or (parent.type == "element_value_pair" and parent.child_by_field_name("key") == node):
        return ""
    declares = parent.type in _DECLARING and node in parent.children_by_field_name("name")
    return "" if declares else text_of(node)
