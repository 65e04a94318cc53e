"""Looking at code by the means of its language, in a pod: names of imports, types. The tools come with the bundles.

A tool may run code of packages, so it runs where an example would: without a network, with the limits of a build step.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from extractor.base.text import one_line
from extractor.languages.common.files import added_file
from extractor.model import ExampleKind
from harness.base.errors import DocprobeError, InstallError, UnsuitableError
from harness.base.host import describe_overload
from harness.model import Lookup, ModuleAnswer, TypeCheck, TypeMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from extractor.model import Bundle, Tool
    from harness.engine.protocol import Engine, ExitState
    from harness.model import Image, LogLine

Questions = dict[str, frozenset[str]]
"""The names that are wanted of each module."""
QUESTIONS_FILE: Final = "questions.json"
_MAX_WORDS: Final = 240
_MOST_NEAR: Final = 3
_NAME: Final = re.compile(r"[A-Za-z_$][\w$]{0,99}", re.ASCII)


async def look_up(
    engine: Engine, bundle: Bundle, questions: Questions, *, cutoff: str | None, progress: Callable[[str], None]
) -> Lookup:
    """Return what packages say of imports. What prevents an answer is in it: no example's verdict depends on this.

    Args:
        engine: where to look.
        bundle: the packages, and as its only file and command the tool.
        questions: what is wanted of them.
        cutoff: ISO date up to whose end packages are resolved; None for today's.
        progress: called with what is being done.
    """
    try:
        image = await engine.install(bundle, cutoff=cutoff, progress=progress)
        asked = [{"module": module, "names": sorted(names)} for module, names in sorted(questions.items())]
        files = (*bundle.files, added_file(QUESTIONS_FILE, json.dumps(asked)))
        answers, state = await _run(engine, replace(bundle, files=files), bundle.command, image, progress)
    except DocprobeError as error:
        lasting = isinstance(error, (InstallError, UnsuitableError))
        return Lookup(cutoff, {}, {}, error.in_one_line(), lasting)
    known: dict[str, ModuleAnswer] = {}
    for answer in answers:
        match answer:
            case {
                "module": str(module),
                "found": bool() | None as found,
                "missing": list(missing),
                "words": str(words),
            }:
                # of a module that prints answers of its own the tool's is the last
                asked_for = questions.get(module, frozenset())
                lacks = tuple(name for name in missing if name in asked_for)
                near = {name: similar for name in lacks if (similar := _names(answer.get("near"), name))}
                known[module] = ModuleAnswer(found, lacks, one_line(words, _MAX_WORDS), near)
            case _:
                pass
    # a module that ends, blocks or fills the tool that asks it does so again; a machine that is too busy may be quiet
    hurried = state is not None and state.limit == "build_s" and describe_overload() is not None
    return Lookup(cutoff, dict(image.packages), known, lasting=known.keys() < questions.keys() and not hurried)


def _names(near: object, name: str) -> tuple[str, ...]:
    """Return the names that a tool says are near to one; what is not a name is left out: it may get into a page."""
    listed = near.get(name) if isinstance(near, dict) else None
    found = listed if isinstance(listed, list) else []
    return tuple(each for each in found[:_MOST_NEAR] if isinstance(each, str) and _NAME.fullmatch(each))


async def check_types(
    engine: Engine, bundle: Bundle, tool: Tool, image: Image, progress: Callable[[str], None]
) -> TypeCheck:
    """Return what a type checker says of a bundle's files; what prevents that is in the value.

    Args:
        engine: where to check.
        bundle: the program.
        tool: the checker.
        image: the program's packages.
        progress: called with what is being done.
    """
    progress("checking types")
    try:
        answers, state = await _run(
            engine, replace(bundle, files=(*bundle.files, tool.file)), tool.command, image, progress
        )
    except DocprobeError as error:
        return TypeCheck((), failed=error.in_one_line())
    messages: list[TypeMessage] = []
    for answer in answers:
        match answer:
            case {"checked": int(), "version": str(version), "own": bool(own)}:
                return TypeCheck(tuple(messages), version, own)
            case {"file": str(file), "line": int(line), "code": str(code), "text": str(text)}:
                messages.append(TypeMessage(file, line, one_line(code, 20), one_line(text, _MAX_WORDS)))
            case _:
                pass
    return TypeCheck((), failed=f"the type checker {state.sentence if state else 'gave no result'}")


async def _run(
    engine: Engine, bundle: Bundle, command: tuple[str, ...], image: Image, progress: Callable[[str], None]
) -> tuple[list[Mapping[str, Any]], ExitState | None]:
    """Run a tool beside a bundle's files; return the objects that it printed, and how it ended if it failed."""
    tool = replace(
        bundle,
        kind=ExampleKind.OTHER,
        build=(command,),  # with the limits of a build step
        command=(),
        cwd=".",
        environment={},
        services=(),
    )
    async with engine.pod(tool, image, progress=lambda _: None) as pod:
        state = pod.exit_state()
        if state is None or state.during != "build":
            state = None
        return list(_objects(pod.logs())), state


def _objects(logs: Sequence[LogLine]) -> Iterator[Mapping[str, Any]]:
    for line in logs:
        if line.source == "stdout" and line.text.startswith("{"):
            try:
                value = json.loads(line.text)
            except ValueError:
                continue
            if isinstance(value, dict):
                yield value
