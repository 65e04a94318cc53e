"""What the page calls a file: which statement wins, and what is not a name."""

from __future__ import annotations

import pytest

from extractor.examples.names import stated_name
from extractor.model import Origin
from tests.extractor.blocks import block

PY = (".py",)


def test_order_of_statements() -> None:
    stated = {
        "context": "Save it as `prose.py`:",
        "tab": "tab.py",
        "directive": {"file": "directive.py"},
    }
    code = "# comment.py\nprint()\n"
    found = []
    for left in range(5):
        context = stated["context"] if left < 4 else ""
        directive = stated["directive"] if left < 1 else None
        info = 'python title="info.py"' if left < 2 else "python"
        text = code if left < 3 else "print()\n"
        name = stated_name(block(info, text, tab="tab.py", context=str(context), directive=directive), PY)
        assert name is not None
        found.append(name.path)
    assert found == ["directive.py", "info.py", "comment.py", "prose.py", "tab.py"]


@pytest.mark.parametrize(
    ("heading", "info", "path"),
    [
        ("server.py", "python", "server.py"),
        ("2. Create src/server.py", "py", "src/server.py"),
        ("Step 3: The server.py file", "python", None),
        ("Create your server.py:", "python", "server.py"),
        ("📄 server.py", "python", "server.py"),
        ("Why server.py is not enough", "python", None),
        ("server.py and client.py", "python", None),
        ("Step 2: The tools (`src/tools.py`)", "python", "src/tools.py"),
        ("The tools (tools.py)", "python", "tools.py"),
        ("The tools: tools.py", "python", "tools.py"),
        ("The tools — `tools.py`", "python", "tools.py"),
        ("How to grind with tools.py", "python", None),
        ("The tools (in tools.py)", "python", None),
        ("The tools (tools.py) and the sieve", "python", None),
        ("server.py", "bash", None),
        ("package.json", "json", "package.json"),
        ("server.py", "json", None),
        ("Node.js", "js", None),
        ("A server on the edge (Mill.js)", "js", None),
        ("A server on the edge (mill.js)", "js", "mill.js"),
    ],
)
def test_heading(heading: str, info: str, path: str | None) -> None:
    name = stated_name(block(info, "x = 1\n", heading=heading), PY if info in {"python", "py"} else ())
    assert (name.path if name else None) == path
    # it may be above a part of the file as well
    assert name is None or not name.is_whole


@pytest.mark.parametrize(
    ("context", "path"),
    [
        ("src/tools.py\nIt grinds, and knows nothing of the sieve.", "src/tools.py"),
        ("tools.py:\nIt grinds.\nIt takes:\nsacks", "tools.py"),
        ("tools.py\nIt grinds, as sieve.py does not.", "sieve.py"),
        ("tools.py\nsieve.py\nThese are the files.", None),
        ("tools.ts\nIt grinds.", None),
        ("It grinds.\nIt takes sacks.", None),
        ("Create `src/{mill}/tools.py`:", None),
        ("Create src/<mill>/tools.py:", None),
    ],
)
def test_a_paragraph_that_is_nothing_but_a_name(context: str, path: str | None) -> None:
    name = stated_name(block("python", "x = 1\n", context=context), PY)
    assert (name.path if name else None) == path


@pytest.mark.parametrize(
    ("first", "path"),
    [
        ("# server.py", "server.py"),
        ("# app/server.py - the server", "app/server.py"),
        ("# File: server.py", "server.py"),
        ("# filename: `server.py`", "server.py"),
        ("#server.py", "server.py"),
        ("# in app/server.py", "app/server.py"),
        ("# save as: server.py", "server.py"),
        # a name that begins with one of the words in front of names
        ("# index.py", "index.py"),
        ("# in index.py", "index.py"),
        ("# file_server.py", "file_server.py"),
        ("# filename.py", "filename.py"),
        ("# path/server.py", "path/server.py"),
        ("# File: file.py", "file.py"),
        ("# 保存为server.py", "server.py"),
        ("# 服务器.py", "服务器.py"),
        ("# server.py reads its settings from the environment", None),
        ("# the server", None),
        ("# server.ts", None),
        ("# see https://example.com/server.py", None),
    ],
)
def test_first_comment(first: str, path: str | None) -> None:
    name = stated_name(block("python", f"{first}\nprint()\n"), PY)
    assert (name.path if name else None) == path


@pytest.mark.parametrize(
    ("context", "path"),
    [
        ("Create a file called server.py with this content:", "server.py"),
        ("Now for `src/tools/add.py`.", "src/tools/add.py"),
        ("First config.py came. Now the server, in server.py:", "server.py"),
        ("It differs from a.py and from b.py:", None),
        ("Install Node.js first:", None),
        ("As in https://example.com/blob/main/server.py:", None),
        ("We had server.py.\nNow the client:", None),
        ("The call server.run() blocks:", None),
        ("Write config.ts:", None),
        ("本指南中的示例将使用以下服务器，保存为server.py：", "server.py"),
        ("先看config.py。然后创建server.py：", "server.py"),
        ("次の内容でsrc/server.pyを作成します。", "src/server.py"),
        ("다음 내용으로 server.py를 만드세요:", "server.py"),
        ("将代码保存为天气.py：", None),
        ("Sauvez-le sous le nom données.py :", "données.py"),
    ],
)
def test_prose(context: str, path: str | None) -> None:
    name = stated_name(block("python", "print()\n", context=context), PY)
    assert (name.path if name else None) == path
    assert name is None or (name.origin is Origin.STATED and name.confidence < 1)


def test_part_of_a_larger_file_has_no_name_of_its_own() -> None:
    part = block('ts source="../../examples/guide.ts#part"', "app.listen(3000);\n")
    assert stated_name(part, (".ts",)) is None


@pytest.mark.parametrize(
    ("info", "named"),
    [
        ('py startLine=12 title="a.py"', False),
        ('py linenums="12" title="a.py"', False),
        ('py showLineNumbers{12} title="a.py"', False),
        ('py lines=12-20 title="a.py"', False),
        ('py linenums="1" title="a.py"', True),
        ('py showLineNumbers title="a.py"', True),
        ('py {12} title="a.py"', True),
        ('py lines=1-20 title="a.py"', True),
    ],
)
def test_lines_from_the_middle_of_a_file_are_not_the_file(info: str, named: bool) -> None:
    assert (stated_name(block(info, "x()\n")) is not None) == named


def test_endless_first_line_is_passed_over() -> None:
    assert stated_name(block("python", "# " + " " * 5_000_000 + "server.py\n"), PY) is None
