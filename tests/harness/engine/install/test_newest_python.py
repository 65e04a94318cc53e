"""A package that asks for a newer Python than the base image has: it is installed on the newest, or that is said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from extractor.languages.toolchains.python import NEWEST_PYTHON
from extractor.model import Dependency, Manager
from harness.base.errors import EngineError, InstallError, PythonVersionError, RegistryError
from harness.engine.install.image_builder import JobResult
from harness.engine.install.installer import Installer, _error
from harness.engine.install.way_out import WayOut
from harness.engine.protocol import Limits
from harness.model import Image
from tests.harness.engine.conftest import python_bundle

if TYPE_CHECKING:
    from extractor.model import Bundle

pytestmark = pytest.mark.anyio
WANTED = python_bundle("", dependencies=(Dependency("brand-new"),))
SAYS = "error: No solution found when resolving dependencies\n  cause: Because the requested Python version (>=3.13.5) "
SAYS += "does not satisfy Python{0} and brand-new==1.0 depends on Python{0}, we can conclude that it is unsatisfiable."


def failed(wanted: str) -> Exception:
    log = tuple(SAYS.format(wanted).splitlines())
    result = JobResult(1, log)
    assert WANTED.manager is Manager.PYPI
    return _error(WANTED, result, Limits(), WayOut("none", {}))


@dataclass
class Installs:
    """An installer whose installs succeed or fail as told, by toolchain."""

    ends: dict[str, Image | Exception]
    asked: list[str] = field(default_factory=list)

    async def _install_on(self, toolchain: str, bundle: Bundle, *_: object) -> Image:
        self.asked.append(toolchain)
        end = self.ends[toolchain]
        if isinstance(end, Exception):
            raise end
        return end

    _install_on_newest_python = Installer._install_on_newest_python


IMAGE = Image("tag", "key", {"brand-new": "1.0"}, None)


async def install(installs: Installs) -> Image:
    return await Installer.install(cast("Installer", installs), WANTED, None, None, lambda _: None)


async def test_it_is_installed_on_the_newest_python() -> None:
    installs = Installs({"python": failed(">=3.14"), NEWEST_PYTHON.name: IMAGE})
    assert await install(installs) is IMAGE
    assert installs.asked == ["python", "python-newest"]


@pytest.mark.parametrize("why", [RegistryError("no Python can be downloaded"), EngineError("no such image")])
async def test_where_none_can_be_had_it_is_said_and_nobody_is_accused(why: Exception) -> None:
    with pytest.raises(PythonVersionError) as caught:
        await install(Installs({"python": failed(">=3.14"), NEWEST_PYTHON.name: why}))
    assert "brand-new needs a Python version that the base image does not have" in caught.value.message
    assert f"Python 3.14 was wanted for it, and {why}" in caught.value.message
    assert not isinstance(caught.value, InstallError)


async def test_one_that_the_newest_does_not_satisfy_either_says_what_the_newest_said() -> None:
    with pytest.raises(PythonVersionError, match=r"Python>=3.15"):
        await install(Installs({"python": failed(">=3.14"), NEWEST_PYTHON.name: failed(">=3.15")}))


@pytest.mark.parametrize("wanted", ["<3.12", ">=3.8,<3.11", "==2.7.*"])
async def test_an_older_python_is_not_looked_for_among_newer_ones(wanted: str) -> None:
    installs = Installs({"python": failed(wanted)})
    with pytest.raises(EngineError, match="needs a Python version"):
        await install(installs)
    assert installs.asked == ["python"]
