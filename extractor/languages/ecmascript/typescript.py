"""TypeScript: run by Node.js with tsx."""

from __future__ import annotations

from functools import partial
from typing import Final

from extractor.languages.common.values import Language
from extractor.languages.ecmascript.bundle import bundle_of, missing, modules
from extractor.languages.ecmascript.parse import parse_typescript, typescript_tree
from extractor.model import Manager

TYPESCRIPT: Final = Language(
    name="typescript",
    title="TypeScript",
    fences=("typescript", "ts", "mts", "cts", "tsx"),
    suffixes=(".ts", ".mts", ".cts", ".tsx"),
    toolchain="node",
    manager=Manager.NPM,
    parse=parse_typescript,
    tree=typescript_tree,
    modules=lambda path, code: tuple(modules(path, code)),
    missing=missing,
    bundle=partial(bundle_of, language="typescript", suffix=".ts"),
)
"""The language as docprobe knows it."""
