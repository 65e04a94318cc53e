"""JavaScript: run by Node.js as it is."""

from __future__ import annotations

from functools import partial
from typing import Final

from extractor.assembly.values import Language
from extractor.bundles.ecmascript import bundle_of, missing, modules
from extractor.bundles.ecmascript_roles import ecmascript_role
from extractor.code.ecmascript import parse_javascript
from extractor.model import Manager

JAVASCRIPT: Final = Language(
    name="javascript",
    title="JavaScript",
    fences=("javascript", "js", "mjs", "cjs", "jsx"),
    suffixes=(".js", ".mjs", ".cjs", ".jsx"),
    toolchain="node",
    manager=Manager.NPM,
    parse=parse_javascript,
    role=ecmascript_role,
    modules=lambda path, code: tuple(modules(path, code)),
    missing=missing,
    bundle=partial(bundle_of, language="javascript", suffix=".js"),
)
"""The language as docprobe knows it."""
