from __future__ import annotations

import json

import pytest

from extractor.model import Dependency
from harness.base.errors import InstallError, UsageError
from harness.engine.install import npm


def plan(*dependencies: Dependency, cutoff: str | None = None, lock: str | None = None, allow_scripts: bool = False):  # type: ignore[no-untyped-def]
    return npm.plan(dependencies, cutoff=cutoff, lock=lock, allow_scripts=allow_scripts)


def test_install_scripts_are_off_unless_allowed() -> None:
    step, _ = plan(Dependency("express")).steps
    assert "--ignore-scripts" in step
    step, _ = plan(Dependency("express"), allow_scripts=True).steps
    assert "--ignore-scripts" not in step


def test_cutoff_is_the_end_of_the_day_utc() -> None:
    (step,) = plan(Dependency("express"), cutoff="2025-11-25").steps
    assert step[:2] == ("npm", "install")
    assert "--before=2025-11-25T23:59:59.999Z" in step


def test_the_manifest_says_what_the_bundle_needs() -> None:
    files = plan(Dependency("express", "^5.0.0"), Dependency("@modelcontextprotocol/sdk")).files
    (manifest,) = files.values()
    assert json.loads(manifest) == {
        "private": True,
        "dependencies": {"express": "^5.0.0", "@modelcontextprotocol/sdk": "*"},
    }


def test_a_lock_is_replayed_exactly() -> None:
    lock = json.dumps({"lockfileVersion": 3, "packages": {"": {"dependencies": {"express": "*"}}}})
    made = plan(Dependency("express"), cutoff="2025-11-25", lock=lock)
    assert made.steps[0][:2] == ("npm", "ci")
    assert lock in made.files.values()
    assert not any(flag.startswith("--before") for flag in made.steps[0])


@pytest.mark.parametrize("lock", ["", "[]", "{}", '{"packages": []}', '{"packages": {"": []}}', "yarn lockfile v1"])
def test_what_is_no_lock(lock: str) -> None:
    with pytest.raises(UsageError):
        plan(Dependency("express"), lock=lock)


@pytest.mark.parametrize(
    ("name", "specifier"),
    [
        ("express", "http://169.254.169.254/latest"),
        ("express", "git+https://host.invalid/x.git"),
        ("express", "file:/etc"),
        ("express", "user/repository"),
        ("express", "^5.0\n.0"),
        ("--registry=http://host.invalid", ""),
        ("../../escape", ""),
        ("a" * 300, ""),
        ("", ""),
        ("express; rm -rf /", ""),
    ],
)
def test_what_is_no_package_of_a_registry(name: str, specifier: str) -> None:
    with pytest.raises(InstallError):
        plan(Dependency(name, specifier))


@pytest.mark.parametrize("specifier", ["^5.0.0", "~4.18 || >=5 <6", "latest", "1.x", "npm:@scope/fork@^1.0.0", "*", ""])
def test_ranges(specifier: str) -> None:
    assert plan(Dependency("express", specifier)).files


INSTALLED = json.dumps(
    {
        "packages": {
            "node_modules/express": {"version": "5.3.0"},
            "node_modules/@scope/a": {"version": "1.0.0", "hasInstallScript": True},
            "node_modules/@scope/a/node_modules/express": {"version": "4.0.0"},
            "node_modules/linked": {"link": True, "resolved": "x"},
        }
    }
)


def test_resolved_versions_are_read_back() -> None:
    assert npm.packages(INSTALLED) == {"express": "5.3.0", "@scope/a": "1.0.0", "@scope/a > express": "4.0.0"}
    assert npm.skipped_scripts(INSTALLED) == ("@scope/a",)


