"""JavaScript: run by Node.js as it is."""

from __future__ import annotations

from functools import partial
from typing import Final

from extractor.languages.common.values import Language
from extractor.languages.ecmascript.bundle import bundle_of, missing, modules
from extractor.languages.ecmascript.parse import javascript_tree, parse_javascript
from extractor.model import Manager

JAVASCRIPT: Final = Language(
    name="javascript",
    title="JavaScript",
    fences=("javascript", "js", "mjs", "cjs", "jsx"),
    suffixes=(".js", ".mjs", ".cjs", ".jsx"),
    toolchain="node",
    manager=Manager.NPM,
    parse=parse_javascript,
    tree=javascript_tree,
    modules=lambda path, code: tuple(modules(path, code)),
    missing=missing,
    bundle=partial(bundle_of, language="javascript", suffix=".js"),
)
"""The language as docprobe knows it."""
