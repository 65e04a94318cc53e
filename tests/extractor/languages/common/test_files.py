"""File names of docs: what is refused, and what is left as it is."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.languages.common.files import normal, refusal


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("", "is empty"),
        (".", "is empty"),
        ("/", "is empty"),
        ("/etc/passwd", "is absolute"),
        ("~/x.py", "is absolute"),
        ("\\\\server\\share\\x.py", "is absolute"),
        ("C:/x.py", "is absolute"),
        ("c:x.py", "is absolute"),
        ("../x.py", "leads out"),
        ("a/../../x.py", "leads out"),
        ("a\\..\\x.py", "leads out"),
        ("x\0.py", "control character"),
        ("x\n.py", "control character"),
        ("x\u202e.py", "invisible"),
        ("x\u2028.py", "invisible"),
        ("con.py", "reserved"),
        ("src/NUL", "reserved"),
        ("lpt1.txt", "reserved"),
        ("a" * 297 + ".py", "300 characters"),
        ("-rf.py", "not every system"),
        ("a/-x/b.py", "not every system"),
        ("x.py ", "not every system"),
        ("x.", "not every system"),
        ("x?.py", "not every system"),
        (".git/hooks/post-checkout", "belongs to a tool"),
        ("node_modules/express/index.js", "belongs to a tool"),
        ("NODE_MODULES/express/index.js", "belongs to a tool"),
        (".npmrc", "belongs to a tool"),
        ("src/.npmrc", "belongs to a tool"),
        ("sitecustomize.py", "belongs to a tool"),
    ],
)
def test_refused(name: str, because: str) -> None:
    reason = refusal(name)
    assert reason is not None
    assert because in reason
    assert reason.isprintable()
    assert len(reason) < 200


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("server.ts", "server.ts"),
        ("./server.ts", "server.ts"),
        ("src\\index.ts", "src/index.ts"),
        ("src/nested/deep.py", "src/nested/deep.py"),
        (".env", ".env"),
        ("contract.py", "contract.py"),
        ("äpfel.py", "äpfel.py"),
    ],
)
def test_accepted(name: str, path: str) -> None:
    assert refusal(name) is None
    assert normal(name) == path


@given(st.text(st.characters() | st.sampled_from("/\\.:~ -\0"), max_size=40))
def test_what_is_accepted_stays_inside(name: str) -> None:
    if refusal(name) is None:
        path = PurePosixPath(normal(name))
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert path.parts
        inside = Path("/bundle").joinpath(path)
        assert Path("/bundle") in inside.parents
