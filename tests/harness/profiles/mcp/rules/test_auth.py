"""Which lines of a token verifier are blamed and fixed."""

from __future__ import annotations

import pytest

from harness.profiles.registry import MCP
from harness.repair.edits import propose
from tests.support.broken_code import blamed, bundle_of, exchange, transcript_of, violation

VERIFIER = """\
import { ask } from "./ask.js";
const verifier = {
  verifyAccessToken: async (token) => {
    const data = await ask(token);
    if (data.active === false) {
      throw new Error("no longer valid");
    }
    if (!audiences.some(isOurs)) {
      throw new Error("for somebody else");
    }
    try { log(data); } catch (e) { throw new Error("inactive log"); }
  },
};
"""


@pytest.mark.parametrize(
    ("token", "lines"),
    [("inactive", [(6, 6)]), ("wrong-audience", [(9, 9)]), ("audience-list", [(9, 9)]), ("user1", [])],
)
def test_the_plain_error_for_the_token_that_was_sent(token: str, lines: list[tuple[int, int]]) -> None:
    for requirement in ("auth.invalid-401", "auth.audience-list"):
        assert blamed(requirement, exchange(1, 500, token=token), text=VERIFIER) == lines


def test_another_status_than_500_is_not_the_errors_doing() -> None:
    assert blamed("auth.invalid-401", exchange(1, 403, token="inactive"), text=VERIFIER) == []


def test_the_plain_error_becomes_the_sdks_with_its_import() -> None:
    sent = exchange(1, 500, token="inactive")
    edits = propose([violation("auth.invalid-401", sent)], transcript_of(sent), bundle_of(VERIFIER), MCP.catalogue)
    assert {edit.line for edit in edits} == {2, 6}
    by_line = {edit.line: edit.new for edit in edits}
    assert by_line[6] == ('      throw new InvalidTokenError("no longer valid");',)
    assert by_line[2][0].startswith("import { InvalidTokenError } from ")
    assert by_line[2][1:] == ("const verifier = {",)
