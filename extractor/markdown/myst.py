"""MyST directives (Sphinx): blocks of code with options, containers, and files that are shown.

A directive is a fence whose info string begins with its name in braces, of backticks, tildes or colons. ``code-block``
and its like are ``fence`` tokens: the language is the directive's argument, options stand in the info string, and
``meta["skipped"]`` is the number of lines between the mark and the text. ``literalinclude`` is one too, whose
``meta["include"]`` has the path and the options. ``note``, ``tab-set`` and the like are containers, whose content is
Markdown. Of those that are neither, ``include`` and ``toctree`` among them, a ``directive`` token is left. Any other
fence stays as it is written.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock

_INTERRUPTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
_OPENING: Final = re.compile(
    r"(?P<mark>`{3,}|~{3,}|:{3,})[ \t]*\{(?P<name>[A-Za-z][\w:+.-]*)\}[ \t]*(?P<argument>.*?)[ \t]*\Z"
)
_OPTION: Final = re.compile(r"\s*:?(?P<key>[A-Za-z][\w-]*):(?:\s+(?P<value>.*?))?\s*\Z")
_TEXT_BELOW: Final = re.compile(r"[|>][+-]?|")
"""The value of an option whose text is on the lines below it (YAML, "Block Scalar Styles")."""
_CODE: Final = frozenset(("code-block", "code", "sourcecode", "code-cell", "prompt", "code-tab"))
_OF_ONE_LANGUAGE: Final = {
    **dict.fromkeys(("testcode", "testsetup", "testcleanup", "jupyter-execute", "ipython"), "python"),
    "doctest": "pycon",
}
"""Directives whose code has a language of its own (Sphinx "doctest", jupyter-sphinx); their argument names a group."""
_CALLOUTS: Final = (
    "admonition", "attention", "caution", "danger", "deprecated", "dropdown", "error", "hint", "important", "note",
    "seealso", "tip", "todo", "versionadded", "versionchanged", "warning",
)  # fmt: skip
_BOXES: Final = (
    "card", "card-carousel", "container", "div", "figure", "grid", "grid-item", "grid-item-card", "list-table",
    "margin", "only", "sidebar", "topic",
)  # fmt: skip
_CONTAINERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(_CALLOUTS, "callout"),
    **dict.fromkeys(("tab-set", "tabs"), "tabs"),
    **dict.fromkeys(("tab-item", "tab", "group-tab"), "tab"),
    **dict.fromkeys(_BOXES, "other"),
}
"""Directives whose content is Markdown, and what they mean for a block in them (``meta["family"]``)."""
_NO_CODE: Final = frozenset(
    "bibliography contents csv-table eval-rst highlight image include math raw rubric toctree".split()  # noqa: SIM905
)
"""Directives that are neither code nor hold Markdown: ``directive`` tokens, with ``meta["name"]``."""
_NOT_OF_A_FILE: Final = "name"
"""An option that names the block for references; elsewhere in info strings a word of this kind is a file name."""


def myst_plugin(md: MarkdownIt) -> None:
    """Add the directives, before ordinary fences."""
    md.block.ruler.before("fence", "myst_directive", _directive, _INTERRUPTS)


def _directive(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[start_line] + state.tShift[start_line]
    if not state.src.startswith(("```", "~~~", ":::"), start) or state.is_code_block(start_line):
        return False
    opening = _OPENING.match(state.src[start : state.eMarks[start_line]])
    if opening is None or (opening["mark"][0] == "`" and "`" in opening["argument"]):
        return False
    name, mark = opening["name"].lower(), opening["mark"]
    is_code = name in _CODE or name in _OF_ONE_LANGUAGE or name == "literalinclude"
    is_known = is_code or name in _CONTAINERS or name in _NO_CODE
    closing = _closing_line(state, start_line, end_line, mark)
    if not is_known and mark[0] != ":" and not _has_fence(state, start_line + 1, closing):
        return False
    if silent:
        return True
    if name in _NO_CODE:
        token = state.push("directive", "", 0)
        token.map = [start_line, closing]
        token.meta = {"name": name}
    elif name == "code-tab":
        label = opening["argument"].partition(" ")[2].strip() or opening["argument"]
        family = _open_container(state, start_line, closing, "tab", label)
        _push_code(state, start_line, closing, closing < end_line and _closes(state, closing, mark), opening)
        state.push("container_close", "div", -1).meta = {"family": family}
    elif is_code:
        _push_code(state, start_line, closing, closing < end_line and _closes(state, closing, mark), opening)
    else:
        _push_container(state, start_line, closing, name, opening["argument"])
    state.line = closing + (closing < end_line and _closes(state, closing, mark))
    return True


def _closes(state: StateBlock, line: int, mark: str) -> bool:
    text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()
    return len(text) >= len(mark) and text == mark[0] * len(text) and not state.is_code_block(line)


def _has_fence(state: StateBlock, first: int, last: int) -> bool:
    """Whether a fence or a directive begins on one of these lines: what holds one holds Markdown."""
    starts = (state.bMarks[line] + state.tShift[line] for line in range(first, last))
    return any(state.src.startswith(("```", "~~~", ":::"), start) for start in starts)


def _closing_line(state: StateBlock, start_line: int, end_line: int, mark: str) -> int:
    """The line of as many marks or more, or where the container around the directive ends."""
    for line in range(start_line + 1, end_line):
        if not state.isEmpty(line) and state.sCount[line] < state.blkIndent:
            return line
        if _closes(state, line, mark):
            return line
    return end_line


def _push_code(state: StateBlock, start_line: int, closing: int, closed: bool, opening: re.Match[str]) -> None:
    content = state.getLines(start_line + 1, closing, state.sCount[start_line], True)
    lines = content.split("\n")[: closing - start_line - 1]
    options, skipped = _read_options(lines)
    start = state.bMarks[start_line] + state.tShift[start_line]
    token = state.push("fence", "code", 0)
    token.markup = opening["mark"]
    token.map = [start_line, closing + closed]
    token.content = "".join(f"{line}\n" for line in lines[skipped:])
    token.meta = {"column": start - state.src.rfind("\n", 0, start), "closed": closed, "skipped": skipped}
    name = opening["name"].lower()
    language = _OF_ONE_LANGUAGE.get(name) or opening["argument"].split(" ")[0]
    if name == "literalinclude":
        token.meta["include"] = {"path": opening["argument"], "region": None, "options": options}
        language = options.pop("language", "") or posixpath.splitext(opening["argument"])[1].removeprefix(".")
    written = (f'{key}="{value}"'.replace("\\", "/") for key, value in options.items() if key != _NOT_OF_A_FILE)
    token.info = " ".join((language, *written))


def _read_options(lines: Sequence[str]) -> tuple[dict[str, str], int]:
    """The options at the head of a directive's content, and how many lines come before its text."""
    end = 0
    if lines and lines[0].startswith("---"):
        end = next((at for at in range(1, len(lines)) if lines[at].startswith("---")), len(lines) - 1) + 1
        written = lines[1 : end - 1]
    else:
        while end < len(lines) and _is_option(lines[end]):
            end += 1
        written = lines[:end]
    options: dict[str, str] = {}
    key = ""
    for line in written:
        option = _OPTION.match(line)
        if option and not (key and line.startswith(" ")):
            key = option["key"]
            options[key] = (option["value"] or "").strip("\"'").replace('"', "'")
        elif key and _TEXT_BELOW.fullmatch(options[key]):
            options[key] = line.strip().replace('"', "'")
        elif key and line.strip():
            options[key] = f"{options[key]} {line.strip()}".replace('"', "'")
    return options, end + (end < len(lines) and not lines[end].strip())


