from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from extractor.model import Bundle, ExampleKind, Level, Manager, Segment, SourceFile, Span
from harness.model import Basis, Edit, Exchange, Finding, Reply, Transcript, Verdict
from harness.profiles.registry import MCP
from harness.repair.edits import FileEdit, edits_between, on_pages, patched, propose, rewritten, unified

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """\
# Title

```ts
import a from "a";
import b from "b";

const verify = async (token) => {
  if (data.active === false) {
    throw new Error("Inactive — é");
  }
};
app.post("/", (req, res) => {
  const sessionId = req.headers["mcp-session-id"];
  if (!known[sessionId]) {
    res.status(400).send("é no"); return;
  }
});
app.get("/x", (req, res) => { res.status(400).send("other"); });
```
"""
CODE = PAGE.split("\n")[3:18]
ANSWER = FileEdit("server.ts", 12, ("new line", "", "  another"))


def _bundle(added: int = 0) -> Bundle:
    text = "".join(line + "\n" for line in CODE)
    segments = (Segment(1, 15, Span("p.mdx", 4, 18)),)
    if added:
        text = "// glue\n" * added + text
        segments = (Segment(1, added, None), Segment(added + 1, 15, Span("p.mdx", 4, 18)))
    file = SourceFile("server.ts", text, segments)
    return Bundle("x", "typescript", ExampleKind.HTTP_SERVER, "node", (file,), Manager.NPM, (), ("node",))


def _exchange(number: int, status: int, token: str | None = None) -> Exchange:
    return Exchange(
        number, "s", None, 0, "POST", "/", (), "", Reply(status, (), "", 0), None, 0.0, 0.0, token=token
    )  # fmt: skip


def _finding(requirement: str, number: int) -> Finding:
    return Finding(
        requirement=requirement, level=Level.MUST, basis=Basis.TEXT, verdict=Verdict.VIOLATED, revision="r", summary="",
        evidence=(number,),
    )  # fmt: skip


TRANSCRIPT = Transcript("x", ExampleKind.HTTP_SERVER, (_exchange(1, 400), _exchange(2, 500, "inactive")))


def _after(requirement: str, exchange: int, bundle: Bundle) -> str:
    edits = propose([_finding(requirement, exchange)], TRANSCRIPT, bundle, MCP.catalogue)
    return patched(PAGE, on_pages(edits, bundle, {"p.mdx": PAGE}))


def test_a_missing_id_stays_400_and_only_the_session_answer_changes() -> None:
    after = _after("session.terminated-404", 1, _bundle(added=3))
    changed = [
        line for line in unified("p.mdx", PAGE.encode(), after.encode()).decode().splitlines() if line[:1] in "+-"
    ]
    assert changed == [
        "--- a/p.mdx",
        "+++ b/p.mdx",
        '-    res.status(400).send("é no"); return;',
        '+    res.status(sessionId ? 404 : 400).send("é no"); return;',
    ]


def test_a_verifiers_plain_error_becomes_the_sdks_with_its_import() -> None:
    after = _after("auth.invalid-401", 2, _bundle())
    lines = after.split("\n")
    assert lines[5].startswith("import { InvalidTokenError } from")
    assert '    throw new InvalidTokenError("Inactive — é");' in lines
    assert len(lines) == len(PAGE.split("\n")) + 1


def test_nothing_to_fix_proposes_nothing() -> None:
    satisfied = replace(_finding("session.terminated-404", 1), verdict=Verdict.SATISFIED)
    assert propose([satisfied, _finding("session.id-charset", 1)], TRANSCRIPT, _bundle(), MCP.catalogue) == ()


def test_a_line_that_docprobe_added_is_not_edited() -> None:
    text = "".join(line + "\n" for line in CODE)
    file = SourceFile("server.ts", text, (Segment(1, 11, Span("p.mdx", 4, 14)), Segment(12, 4, None)))
    bundle = Bundle("x", "typescript", ExampleKind.HTTP_SERVER, "node", (file,), Manager.NPM, (), ("node",))
    assert propose([_finding("session.terminated-404", 1)], TRANSCRIPT, bundle, MCP.catalogue) == ()


