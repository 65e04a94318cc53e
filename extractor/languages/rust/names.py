"""Names in Rust code: what a text imports, defines, and uses without defining it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.languages.common.facts import Import
from extractor.languages.common.syntax import line_of, text_of, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

NAMES: Final = frozenset({"identifier", "type_identifier"})
_PRELUDE: Final = """
Option Some None Result Ok Err Box Vec String ToString ToOwned Clone Copy Send Sync Sized Drop Fn FnMut FnOnce AsyncFn
AsyncFnMut AsyncFnOnce drop AsRef AsMut Into From Default Iterator IntoIterator Extend DoubleEndedIterator
ExactSizeIterator Eq PartialEq Ord PartialOrd TryFrom TryInto FromIterator Unpin Future IntoFuture Debug Hash
println print eprintln eprint format vec panic assert assert_eq assert_ne debug_assert debug_assert_eq debug_assert_ne
todo unimplemented unreachable write writeln dbg matches include_str include_bytes include env option_env concat
stringify line file column module_path cfg compile_error thread_local format_args self Self super crate std core alloc _
size_of size_of_val align_of align_of_val macro_rules
"""
_BUILT_IN: Final = frozenset(_PRELUDE.split())
"""The Rust Standard Library, "Module std::prelude" and "Macros"."""
_STANDARD: Final = frozenset({"std", "core", "alloc", "proc_macro", "test"})
_HERE: Final = frozenset({"crate", "self", "super", "Self"})
_NUMBERS: Final = "bool char str i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 slice array"
_PRIMITIVES: Final = frozenset(_NUMBERS.split())
_ITEMS: Final = frozenset(
    {"function_item", "function_signature_item", "struct_item", "enum_item", "union_item", "const_item", "static_item",
     "type_item", "trait_item", "mod_item", "macro_definition", "enum_variant", "associated_type", "type_parameter",
     "const_parameter"}
)  # fmt: skip
_TOP_LEVEL: Final = _ITEMS - {"enum_variant", "associated_type", "type_parameter", "const_parameter"}
_MAX_PATH: Final = 30


def is_standard(path: str) -> bool:
    """Return whether a path is of the standard library, or of the program itself."""
    return path.partition("::")[0] in _STANDARD | _HERE


def imports_of(root: Node, nodes: list[Node]) -> Iterator[Import]:
    """Yield what ``use`` declarations take, and then what paths take without one: ``tokio::net::TcpListener``.

    Modules in files of their own come first, as erased: nothing is taken from them.
    A path is followed up to its first type: what follows is not the name of a module.
    """
    bound = {name for node in nodes for name in _bound_by(node)} | _PRIMITIVES
    modules = {text_of(n.child_by_field_name("name")) for n in root.named_children if n.type == "mod_item"}
    for node in root.named_children:
        if node.type == "mod_item" and node.child_by_field_name("body") is None:
            name = text_of(node.child_by_field_name("name"))
            yield Import(f"self::{name}", (), line_of(node), relative=True, erased=True)
    for node in nodes:
        if node.type == "use_declaration":
            taken: dict[str, dict[str, None]] = {}
            for path, _ in _leaves(node.child_by_field_name("argument"), ()):
                module, name = ("::".join(path[:-1]), path[-1]) if len(path) > 1 else (path[0], "")
                taken.setdefault(module, {}).update({name: None} if name else {})
            for module, names in taken.items():
                first = module.partition("::")[0]
                yield Import(module, tuple(names), line_of(node), relative=first in _HERE | modules)
    seen: set[tuple[str, ...]] = set()
    for node in nodes:
        for path in _paths(node):
            is_new = path not in seen and path[0] not in bound and path[0] not in _HERE
            if is_new and path[0][:1].islower() and not is_standard(path[0]):
                seen.add(path)
                yield Import("::".join(path[:-1]), (path[-1],), line_of(node), by_path=True)


def _paths(node: Node) -> Iterator[tuple[str, ...]]:
    """The paths that a node begins, each up to its first type."""
    if node.type in {"scoped_identifier", "scoped_type_identifier"}:
        outer = node.parent
        if outer is None or outer.type not in {"scoped_identifier", "scoped_type_identifier", *_USES}:
            yield from _up_to_type(_path_of(node))
    elif node.type == "attribute" and text_of(node.named_children[0] if node.named_children else None) == "derive":
        for derived in text_of(node.child_by_field_name("arguments")).strip("()").split(","):
            yield from _up_to_type(tuple(part.strip() for part in derived.split("::")))


_USES: Final = frozenset({"use_declaration", "scoped_use_list", "use_list", "use_as_clause", "use_wildcard"})


def _up_to_type(path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    end = next((n + 1 for n, part in enumerate(path) if part[:1].isupper()), len(path))
    if len(path[:end]) > 1 and all(path[:end]):
        yield path[:end]


def _path_of(node: Node | None) -> tuple[str, ...]:
    """The parts of a scoped path; empty if it begins with something else than a name."""
    parts: list[str] = []
    while node is not None and len(parts) < _MAX_PATH:
        if node.type in {"scoped_identifier", "scoped_type_identifier"}:
            parts.append(text_of(node.child_by_field_name("name")))
            path = node.child_by_field_name("path")
            if path is None:
                break
            node = path
        elif node.type in NAMES | _HERE or node.type == "metavariable":
            return tuple(reversed([*parts, text_of(node)]))
        else:
            return ()
    return tuple(reversed(parts))


def _leaves(node: Node | None, before: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """What a use tree takes, as paths, and the names that these are bound to; ``*`` for all names of a module."""
    if node is None or len(before) > _MAX_PATH:
        return
    match node.type:
        case "use_list":
            for child in node.named_children:
                yield from _leaves(child, before)
        case "scoped_use_list":
            path = (*before, *_path_of(node.child_by_field_name("path")))
            yield from _leaves(node.child_by_field_name("list"), path)
        case "use_as_clause":
            path = (*before, *_path_of(node.child_by_field_name("path")))
            path = path[:-1] if path[-1:] == ("self",) and len(path) > 1 else path
            if path:
                yield path, text_of(node.child_by_field_name("alias"))
        case "use_wildcard":
            path = (*before, *_path_of(node.named_children[0] if node.named_children else None))
            if path:
                yield (*path, "*"), "*"
        case "self":
            if before:
                yield before, before[-1]
        case _:
            if path := (*before, *_path_of(node)):
                yield path, path[-1]


def defines(root: Node) -> dict[str, int]:
    """Return the names of the top level, imported ones included, with the lines of their first bindings."""
    names: dict[str, int] = {}
    for item in root.named_children:
        if item.type == "use_declaration":
            for _, name in _leaves(item.child_by_field_name("argument"), ()):
                if name not in {"*", "_"}:
                    names.setdefault(name, line_of(item))
        elif item.type in _TOP_LEVEL:
            names.setdefault(text_of(item.child_by_field_name("name")), line_of(item))
    return names


def _bound_by(node: Node) -> Iterator[str]:
    """The names that a node binds, in whatever scope."""
    if node.type == "use_declaration":
        yield from (name for _, name in _leaves(node.child_by_field_name("argument"), ()))
    elif node.type in _ITEMS:
        yield text_of(node.child_by_field_name("name"))
    elif node.type == "shorthand_field_identifier" and node.parent is not None and node.parent.type == "field_pattern":
        yield text_of(node)
    elif node.type == "closure_parameters":
        yield from (text_of(name) for child in node.named_children for name in _in_pattern(child))
    elif (pattern := node.child_by_field_name("pattern")) is not None:
        yield from (text_of(name) for name in _in_pattern(pattern))


def _in_pattern(pattern: Node) -> Iterator[Node]:
    """The identifiers that a pattern binds: constants and variants begin with a capital."""
    for node in walk(pattern):
        if node.type == "identifier" and not text_of(node)[:1].isupper():
            yield node


_APART: Final = frozenset(
    {"token_tree", "attribute_item", "inner_attribute_item", "use_declaration", "lifetime", "label"}
)


def free_names(nodes: list[Node]) -> dict[str, int]:
    """Return names that are used and bound in no scope of the text. Scopes are not told apart: compilers do that.

    What is inside a macro is for the macro, and the first part of a path that begins with a small letter is a crate
    or a module: neither is counted.
    """
    bound = {name for node in nodes for name in _bound_by(node)}
    skipped: set[int] = set()
    free: dict[str, int] = {}
    for node in nodes:
        parent = node.parent
        if parent is not None and parent.id in skipped:
            skipped.add(node.id)
            continue
        if node.type in _APART:
            skipped.add(node.id)
            continue
        if node.type in NAMES and not _is_label(node, parent):
            name = text_of(node)
            if name not in bound and name not in _BUILT_IN:
                free.setdefault(name, line_of(node))
    return free


def _is_label(node: Node, parent: Node | None) -> bool:
    """Whether an identifier is a part of a path or of a binding, and not something in scope."""
    if parent is None:
        return False
    if parent.type in {"scoped_identifier", "scoped_type_identifier"}:
        return parent.child_by_field_name("name") == node or text_of(node)[:1].islower()
    return parent.type == "type_binding" and parent.child_by_field_name("name") == node