def _is_option(line: str) -> bool:
    """Whether it is a line of options; three colons open a directive."""
    return line.lstrip().startswith(":") and not line.lstrip().startswith(":::")


def _push_container(state: StateBlock, start_line: int, closing: int, name: str, argument: str) -> None:
    family = _open_container(state, start_line, closing, name, argument)
    first = start_line + 1
    content = [state.src[state.bMarks[at] + state.tShift[at] : state.eMarks[at]] for at in range(first, closing)]
    first += _read_options(content)[1]
    around = state.parentType, state.lineMax
    state.parentType, state.lineMax = "container", closing
    state.md.block.tokenize(state, first, closing)
    state.parentType, state.lineMax = around
    state.push("container_close", "div", -1).meta = {"family": family}


def _open_container(state: StateBlock, start_line: int, closing: int, name: str, title: str) -> str:
    """Push the opening token of a container; returns its family."""
    family = _CONTAINERS.get(name, "other")
    before = state.tokens[-1] if state.tokens else None
    follows_a_tab = before is not None and before.type == "container_close" and before.meta.get("family") == "tab"
    token = state.push("container_open", "div", 1)
    token.map = [start_line, closing]
    token.meta = {
        "name": name,
        "title": title or None,
        "family": family,
        "starts_group": family == "tab" and not follows_a_tab,
    }
    return family
