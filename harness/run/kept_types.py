"""Type checks of earlier runs: a program that was checked with the same packages and the same checker is not again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extractor.base.kept import Kept, value_digest
from harness.model import TypeCheck
from harness.run.cache import docprobe_digest
from harness.run.code_checks import check_types

if TYPE_CHECKING:
    from collections.abc import Callable

    from extractor.model import Bundle, Tool
    from harness.config import Config
    from harness.engine.protocol import Engine
    from harness.model import Image

_FOLDER: Final = "types"
_ENDING: Final = ".types"


async def types_of(
    engine: Engine, bundle: Bundle, tool: Tool, image: Image, config: Config, progress: Callable[[str], None]
) -> TypeCheck:
    """Return what a type checker says of a bundle's files: what is kept of it, else by running it.

    A check that failed is not kept: it says nothing of the program. Nothing is kept where install scripts of packages
    ran, since the image's key does not tell what those wrote.

    Args:
        engine: where to check.
        bundle: the program.
        tool: the checker.
        image: the program's packages.
        config: the state folder, and whether anything is cached.
        progress: called with what is being done.
    """
    if config.no_cache or bundle.allow_scripts:
        return await check_types(engine, bundle, tool, image, progress)
    kept: Kept[TypeCheck] = Kept(config.state / _FOLDER, TypeCheck, _ENDING)
    key = types_key(bundle, tool, image, code=docprobe_digest())
    types = kept.load(key)
    if types is None:
        types = await check_types(engine, bundle, tool, image, progress)
        if types.failed is None:
            kept.store(key, types)
    return types


def types_key(bundle: Bundle, tool: Tool, image: Image, *, code: str) -> str:
    """Return the SHA-256 of all that decides what a type checker says.

    Args:
        bundle: the program. Its files count, and not where its docs have them: messages name lines of the files.
        tool: what docprobe runs of its own.
        image: its key has the base image, which holds the checker itself, and how packages were resolved; what they
            were resolved to is in its lock.
        code: digest of docprobe's code, which runs the checker and reads what it prints.
    """
    return value_digest(
        (
            code, [(file.path, file.text) for file in (*bundle.files, tool.file)], tool.command, bundle.toolchain,
            image.key, dict(image.packages), image.lock, dict(image.tools),
        )
    )  # fmt: skip
