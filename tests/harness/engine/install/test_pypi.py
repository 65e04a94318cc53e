from __future__ import annotations

import pytest

from extractor.model import Dependency
from harness.base.errors import InstallError
from harness.engine.install import pypi


def plan(*dependencies: Dependency, cutoff: str | None = None, lock: str | None = None, allow_scripts: bool = False):  # type: ignore[no-untyped-def]
    return pypi.plan(dependencies, cutoff=cutoff, lock=lock, allow_scripts=allow_scripts)


def test_nothing_is_built_unless_allowed() -> None:
    for step in plan(Dependency("mcp")).steps[1:3]:
        assert step[step.index("--only-binary") : step.index("--only-binary") + 2] == ("--only-binary", ":all:")
    assert not any("--only-binary" in step for step in plan(Dependency("mcp"), allow_scripts=True).steps)


def test_cutoff_is_the_end_of_the_day_utc() -> None:
    _, resolve, install, _ = plan(Dependency("mcp"), cutoff="2025-11-25").steps
    assert resolve[resolve.index("--exclude-newer") + 1] == "2025-11-25T23:59:59Z"
    assert "--exclude-newer" not in install
    assert "--require-hashes" in install


def test_requirements_are_written_as_they_are_meant() -> None:
    (text,) = plan(Dependency("mcp", ">=1.0", extras=("cli",)), Dependency("uvicorn")).files.values()
    assert text == "mcp[cli]>=1.0\nuvicorn\n"


def test_a_lock_is_installed_without_resolving() -> None:
    lock = "mcp==1.10.1 --hash=sha256:aa\n"
    made = plan(Dependency("mcp"), cutoff="2025-11-25", lock=lock)
    assert list(made.files.values()) == [lock]
    assert [step[1] for step in made.steps] == ["venv", "pip", "-I"]
    assert "install" in made.steps[1]


@pytest.mark.parametrize(
    ("name", "specifier"),
    [
        ("mcp", " @ http://169.254.169.254/latest.whl"),
        ("mcp", " @ file:///etc/passwd"),
        ("-r /etc/passwd", ""),
        ("--index-url=http://host.invalid", ""),
        ("./local", ""),
        ("mcp", "\n--index-url http://host.invalid"),
        ("git+http://host.invalid/x", ""),
        ("", ""),
    ],
)
def test_what_is_no_package_of_an_index(name: str, specifier: str) -> None:
    with pytest.raises(InstallError):
        plan(Dependency(name, specifier))


def test_resolved_versions_are_read_back() -> None:
    lock = "anyio==4.16.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\ntyping-extensions==4.1 ; sys_platform\n"
    assert pypi.packages(lock) == {"anyio": "4.16.0", "typing-extensions": "4.1"}


UNSATISFIABLE = "we can conclude that your requirements are unsatisfiable."


@pytest.mark.parametrize(
    ("log", "whose", "said"),
    [
        (
            f"""error: No solution found when resolving dependencies
                  cause: Because nope was not found in the package registry and you require nope, {UNSATISFIABLE}""",
            "docs", f"Because nope was not found in the package registry and you require nope, {UNSATISFIABLE}",
        ),
        (
            f"""error: No solution found when resolving dependencies
                  cause: Because fastapi==0.116.1 depends on one of:
                             starlette>=0.36.3,<0.37.0
                         And because you require starlette==0.20.0 and fastapi>=0.110, {UNSATISFIABLE}""",
            "docs", f"And because you require starlette==0.20.0 and fastapi>=0.110, {UNSATISFIABLE}",
        ),
        (
            f"""× No solution found when resolving dependencies:
                ╰─▶ Because there is no version of numpy==9 and you require numpy==9, {UNSATISFIABLE}""",
            "docs", f"Because there is no version of numpy==9 and you require numpy==9, {UNSATISFIABLE}",
        ),
        (
            f"""error: No solution found when resolving dependencies
                  cause: Because docopt==0.6.2 has no usable wheels and you require docopt==0.6.2, {UNSATISFIABLE}
                hint: Wheels are required for `docopt` because building from source is disabled for all packages""",
            "source-only", "docopt==0.6.2 has no usable wheels",
        ),
        (
            f"""error: No solution found when resolving dependencies
                  cause: Because the requested Python version (>=3.11.2) does not satisfy Python>=3.13 and x==1 depends
                         on Python>=3.13, {UNSATISFIABLE}""",
            "python", "Python>=3.13",
        ),
        (
            """error: Request failed after 3 retries in 8.8s
                 cause: Failed to fetch: http://index.invalid/simple/starlette/
                 cause: error sending request for url (http://index.invalid/simple/starlette/)
                 cause: dns error
                 cause: failed to lookup address information: Name or service not known""",
            "registry", "failed to lookup address information: Name or service not known",
        ),
        (
            """error: Failed to fetch: http://index.invalid/simple/starlette/
                 cause: invalid peer certificate: UnknownIssuer""",
            "registry", "invalid peer certificate: UnknownIssuer",
        ),
        (
            """error: Failed to fetch: http://index.invalid/simple/starlette/
                 cause: HTTP status server error (503 Service Unavailable) for url (http://index.invalid/)""",
            "registry", "503 Service Unavailable",
        ),
        ("error: No space left on device (os error 28)", "disk", "No space left"),
        ("", "registry", "uv failed"),
    ],
)  # fmt: skip
def test_whose_fault(log: str, whose: str, said: str) -> None:
    fault = pypi.fault(log.splitlines())
    assert fault.whose == whose
    assert said in fault.detail