@pytest.mark.parametrize(
    ("log", "whose", "said"),
    [
        (
            """npm error code E404
               npm error 404 Not Found - GET http://registry.invalid/no-such-package
               npm error 404
               npm error 404  'no-such-package@*' is not in this registry.""",
            "docs", "no such package: 'no-such-package@*' is not in this registry.",
        ),
        (
            """npm error code E404
               npm error 404 Not Found - GET http://registry.invalid/@mill%2fnothing
               npm error 404
               npm error 404  The requested resource '@mill/nothing@*' could not be found or you do not have permission
               npm error 404
               npm error 404 Note that you can also install from a""",
            "docs", "no such package: The requested resource '@mill/nothing@*' could not be found or you do not have "
            "permission",
        ),
        (
            """npm error code ETARGET
               npm error notarget No matching version found for express@^99.0.0.
               npm error notarget In most cases you or one of your dependencies are requesting""",
            "docs", "no such version: No matching version found for express@^99.0.0.",
        ),
        (
            """npm error code ERESOLVE
               npm error ERESOLVE unable to resolve dependency tree
               npm error Could not resolve dependency:
               npm error peer react@"^18.3.1" from react-dom@18.3.1""",
            "docs", "the packages' requirements contradict each other: peer react@\"^18.3.1\" from react-dom@18.3.1",
        ),
        (
            """npm http fetch GET http://registry.invalid/express attempt 3 failed with ENOTFOUND
               npm error code ENOTFOUND
               npm error syscall getaddrinfo
               npm error network request to http://registry.invalid/express failed, reason: getaddrinfo ENOTFOUND""",
            "registry", "request to http://registry.invalid/express failed, reason: getaddrinfo ENOTFOUND (ENOTFOUND)",
        ),
        ("npm error code ENOVERSIONS\nnpm error No versions available for ms", "docs", "No versions available for ms"),
        ("npm error code E500\nnpm error 500 Internal Server Error", "registry", "500 Internal Server Error (E500)"),
        ("npm error code E429\nnpm error 429 Too Many Requests", "registry", "429 Too Many Requests (E429)"),
        ("npm error code EINTEGRITY\nnpm error sha512 integrity checksum failed", "registry", "sha512 integrity"),
        (
            """npm error code EALLOWREMOTE
               npm error Fetching packages of type "remote" have been disabled
               npm error Refusing to fetch "evil@http://index.invalid/evil.tgz\"""",
            "elsewhere", 'Refusing to fetch "evil@http://index.invalid/evil.tgz"',
        ),
        ("npm error code ENOSPC\nnpm error nospc ENOSPC: no space left on device", "disk", "no space left"),
        ("Segmentation fault", "registry", "npm failed"),
        ("", "registry", "npm failed"),
    ],
)  # fmt: skip
def test_whose_fault(log: str, whose: str, said: str) -> None:
    fault = npm.fault([line.strip() for line in log.splitlines()])
    assert fault.whose == whose
    assert said in fault.detail


@pytest.mark.parametrize(("client", "flag"), [("pnpm", "--force"), ("yarn", "--legacy-peer-deps")])
def test_peers_are_resolved_as_the_page_s_client_does(client: str, flag: str) -> None:
    def steps(client: str) -> tuple[str, ...]:
        return npm.plan((Dependency("a"),), cutoff=None, lock=None, allow_scripts=False, client=client).steps[0]

    assert set(steps(client)) - set(steps("npm")) == {flag}


def test_what_node_s_version_decided_is_asked_of_today_s_packages_only() -> None:
    today = plan(Dependency("rooms"))
    assert today.steps[-1][:2] == ("node", "-e")
    assert today.remarks_file in today.steps[-1][-1]
    assert plan(Dependency("rooms"), cutoff="2025-11-25").remarks_file == ""


@pytest.mark.parametrize("text", ["", "null", "[1]", "{", '"x"'])
def test_a_record_that_says_nothing(text: str) -> None:
    assert npm.remarks(text) == ()


def test_a_package_that_npm_took_an_older_release_of() -> None:
    entry = {"name": "rooms", "current": "2.4.0", "latest": "2.5.2", "needs": ">=22.22.2", "node": "v22.20.0"}
    assert npm.remarks(json.dumps([entry])) == (
        "rooms 2.5.2 needs Node >=22.22.2; this one is v22.20.0, so npm took 2.4.0",
    )
