"""Template tags in Markdown pages: GitBook's components, and code of Jekyll and Hugo.

``{% tab title="…" %}`` and the like of GitBook are ``tag`` tokens, as if they were MDX; ``{% code title="…" %}`` puts
its title into the info string of the fence in it. ``{% highlight %}`` (Jekyll) and ``{{< highlight >}}`` (Hugo) are
``fence`` tokens.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extractor.markdown.parse_state import ParseState
from extractor.markdown.tags import TagKind

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore

_INTERRUPTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
_TAG: Final = re.compile(
    r"\{%-?[ \t]*(?P<end>end)?(?P<name>tabs|tab|stepper|step|hint|code)\b(?P<attributes>[^%]*?)-?%\}[ \t]*"
)
_NAMES: Final = {"tabs": "Tabs", "tab": "Tab", "stepper": "Steps", "step": "Step", "hint": "Callout", "code": "Code"}
_ATTRIBUTE: Final = re.compile(r"""([\w-]+)=(?:"([^"]*)"|'([^']*)')""")
_HIGHLIGHT: Final = re.compile(
    r"(?:\{%-?[ \t]*highlight[ \t]+(?P<jekyll>[\w+#.-]+)[^%]*%\}"
    r"|\{\{[<%][ \t]*highlight[ \t]+\"?(?P<hugo>[\w+#.-]+)\"?[^}]*[>%]\}\})[ \t]*\Z"
)
_END_OF_HIGHLIGHT: Final = re.compile(
    r"(?:\{%-?[ \t]*endhighlight[ \t]*-?%\}|\{\{[<%][ \t]*/[ \t]*highlight[ \t]*[>%]\}\})[ \t]*\Z"
)


def shortcode_plugin(md: MarkdownIt) -> None:
    """Add what is read of the template tags."""
    md.block.ruler.before("fence", "template_tag", _template_tag, _INTERRUPTS)
    md.block.ruler.before("fence", "highlight", _highlight, _INTERRUPTS)
    md.core.ruler.after("block", "code_titles", _give_titles)


def _template_tag(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[start_line] + state.tShift[start_line]
    if not state.src.startswith("{%", start) or state.is_code_block(start_line):
        return False
    text = state.src[start : state.eMarks[start_line]].rstrip()
    tags: list[re.Match[str]] = []
    at = 0
    while at < len(text) and (tag := _TAG.match(text, at)):
        tags.append(tag)
        at = tag.end()
    if not tags or at < len(text):
        return False
    if silent:
        return True
    for tag in tags:
        token = state.push("tag", "", 0)
        token.content = tag[0]
        token.map = [start_line, start_line + 1]
        attributes = {key: double or single for key, double, single in _ATTRIBUTE.findall(tag["attributes"])}
        if tag["name"] == "hint":
            attributes = {"type": attributes.get("style", "info")}
        kind = TagKind.CLOSE if tag["end"] else TagKind.OPEN
        token.meta = {"name": _NAMES[tag["name"]], "kind": kind, "attributes": attributes}
    state.line = start_line + 1
    return True


def _highlight(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    start = state.bMarks[start_line] + state.tShift[start_line]
    if not state.src.startswith(("{%", "{{"), start) or state.is_code_block(start_line):
        return False
    opening = _HIGHLIGHT.match(state.src[start : state.eMarks[start_line]])
    page_state = ParseState.of(state.env)
    if opening is None or page_state.known_open(start):
        return False
    closing = start_line + 1
    while closing < end_line and not _ends_highlight(state, closing):
        if not page_state.may_read_on(state.eMarks[closing] - start):
            break
        closing += 1
    if closing == end_line or not _ends_highlight(state, closing):
        read = state.eMarks[closing - 1] - start
        page_state.never_closes(start, start_line, "a block of code in template tags", read)
        return False
    if silent:
        return True
    token = state.push("fence", "code", 0)
    token.markup = opening[0]
    token.info = opening["jekyll"] or opening["hugo"]
    token.map = [start_line, closing + 1]
    token.content = state.getLines(start_line + 1, closing, state.sCount[start_line], True)
    token.meta = {"column": start - state.src.rfind("\n", 0, start), "closed": True}
    state.line = closing + 1
    return True


def _ends_highlight(state: StateBlock, line: int) -> bool:
    text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
    return text.startswith("{") and _END_OF_HIGHLIGHT.match(text) is not None


def _give_titles(state: StateCore) -> None:
    """Put the title of ``{% code title="…" %}`` into the info string of the fence below it."""
    title = ""
    for token in state.tokens:
        if token.type == "tag" and token.meta["name"] == "Code":
            title = token.meta["attributes"].get("title", "")
        elif token.type == "fence" and title:
            token.info = f'{token.info} title="{title}"'.lstrip()
            title = ""
