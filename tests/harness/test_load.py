"""From a configuration to docs and examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.load import load_examples, unmatched_patterns
from harness.run.plan import make_plan
from harness.settings import load_config

PAGE = "```python\nfrom fastmcp import FastMCP\nFastMCP('x').run()\n```\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[examples."tool/page*"]\nskip = "x"\n[layout]\nspecification = ["tool"]\n', ()),
        ('[examples."tools/*"]\nskip = "x"\n', ("tools/*",)),
        ('[layout]\nspecification = ["rules/**", "page.mdx"]\n', ("rules/**",)),
        ("[layout]\nspecification = []\n", ()),
        ("", ()),
    ],
)
def test_a_pattern_of_the_configuration_that_matches_nothing_is_reported(
    tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    (tmp_path / "tool").mkdir()
    (tmp_path / "tool" / "page.mdx").write_text(PAGE, encoding="utf-8")
    (tmp_path / "docprobe.toml").write_text(text, encoding="utf-8")
    config = load_config(tmp_path, environ={"DOCPROBE_STATE": str(tmp_path / "state")})
    sentences = unmatched_patterns(config, load_examples(config))
    assert len(sentences) == len(words)
    assert all(word in sentence for word, sentence in zip(words, sentences, strict=True))
    assert make_plan(config).unmatched == sentences
