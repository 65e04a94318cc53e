from __future__ import annotations

import sys

import pytest

from harness.cli import main
from harness.cli.context import draws_links


@pytest.mark.parametrize(
    ("environ", "drawn"),
    [
        ({}, False),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7200"}, True),
        ({"TERM": "xterm-256color", "VTE_VERSION": "4999"}, False),
        ({"TERM": "xterm-256color", "VTE_VERSION": "odd"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "xterm-256color", "WT_SESSION": "x"}, True),
        ({"TERM_PROGRAM": "vscode"}, True),
        ({"TERM": "screen-256color", "VTE_VERSION": "7200"}, False),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/x"}, False),
        ({"FORCE_HYPERLINK": "1"}, True),
        ({"FORCE_HYPERLINK": "0", "TERM": "xterm-kitty"}, False),
    ],
)
def test_links_are_drawn_where_a_terminal_is_known_to_draw_them(environ: dict[str, str], drawn: bool) -> None:
    assert draws_links(environ) is drawn


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("doctor", "--fix", "--clean"), "--fix and --clean cannot be combined"),
        (("doctor", "--images", "--clean"), "--images and --clean cannot be combined"),
        (("doctor", "--clean", "--format", "json"), "--clean and --format json cannot be combined"),
        (("statements", "--bind", "a.b=c.md:1", "--coverage"), "--bind and --coverage cannot be combined"),
        (("statements", "--coverage", "--unbound"), "--coverage and --unbound cannot be combined"),
        (("statements", "--bind", "a.b=c.md:1", "--revision", "1"), "--bind and --revision cannot be combined"),
        (("check", "--plan", "2", "--format", "json:x.json"), "--plan N and --format cannot be combined"),
        (("check", "--plan", "2", "--prove-fixes"), "--plan N and --prove-fixes cannot be combined"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused_before_anything_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["docprobe", *words])
    monkeypatch.setattr("harness.doctor.setup.clean", _never)
    monkeypatch.setattr("harness.doctor.setup.renew_images", _never)
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"error: {message}\nhint: leave one of them out\n"


def _never(*_: object) -> None:
    raise AssertionError("nothing may be removed or pulled")