def test_lines_in_a_tab_or_a_quote_keep_what_is_in_front_of_them() -> None:
    page = "\n".join([*PAGE.split("\n")[:3], *(f"  > {line}" for line in CODE)])
    (edit,) = on_pages([ANSWER], _bundle(), {"p.mdx": page})
    assert edit == Edit("p.mdx", 15, 15, "  > new line\n  >\n  >   another\n")


def test_a_page_that_does_not_hold_the_line_gets_no_edit_at_all() -> None:
    page = PAGE.replace('status(400).send("é', 'status(409).send("é')
    first = FileEdit("server.ts", 1, ("changed",))
    assert len(on_pages([first, ANSWER], _bundle(), {"p.mdx": PAGE})) == 2
    assert on_pages([first, ANSWER], _bundle(), {"p.mdx": page}) == ()
    assert on_pages([first], _bundle(), {}) == (), "an included file that is not at hand"


def test_a_patch_of_a_file_without_a_last_line_end_can_be_applied() -> None:
    assert unified("p", b"a\nb", b"a\nc").endswith(
        b"-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"
    )


RAW = (
    b"one\ntwo\nthree\n", b"one\r\ntwo\r\nthree\r\n", b"one\ntwo\r\nthree\rfour", b"\xef\xbb\xbfone\r\ntwo\r\n", b"", b"one",
    b"a\x00b\n\xff\xfe\n\x1b]0;title\x07\n", "u\u202ex\n\u2028y\x0b\x0cz\x85\n".encode(), b"\n\n\r\r\n",
)  # fmt: skip


def text_of(raw: bytes) -> str:
    text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\0", "\ufffd")


@pytest.mark.parametrize("raw", RAW)
@pytest.mark.parametrize("line", range(4))
def test_a_change_of_one_line_changes_no_other_byte(raw: bytes, line: int) -> None:
    before = text_of(raw)
    lines = before.split("\n")
    lines[min(line, len(lines) - 1)] = "new"
    after = "\n".join(lines)
    made = rewritten(raw, before, after)
    assert text_of(made) == after
    assert rewritten(raw, before, before) == raw
    kept = [piece for piece in raw.splitlines(keepends=True) if piece.strip()]
    assert sum(piece not in made for piece in kept) <= 2


@pytest.mark.processes
@pytest.mark.parametrize("raw", RAW[:5] + RAW[6:8])
@pytest.mark.parametrize("name", ["page.mdx", "a b/p\u00e4ge.md", 'q"uote\\s.md', "tab\there.md"])
def test_git_applies_the_patch_exactly(tmp_path: Path, raw: bytes, name: str) -> None:
    page = tmp_path / name
    page.parent.mkdir(exist_ok=True)
    page.write_bytes(raw)
    before = text_of(raw)
    made = rewritten(raw, before, f"new\n{before}")
    patch = unified(name, raw, made)
    done = subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert page.read_bytes() == made


def test_edits_between_two_states_of_a_file_are_its_lines() -> None:
    def with_text(text: str) -> Bundle:
        files = (SourceFile("a.py", text, ()),)
        return Bundle("x", "python", ExampleKind.HTTP_SERVER, "python", files, Manager.PYPI, (), ("python",))

    old = "import os\nfrom a import B\nuse(B)\nend\n"
    new = "import os\nimport sys\nfrom a import C\nuse(C)\nend\nmore\n"
    assert edits_between(with_text(old), with_text(new)) == (
        FileEdit("a.py", 2, ("import sys",)),
        FileEdit("a.py", 3, ("from a import C", "use(C)")),
        FileEdit("a.py", 4, ("end", "more")),
    )
    assert edits_between(with_text(old), with_text(old)) == ()
    assert edits_between(with_text("a\n"), with_text("b\na\n")) == (FileEdit("a.py", 1, ("b", "a")),)
    assert edits_between(with_text("a\nb\nc"), with_text("a\nc")) == (FileEdit("a.py", 2, ()),)
