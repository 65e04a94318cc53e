"""Test folders mirror the source: ``tests/extractor/docs/test_corpus.py`` tests ``extractor/docs/corpus.py``."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("extractor", "harness")
CROSS_CUTTING = {
    "extractor/docs/test_bad_input.py": "hostile pages, through every module that reads them",
    "extractor/docs/test_extraction_properties.py": "properties of everything that is read from a page",
    "extractor/examples/test_examples_hostile.py": "hostile pages, up to the bundle",
    "extractor/examples/test_installation_page.py": "packages of an installation page, from its prose to the bundles",
    "extractor/examples/test_profile.py": "another specification than MCP",
    "extractor/examples/test_stated_packages.py": "packages that a page states, from its prose to the bundle",
    "extractor/examples/test_syntax_faults.py": "programs that do not parse, from their text to the example",
    "extractor/test_readme.py": "the floor plan of the whole package",
    "harness/cli/test_places.py": "files and folders that cannot be used, for every command",
    "harness/cli/test_state_option.py": "one option of every command",
    "harness/engine/install/test_newest_python.py": "a package that asks for a newer Python, without an engine",
    "harness/engine/test_killed.py": "what is left when docprobe is killed",
    "harness/engine/test_listening.py": "how long a pod waits for sockets, without an engine",
    "harness/engine/test_pod_ends.py": "how pods end: exit codes, limits, a cancelled caller",
    "harness/engine/tunnel/test_tunnel_hostile.py": "hostile anchors, through frames, channels and tunnel",
    "harness/nightly/site/test_browser.py": "the report and the site in a browser",
    "harness/profiles/a2a/test_broken_agents.py": "one broken agent for each requirement, and right ones",
    "harness/profiles/a2a/test_real_sdks.py": "whole conversations with agents on the SDKs",
    "harness/profiles/mcp/probes/test_crashes.py": "servers whose process dies of one request, through the whole probe",
    "harness/profiles/mcp/rules/test_code_fixes.py": "fixes of several rules, on one program",
    "harness/profiles/mcp/rules/test_left_open.py": "what load left open, for the rules that several requests show",
    "harness/profiles/mcp/rules/test_origin_guards.py": "guards against foreign Origins, in every language",
    "harness/profiles/mcp/rules/test_sentences.py": "which sentence a finding quotes, and what is a reading of it",
    "harness/profiles/mcp/rules/test_slow_machine.py": "every rule that a deadline could decide",
    "harness/profiles/mcp/rules/test_version_guards_python.py": "guards of versions in the frameworks of Python",
    "harness/profiles/mcp/rules/test_wording.py": "the summaries of every rule's findings",
    "harness/profiles/mcp/test_bad_replies.py": "hostile replies, through every probe",
    "harness/profiles/mcp/test_broken_servers.py": "one broken server for each requirement, and right ones",
    "harness/profiles/mcp/test_real_clients.py": "whole conversations with clients on the SDKs",
    "harness/profiles/mcp/test_real_sdks.py": "whole conversations with servers on the SDKs",
    "harness/repair/test_proved_fixes.py": "fixes of whole programs, proved by running them",
    "harness/repair/test_proved_pins.py": "pins of install lines, proved by running whole programs",
    "harness/report/test_action.py": "the GitHub Action's script",
    "harness/report/test_public_schemas.py": "outputs and packaging files against public schemas",
    "harness/report/test_workflow.py": "the reusable workflow's scripts, with the real docprobe",
    "harness/run/test_attempt_limits.py": "attempts that meet a limit, or a machine that is too busy",
    "harness/run/test_attempt_types.py": "attempts whose types are checked, from the engine to the recording",
    "harness/run/test_blocked.py": "every way in which a run gives up on an example",
    "harness/run/test_kept_keys.py": "the keys of everything that is kept between runs",
    "harness/run/test_repeatability.py": "whole runs, several times",
    "harness/selection/test_changes_beside_pages.py": "whole changes of settings, locks, schemas and submodules",
    "harness/selection/test_changes_compared.py": "whole changes: what they introduce, leave as it was, and fix",
    "harness/selection/test_changes_configured.py": "whole changes of the configuration",
    "harness/selection/test_changes_in_git.py": "whole changes in odd histories and clones, and of what pages include",
    "harness/selection/test_changes_reported.py": "what the report of a change says",
    "harness/selection/test_changes_of_servers.py": "a whole change with a real engine",
    "harness/test_a2a.py": "the second specification, from page to verdict",
    "harness/test_languages.py": "pages in languages beyond those of the sample",
    "harness/test_readme.py": "the floor plan of the whole package",
    "harness/test_sample.py": "the sample docs themselves",
}
"""Tests of more than one module, and of what."""


def test_each_test_file_names_the_module_that_it_tests() -> None:
    tests = [file for package in PACKAGES for file in (ROOT / "tests" / package).rglob("test_*.py")]
    assert tests
    stale = {str(file.relative_to(ROOT / "tests")) for file in tests if not _module(file).is_file()}
    assert stale - CROSS_CUTTING.keys() == set(), "no module of that name in the parallel folder"
    assert CROSS_CUTTING.keys() <= stale, "listed as tests of several modules, and they are not there or name a module"


def test_each_folder_of_tests_is_one_of_the_source() -> None:
    """Whatever a folder of tests holds, fixtures and helpers too."""
    folders = {
        file.parent.relative_to(ROOT / "tests") for name in PACKAGES for file in (ROOT / "tests" / name).rglob("*.py")
    }
    assert {str(folder) for folder in folders if not (ROOT / folder).is_dir()} == set()


def _module(test: Path) -> Path:
    """Return the module that a test file is named after."""
    return ROOT / test.relative_to(ROOT / "tests").with_name(test.name.removeprefix("test_"))
