"""Template tags of GitBook, Jekyll, Hugo and mdBook."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.docs.page_blocks import blocks_of
from extractor.docs.page_reader import parse_page
from extractor.model import Block, Flavour, Layout, Page


def read(text: str, flavour: Flavour = Flavour.GITHUB) -> tuple[Page, tuple[Block, ...]]:
    page = parse_page(Path("/nowhere"), "p.md", text.encode(), Layout(flavour=flavour), None).page
    return page, blocks_of(page)


def test_tabs_and_titles_of_gitbook() -> None:
    _, found = read(
        '{% tabs %}\n{% tab title="Node" %}\nText.\n{% code title="src/app.mjs" lineNumbers="true" %}\n```js\na\n```\n'
        '{% endcode %}\n{% endtab %}\n\n{% tab title="Deno" %}\n{% hint style="warning" %}\n```ts\nb\n```\n'
        "{% endhint %}\n{% endtab %}\n{% endtabs %}\n\n```sh\nc\n```\n"
    )
    assert [(b.language, b.info.name, b.place.tab, b.place.tab_siblings, b.place.callout) for b in found] == [
        ("js", "src/app.mjs", "Node", ("Node", "Deno"), None),
        ("ts", None, "Deno", ("Node", "Deno"), "warning"),
        ("sh", None, None, (), None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Text:\n{% highlight ruby linenos %}\nputs 1\n{% endhighlight %}\n",
        'Text:\n{{< highlight ruby "linenos=table" >}}\nputs 1\n{{< /highlight >}}\n',
        "Text:\n{{% highlight ruby %}}\nputs 1\n{{% /highlight %}}\n",
    ],
)
def test_highlight_of_jekyll_and_hugo_is_a_block(text: str) -> None:
    page, (block,) = read(text)
    assert (block.language, block.text, str(block.span), page.problems) == ("ruby", "puts 1\n", "p.md:2-4", ())


def test_highlight_without_an_end_is_said() -> None:
    page, found = read("{% highlight ruby %}\nputs 1\n\n{% highlight c %}\n")
    assert found == ()
    assert [problem.span.first for problem in page.problems][:1] == [1]
