"""What every pytest run of an environment imports, whether docprobe is asked for or not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.test_top_level import ROOT

pytestmark = pytest.mark.processes

pytest_plugins = ["pytester"]


def test_a_checkout_with_packages_of_these_names_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.mkpydir("harness").joinpath("own.py").write_text("VALUE = 1\n")
    pytester.mkdir("docs")
    pytester.makepyfile("from harness.own import VALUE\n\n\ndef test_own():\n    assert VALUE == 1\n")
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
    refused = pytester.runpytest_subprocess("--docprobe", "docs")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    refused.stderr.fnmatch_lines(
        [
            "*error: --docprobe needs docprobe's package 'harness', and here 'harness' is the one in *",
            "hint: run docprobe by*",
        ]
    )


def test_without_the_option_nothing_of_docprobe_is_imported(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import sys\n\n\ndef test_none():\n    assert not [m for m in sys.modules if m.split('.')[0] in ('harness', 'extractor')]\n"
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_the_entry_point_is_found_as_a_top_level_module() -> None:
    """In a checkout it is found by the path of the editable installation; ``tests/test_installed.py`` has the wheel."""
    code = "import docprobe_pytest as entry; print(entry.HOME)"
    found = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True, check=False)
    assert (found.stdout.strip(), found.stderr) == (str(ROOT), "")
