from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.base.errors import UsageError
from harness.settings import load_config

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    root = tmp_path / "repo" / "docs"
    (root / "specification").mkdir(parents=True)
    (root / "docs").mkdir()
    return root


def test_the_docs_root_is_found_upward_and_from_the_repository_above_it(docs: Path) -> None:
    deep = docs / "docs" / "2025-11-25"
    deep.mkdir()
    assert load_config(None, cwd=deep, environ={}).docs == docs
    assert load_config(None, cwd=docs.parent, environ={}).docs == docs


def test_no_docs_root_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no docs root at or above") as caught:
        load_config(None, cwd=tmp_path, environ={})
    assert "specification/" in (caught.value.hint or "")


def test_flags_beat_the_file_and_the_file_beats_the_profile(docs: Path) -> None:
    (docs / "mine.toml").write_text("")
    (docs / "docprobe.toml").write_text(
        'bindings = "mine.toml"\ntimeout-s = 3.5\nruntime = "runsc"\n'
        '[layout]\nspecification = ["rules/*"]\n'
        "[limits]\nmemory-mib = 128\n"
        '[examples."docs/a*"]\ncommand = ["node", "a.js"]\nresolve-date = "2025-11-25"\n'
    )
    config = load_config(docs, environ={}, timeout_s=7.0)
    assert config.timeout_s == 7.0
    assert config.layout.specification == ("rules/*",)
    assert config.layout.revisions[-1] == "draft"
    assert config.limits.memory_mib == 128
    assert config.limits.cpus == 1.0
    assert config.bindings == docs / "mine.toml"
    assert config.overrides["docs/a*"].command == ("node", "a.js")
    assert load_config(docs, environ={}).timeout_s == 3.5
    assert (config.runtime, load_config(docs, environ={}, runtime="kata").runtime) == ("runsc", "kata")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("profil = 1\n", ":1: unknown key 'profil'", "profile"),
        ("\n[limits]\nmemory-mb = 1\n", ":3: unknown key 'memory-mb' in [limits]", "memory-mib"),
        ('[limits]\nmemory-mib = "x"\n', ":2: limits.memory-mib: Expected `int`", "correct that line"),
        ('[examples."x"]\nskp = "y"\n', ":2: unknown key 'skp'", "skip"),
        ("a = 1 2\n", ":1: ", "correct that line"),
        ('profile = "mpc"\n', "unknown profile 'mpc'", "mcp"),
        ('bindings = "nosuch"\n', ":1: unknown bindings 'nosuch'", "mcp"),
    ],
)
def test_a_wrong_file_is_an_error_with_its_line_and_the_next_step(
    docs: Path, text: str, message: str, hint: str
) -> None:
    (docs / "docprobe.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load_config(docs, environ={})
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_the_baseline_beside_the_configuration_is_used_unless_none(docs: Path) -> None:
    (docs / "docprobe-baseline.toml").write_text("")
    assert load_config(docs, environ={}).baseline == docs / "docprobe-baseline.toml"
    assert load_config(docs, environ={}, baseline="none").baseline is None
    with pytest.raises(UsageError, match="does not exist"):
        load_config(docs, environ={}, baseline="other.toml")


def test_the_state_folder_comes_from_flag_then_environment(docs: Path, tmp_path: Path) -> None:
    environ = {"DOCPROBE_STATE": str(tmp_path / "env")}
    assert load_config(docs, environ=environ).state == tmp_path / "env"
    assert load_config(docs, environ=environ, state=tmp_path / "flag").state == tmp_path / "flag"


@pytest.mark.parametrize("named", ["docs", "specification"])
def test_a_docs_root_or_specification_that_leads_out_of_the_checkout_is_refused(tmp_path: Path, named: str) -> None:
    """What a pull request can do: a folder becomes a link to files of the machine, or the configuration names them."""
    checkout, secret = tmp_path / "checkout", tmp_path / "secret"
    (checkout / ".git").mkdir(parents=True)
    (checkout / "docs").mkdir()
    secret.mkdir()
    if named == "docs":
        (checkout / "docs").rmdir()
        (checkout / "docs").symlink_to(secret)
        (secret / "docprobe.toml").write_text("")
    else:
        (checkout / "docs" / "docprobe.toml").write_text('spec = "../../secret"\n')
    with pytest.raises(UsageError, match="leads out of its working tree"):
        load_config(checkout / "docs", environ={})
