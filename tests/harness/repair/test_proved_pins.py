"""Pins of install lines that are proved by running: a real program, and a package whose second series changed."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from extractor.languages.common.files import added_file
from extractor.model import Manager
from harness.model import Image
from harness.repair.pins import Pin
from harness.repair.proofs import patches_of
from harness.repair.prove import prove_all
from harness.run.execute import execute
from harness.run.observer import Silent
from harness.run.outcome import build_report
from harness.run.planning import make_plan
from harness.run.source import DocsSource
from harness.settings import load_config
from tests.harness.run.tracing.test_tracing import PAGE, PYTHON_PAGE, SAMPLE
from tests.support.program_pod import ProgramEngine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from extractor.model import Bundle
    from harness.model import Patch

pytestmark = [pytest.mark.processes, pytest.mark.anyio]

FIRST = {"toolbox/__init__.py": "", "toolbox/old.py": "class Starter:\n    def __init__(self, port=0): ...\n"}
SECOND = {
    "toolbox/__init__.py": "class Runner: ...\n",
    "toolbox/old.py": "raise ModuleNotFoundError(\"No module named 'toolbox.old'. This is toolbox 2, where Starter was "
    'renamed to Runner (from toolbox import Runner)")\n',
}
"""The files of the package in its two series."""
INSTALL = "pip install toolbox"


class Index(ProgramEngine):
    """Has both series of the package: the second one today, if nothing asks for another."""

    async def install(self, bundle: Bundle, *, cutoff: str | None = None, **options: Any) -> Image:
        pinned = any(one.name == "toolbox" and "<2" in one.specifier for one in bundle.dependencies)
        version = "1.4.0" if pinned or cutoff else "2.1.0"
        return Image("none", "none", {"toolbox": version}, cutoff=cutoff, lock="{}")

    @asynccontextmanager
    async def pod(self, bundle: Bundle, image: Image, *arguments: Any, **options: Any) -> AsyncIterator[Any]:
        files = FIRST if image.packages["toolbox"].startswith("1.") else SECOND
        with_package = (*bundle.files, *(added_file(path, text) for path, text in files.items()))
        async with super().pod(replace(bundle, files=with_package), image, *arguments, **options) as pod:
            yield pod


async def patch_of(tmp_path: Path, use: str) -> tuple[Patch | None, str, tuple[str, ...]]:
    """Return the patch that ``check --prove-fixes`` has for the failed start, the page, and what did not work."""
    page = PYTHON_PAGE.replace("known = set()\n", f"{use}\nknown = set()\n").replace(
        "\n```bash\n", f"\n```bash\n{INSTALL}\n"
    )
    docs = Path(shutil.copytree(SAMPLE, tmp_path / "docs"))
    (docs / PAGE).write_text(page)
    config = load_config(
        docs, state=tmp_path / "state", select=("traced",), baseline="none", timeout_s=60.0, jobs=1, trace=False
    )
    plan = make_plan(config)
    numbers = iter(range(99))

    @asynccontextmanager
    async def connect(_: Any) -> AsyncIterator[Any]:
        yield Index(tmp_path / f"pods-{next(numbers)}")

    import datetime

    import anyio

    results = (await execute(plan, config, connect)).examples
    report = build_report(
        DocsSource("docs"), results, datetime.datetime.now(datetime.UTC), 1.0, config=config, plan=plan,
        requirements=config.catalogue.requirements,
    )  # fmt: skip
    proofs, failures = await prove_all(plan, report, config, connect, Silent(), known={}, stop=anyio.Event())
    patches = patches_of(proofs, report, plan, docs)
    tried = tuple(one.why for several in failures.values() for one in several)
    return next((patch for key, patch in patches.items() if "example.runs" in key), None), page, tried


async def test_a_program_that_no_change_of_a_name_helps_is_pinned(tmp_path: Path) -> None:
    patch, page, tried = await patch_of(tmp_path, "from toolbox.old import Starter\n\nStarter(port=1)\n")
    assert patch is not None
    line = next(number for number, text in enumerate(page.split("\n"), 1) if text == INSTALL)
    (edit,) = [edit for edit in patch.edits if "toolbox" in edit.text]
    assert (edit.first, edit.text) == (line, 'pip install "toolbox<2"\n')
    assert not any("Runner" in edit.text for edit in patch.edits)
    assert "example.runs" in patch.description
    assert "it also runs" not in patch.description
    assert any("which does not work" in why for why in tried), "the other name was tried"


async def test_both_ways_are_said_where_both_work(tmp_path: Path) -> None:
    patch, page, _ = await patch_of(tmp_path, "from toolbox.old import Starter\n\nStarter()\n")
    assert patch is not None
    texts = [edit.text for edit in patch.edits]
    assert "from toolbox import Runner\n" in texts
    # what else is fixed puts its constants in front of that line
    assert any(text.endswith("]\nRunner()\n") for text in texts)
    assert not any("pip install" in text for text in texts), "the patch is the change of the code"
    line = next(number for number, text in enumerate(page.split("\n"), 1) if text == INSTALL)
    assert patch.description.endswith(
        f"; it also runs if the code stays as it is and the install line ({PAGE}:{line}) asks for `toolbox<2`"
    )
    assert str(Pin("toolbox", Manager.PYPI, "2", "1")) == "toolbox<2"


async def test_a_pin_that_does_not_help_is_said_with_the_change_that_does_not(tmp_path: Path) -> None:
    patch, page, tried = await patch_of(tmp_path, "from toolbox.old import Starter\n\nStarter(host=1)\n")
    assert patch is None
    line = next(number for number, text in enumerate(page.split("\n"), 1) if text == INSTALL)
    assert any(f"a change of {PAGE}:{line}, which does not work" in why for why in tried)
    assert any("Runner" in why or "unexpected keyword argument" in why or "takes no arguments" in why for why in tried)
