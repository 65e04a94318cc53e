"""Run by the oracle's own Python: JSON lines in, each a parser's name and a page; the blocks that it shows out."""

from __future__ import annotations

import json
import re
import sys


def mkdocs(text: str) -> list[list[str]]:
    """Language, title and text of each block that Python-Markdown with PyMdown shows as code."""
    import markdown
    from pymdownx.superfences import highlight_validator

    seen = []

    def formatter(source, language, css_class, options, md, **more):
        seen.append([language or "", options.get("title", ""), source])
        return f"<pre><code>@@{len(seen) - 1}@@</code></pre>"

    fences = [{"name": "*", "class": "any", "format": formatter, "validator": highlight_validator}]
    converter = markdown.Markdown(
        extensions=[
            "admonition", "attr_list", "def_list", "footnotes", "md_in_html", "tables",
            "pymdownx.details", "pymdownx.highlight", "pymdownx.superfences", "pymdownx.tabbed",
        ],
        extension_configs={
            "pymdownx.tabbed": {"alternate_style": True},
            "pymdownx.superfences": {"custom_fences": fences},
        },
    )  # fmt: skip
    shown = re.findall(r"@@(\d+)@@", converter.convert(text))
    return [seen[int(number)] for number in shown]


def myst(text: str) -> list[list[str]]:
    """Language, caption and text of each block that myst-parser makes of a page."""
    from docutils import nodes
    from docutils.core import publish_doctree
    from docutils.parsers.rst import Directive, directives
    from myst_parser.docutils_ import Parser
    from sphinx.directives.code import CodeBlock

    class Box(Directive):
        has_content = True
        optional_arguments = 1
        final_argument_whitespace = True
        option_spec = {"sync": directives.unchanged, "open": directives.flag}  # noqa: RUF012  (docutils' own form)

        def run(self):
            box = nodes.container()
            self.state.nested_parse(self.content, self.content_offset, box)
            return [box]

    class Code(Directive):
        has_content = True
        optional_arguments = 1
        option_spec = CodeBlock.option_spec

        def run(self):
            text = "\n".join(self.content)
            block = nodes.literal_block(text, text, language=self.arguments[0] if self.arguments else "")
            block["caption"] = self.options.get("caption", "")
            return [block]

    for name in ("tab-set", "tab-item", "dropdown"):
        directives.register_directive(name, Box)
    for name in ("code-block", "code", "sourcecode"):
        directives.register_directive(name, Code)
    settings = {"myst_enable_extensions": ["colon_fence"], "report_level": 5, "myst_suppress_warnings": ["myst"]}
    document = publish_doctree(text, parser=Parser(), settings_overrides=settings)
    blocks = []
    for block in document.findall(nodes.literal_block):
        classes = [name for name in block.get("classes", ()) if name != "code"]
        language = block.get("language") or (classes[0] if classes else "")
        blocks.append([language, block.get("caption", ""), block.astext()])
    return blocks


if __name__ == "__main__":
    for line in sys.stdin:
        parser, page = json.loads(line)
        try:
            answer = {"blocks": {"mkdocs": mkdocs, "myst": myst}[parser](page)}
        except Exception as error:
            answer = {"refused": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
