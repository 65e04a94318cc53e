"""Constructs that bring or hold code which docprobe does not see."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.docs.page_blocks import blocks_of
from extractor.docs.page_reader import parse_page
from extractor.model import Block, Flavour, Layout, Page


def read(text: str, flavour: Flavour = Flavour.GITHUB) -> tuple[Page, tuple[Block, ...]]:
    page = parse_page(Path("/nowhere"), "p.md", text.encode(), Layout(flavour=flavour), None).page
    return page, blocks_of(page)


def said(text: str, flavour: Flavour = Flavour.GITHUB) -> list[tuple[int, str]]:
    """Line of each construct that is not read, and what it is."""
    problems = read(text, flavour)[0].problems
    return [(problem.span.first, problem.message.partition(" is not read")[0]) for problem in problems]


PROGRAM = "an indented code block (put it into a fence with its language)"


@pytest.mark.parametrize(
    ("text", "flavour", "line", "construct"),
    [
        (
            "a\n\n{{< code-toggle file=hugo >}}\nx = 1\n{{< /code-toggle >}}\n",
            Flavour.GITHUB,
            3,
            "{{< code-toggle >}} (Hugo)",
        ),
        ("a\n{% codeblock lang:js %}\n", Flavour.GITHUB, 2, "{% codeblock %} (Jekyll, GitBook)"),
        ("a\n{{#include b.md}}\n", Flavour.GITHUB, 2, "{{#include}} (mdBook)"),
        ("```rust\nfn a() {}\n{{#rustdoc_include b.rs}}\n```\n", Flavour.GITHUB, 3, "{{#rustdoc_include}} (mdBook)"),
        ('a\n\n--8<-- "b.md"\n', Flavour.MKDOCS, 3, "--8<-- (PyMdown snippets)"),
        ("```py\n{!../src/a.py!}\n```\n", Flavour.MKDOCS, 2, "{! … !} (Markdown-Include)"),
        ("a\n\n{* ../src/a.py hl[1] *}\n", Flavour.MKDOCS, 3, "{* … *} (Markdown-Include)"),
        ('a\n\n{{ include_code("x.py") }}\n', Flavour.MKDOCS, 3, "{{ include_code(…) }} (MkDocs macros)"),
        ("a\n\n{{- snippets.code('a') }}\n", Flavour.MKDOCS, 3, "{{ snippets.code(…) }} (MkDocs macros)"),
        ("<!-- @include: ./b.md -->\n", Flavour.VITEPRESS, 1, "<!--@include: --> (VitePress)"),
        ("a\n\n    import x\n\n    x.f()\n    x.g()\n", Flavour.GITHUB, 3, PROGRAM),
        ("a\n\n    from x import f\n\n    f()\n    f()\n", Flavour.MKDOCS, 3, PROGRAM),
        ("a\n\n    const x = require('x');\n    x();\n    x();\n", Flavour.GITHUB, 3, PROGRAM),
    ],
)
def test_what_is_not_read_is_said_with_its_line(text: str, flavour: Flavour, line: int, construct: str) -> None:
    page, _ = read(text, flavour)
    (problem,) = page.problems
    assert problem.span.first == line
    assert problem.message == f"{construct} is not read: code that it brings or holds is not seen"


INDENTED = "a fence with four or more spaces in front (in this dialect text of an indented code block)"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('=== "Python"\n\n    ```python\n    x = 1\n    ```\n', [3]),
        ("!!! note\n\n    ~~~ {.python}\n    x = 1\n    ~~~\n", [3]),
        ("1. a\n\n      ```python\n      x = 1\n      ```\n", []),
        ("1. a\n\n        ````js\n        x = 1\n        ````\n", [3]),
        # nothing but code, and what a page shows of Markdown
        ("a\n\n    x = 1\n    ```\n", []),
        ("a\n\n    ```\n    text\n    ```\n", []),
        ("````md\n    ```python\n    ```\n````\n", []),
    ],
)
def test_a_fence_that_is_indented_like_code_is_said(text: str, lines: list[int]) -> None:
    assert said(text) == [(line, INDENTED) for line in lines]


def test_tabs_of_mkdocs_are_read_where_the_site_is_one() -> None:
    page, blocks = read('=== "Python"\n\n    ```python\n    x = 1\n    ```\n', Flavour.MKDOCS)
    assert (page.problems, [block.text for block in blocks]) == ((), ["x = 1\n"])


def test_a_construct_is_said_once_per_page() -> None:
    page, _ = read("{{#include a}}\n\n- {{#include b}}\n\n{{#playground c}}\n")
    assert [(problem.span.first, problem.message.partition(":")[2]) for problem in page.problems] == [
        (1, " code that it brings or holds is not seen (2 times on this page)"),
        (5, " code that it brings or holds is not seen"),
    ]


def test_what_a_page_shows_of_a_template_is_no_construct() -> None:
    page, found = read("Write `{{#include a}}`.\n\n```md\n{% tab %}\n{{< code-toggle >}}\n```\n")
    assert page.problems == ()
    assert len(found) == 1


@pytest.mark.parametrize(
    ("text", "flavour", "expected"),
    [
        ('{{% code_sample file="a.yaml" %}}\n', Flavour.GITHUB, [(1, "{{< code_sample >}} (Hugo)")]),
        (
            '{{< tabpane >}}\n{{< tab header="A" lang="py" >}}\nx = 1\n{{< /tab >}}\n{{< /tabpane >}}\n',
            Flavour.GITHUB,
            [(1, "{{< tabpane >}} (Hugo)")],
        ),
        ('{% include "../shared/install.md" %}\n', Flavour.GITHUB, [(1, "{% include %} (Jekyll, GitBook)")]),
        ('{% include-markdown "a.md" %}\n', Flavour.MKDOCS, [(1, "{% include-markdown %} (MkDocs plugins)")]),
        ("```py\n{% include 'a.py' %}\n```\n", Flavour.MKDOCS, [(1 + 1, "{% include %} (MkDocs plugins)")]),
        (
            "1. Run {{< highlight sh >}}ls{{< /highlight >}}\n\n| a |\n|---|\n| b {{#include c}} |\n",
            Flavour.GITHUB,
            [(1, "{{< highlight >}} (Hugo)"), (5, "{{#include}} (mdBook)")],
        ),
        ('```py\n--8<-- "a.py:b"\n```\n', Flavour.GITHUB, [(2, "--8<-- (PyMdown snippets)")]),
        ("<pre><code>\nx\n</code></pre>\n", Flavour.GITHUB, [(1, "<pre> (HTML)")]),
        ("a\n\n<pre>\nx\n</pre>\n", Flavour.VITEPRESS, [(3, "<pre> (HTML)")]),
        ("<CodeBlock language='js'>{source}</CodeBlock>\n", Flavour.DOCUSAURUS, [(1, "<CodeBlock>")]),
        ("a\n\n<Code code={`x`} lang='ts' />\n", Flavour.MINTLIFY, [(3, "<Code>")]),
        ('{% code title="a.js" %}\nx\n{% endcode %}\n', Flavour.GITHUB, [(1, "{% code %} without a fence (GitBook)")]),
    ],
)
def test_code_in_other_ways_than_fences_is_said(text: str, flavour: Flavour, expected: list[tuple[int, str]]) -> None:
    assert said(text, flavour) == expected


@pytest.mark.parametrize(
    ("text", "flavour"),
    [
        ("{% include toc.html %}\n", Flavour.GITHUB),
        ("{{< tabpane text=true >}}\n{{% tab %}}\n```py\nx\n```\n{{% /tab %}}\n{{< /tabpane >}}\n", Flavour.GITHUB),
        ('{% code title="a.js" %}\n```js\nx\n```\n{% endcode %}\n', Flavour.GITHUB),
        ("Use ``{{< highlight `x` >}}`` or `{% include a.md %}`.\n", Flavour.GITHUB),
        ("```liquid\n{% for a in b %}\n{% include a.md %}\n```\n", Flavour.GITHUB),
        ("{{< highlight js >}}\n", Flavour.VITEPRESS),
        ("<CodeGroup>\n\n```js\nx\n```\n\n</CodeGroup>\n", Flavour.MINTLIFY),
        ("The <code>PostalCode</code> of <Country />.\n", Flavour.MINTLIFY),
    ],
)
def test_what_holds_no_code_or_is_read_is_not_said(text: str, flavour: Flavour) -> None:
    assert said(text, flavour) == []


def test_an_element_with_a_fence_shows_it_on_mkdocs() -> None:
    page, (block,) = read("<pre>\n```c\nx\n```\n</pre>\n", Flavour.MKDOCS)
    assert (block.language, block.text, page.problems) == ("c", "x\n", ())


def test_sentences_in_html_are_said_where_they_would_count() -> None:
    text = "# A\n\n<!-- MUST -->\n\n<table>\n<tr><td>A server MUST answer.</td></tr>\n</table>\n"
    layout = Layout(flavour=Flavour.GITHUB, specification=("p.md",))
    problems = parse_page(Path("/nowhere"), "p.md", text.encode(), layout, None).page.problems
    assert [(p.span.first, p.message) for p in problems] == [
        (6, "sentences in HTML are not read: one here has a keyword of RFC 2119")
    ]
    assert read(text)[0].problems == ()


@pytest.mark.parametrize(
    "text", ["    $ npm start\n    ready\n    done\n", "    import x\n", "    a = 1\n    b = 2\n    c = 3\n"]
)
def test_indented_lines_that_are_not_a_program_are_no_problem(text: str) -> None:
    page, _ = read(f"a\n\n{text}", Flavour.GITHUB)
    assert page.problems == ()
