"""The shell that starts examples, run here without a container: exit codes, streams, and the kernel's count."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from extractor.model import ROOT, STAND_INS, SourceFile
from harness.engine.launch import (
    MEMORY_CODE,
    OWN_CODE,
    command,
    past_stand_ins,
    sentence,
    tools_environment,
)


def run(folder: Path, *argv: str, counter: Path | None = None) -> subprocess.CompletedProcess[str]:
    counters = (str(folder / "missing"), str(counter)) if counter else ()
    return subprocess.run(
        command(str(folder), argv, counters), input="asked\n", capture_output=True, text=True, check=False, timeout=20
    )


@pytest.mark.processes
def test_the_command_has_folder_arguments_and_streams_of_its_own(tmp_path: Path) -> None:
    done = run(tmp_path, "sh", "-c", 'pwd; cat; echo "$1" >&2; exit 7', "x", "a  b'\"$HOME")
    assert done.returncode == 7
    assert done.stdout == f"{tmp_path}\nasked\n"
    assert done.stderr == "a  b'\"$HOME\n"


@pytest.mark.processes
def test_a_program_is_started_past_what_takes_the_place_of_its_interpreter(tmp_path: Path) -> None:
    """It finds that itself, when it starts another program by the same name."""
    for folder, says in (("taken", "stand-in"), ("real", "real")):
        (tmp_path / folder).mkdir()
        tool = tmp_path / folder / "mill"
        tool.write_text(f'#!/bin/sh\necho {says} "$@"\n[ "$1" = again ] || mill again\n', encoding="utf-8")
        tool.chmod(0o755)
    path = f"{tmp_path}/taken:{tmp_path}/real:{os.environ['PATH']}"
    argv = past_stand_ins(("mill", "a  b"), (SourceFile(f"{STAND_INS}/mill", ""),))
    done = subprocess.run(argv, env={"PATH": path}, capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout == "real a  b\nstand-in again\n"
    assert past_stand_ins(("mill",), (SourceFile(f"{STAND_INS}/sieve", ""),)) == ("mill",)


def test_a_program_is_built_without_what_takes_the_place_of_commands() -> None:
    own = {"PATH": f"{ROOT}/app/{STAND_INS}:/usr/bin", "MILL": "1"}
    assert tools_environment(own) == {"PATH": "/usr/bin", "MILL": "1"}
    assert tools_environment({"PATH": "/usr/bin"}) == {"PATH": "/usr/bin"}
    assert tools_environment({"MILL": "1"}) == {"MILL": "1"}


@pytest.mark.processes
def test_no_descriptor_is_added(tmp_path: Path) -> None:
    done = run(tmp_path, "ls", "/proc/self/fd")
    assert done.stdout.split() == ["0", "1", "2", "3"]  # 3 is the listing's own


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_signal_is_told_as_shells_do_and_not_in_the_log(tmp_path: Path, number: signal.Signals) -> None:
    done = run(tmp_path, "sh", "-c", f"kill -{number.value} $$")
    assert done.returncode == 128 + number
    assert done.stderr == ""


@pytest.mark.processes
def test_a_missing_command_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, "no-such-command")
    assert done.returncode == 127
    assert "no-such-command: " in done.stderr
    assert "not found" in done.stderr


@pytest.mark.processes
def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    done = run(tmp_path / "missing", "true")
    assert done.returncode not in {0, MEMORY_CODE}
    assert "missing" in done.stderr


@pytest.mark.processes
@pytest.mark.parametrize(
    ("books", "code"),
    [
        ("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n", MEMORY_CODE),  # version 1
        ("low 0\nhigh 0\nmax 12\noom 3\noom_kill 12\noom_group_kill 0\n", MEMORY_CODE),  # version 2
        ("low 0\nhigh 0\nmax 12\noom 3\noom_kill 0\n", 3),  # at the limit, and nobody was killed
        ("oom_kill_disable 0\nunder_oom 0\n", 3),  # a kernel that does not count
        ("oom_kill x\n", 3),
        ("", 3),
    ],
)
def test_the_kernels_books_decide(tmp_path: Path, books: str, code: int) -> None:
    counter = tmp_path / "counter"
    counter.write_text(books)
    assert run(tmp_path, "sh", "-c", "exit 3", counter=counter).returncode == code
    assert run(tmp_path, "true", counter=counter).returncode == 0


@pytest.mark.processes
def test_a_command_cannot_say_that_it_was_killed_for_memory(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("oom_kill 0\n")
    ends = {code: run(tmp_path, "sh", "-c", f"exit {code}", counter=counter).returncode for code in range(256)}
    assert {code for code, end in ends.items() if end != code} == {MEMORY_CODE}
    assert ends[MEMORY_CODE] == OWN_CODE
    counter.write_text("oom_kill 1\n")
    assert run(tmp_path, "sh", "-c", f"exit {MEMORY_CODE}", counter=counter).returncode == MEMORY_CODE


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (1, "exited with code 1"),
        (137, "ended by signal SIGKILL"),
        (OWN_CODE, "exited with code 144 or 145"),
        (255, "exited with code 255"),
        (-1, "ended with an unknown exit code"),
    ],
)
def test_the_end_is_told_in_words(code: int, said: str) -> None:
    assert sentence(code) == said
