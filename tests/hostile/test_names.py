"""Names and paths in docs lead nowhere but into the pod, and no page reads a file that is none of its docs."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.model import Corpus, Flavour, Layout
from harness.profiles.mcp.roles import CODE
from harness.results import result_files
from tests.harness.engine.tunnel.anchored import anchored
from tests.support.reports import rich_report

pytestmark = pytest.mark.attack("pages with names and includes")

SECRET = "s3cret-of-the-host"
SERVER = "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\nmcp.run(transport='streamable-http')\n"
NAMES = (
    "../../../etc/cron.d/evil.py", "/etc/cron.d/evil.py", "~/.bashrc.py", "C:\\Windows\\evil.py", "..\\..\\evil.py",
    "a/../../evil.py", "./../evil.py", "node_modules/evil.py", ".git/hooks/evil.py", "sitecustomize.py",
    "x" * 300 + ".py", "con.py", "a\u202eyp.exe.py", "-rf.py", "a/./../..//evil.py",
)  # fmt: skip


def tree(root: Path, text: str, **files: str) -> Corpus:
    (root / "page.md").write_text(text, encoding="utf-8")
    for name, content in files.items():
        (root / name).write_text(content, encoding="utf-8")
    return extract(root, Layout(), jobs=1)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_name_does_not_escape(tmp_path: Path, name: str) -> None:
    corpus = tree(tmp_path, f'# T\n\n```python title="{name}"\n{SERVER}```\n')
    for example in find_examples(corpus, CODE):
        for file in example.bundle.files if example.bundle else ():
            path = PurePosixPath(file.path)
            assert not path.is_absolute()
            assert ".." not in path.parts
            assert "\\" not in file.path
            assert path.name not in {"sitecustomize.py"}
            assert path.parts[0] not in {"node_modules", ".git", "~"}
            assert file.path.isprintable()


@pytest.mark.processes
@pytest.mark.anyio
@pytest.mark.parametrize("path", ["../evil", "a/../../evil", "/tmp/docprobe-evil", "a/../../../evil"])
async def test_the_anchor_refuses_what_got_by(tmp_path: Path, path: str) -> None:
    """The second wall: even a bundle made by hand cannot write outside the example's folder."""
    from harness.base.errors import PodError

    root = tmp_path / "in" / "example"
    root.mkdir(parents=True)
    async with anchored(root) as (tunnel, _):
        await tunnel.stage(path, b"x")
        with pytest.raises(PodError, match="leaves the example"):
            await tunnel.sync()
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    assert not Path("/tmp/docprobe-evil").exists()


INCLUDES = (
    "../secret.py", "../../secret.py", "/etc/passwd", "link.py", "folder/secret.py", ".git/config", ".env",
    "sub/.git/config", "sub/../../secret.py", "loop.py", "pipe.py",
)  # fmt: skip


@pytest.mark.parametrize("flavour", [Flavour.MKDOCS, Flavour.VITEPRESS])
@pytest.mark.parametrize("target", INCLUDES)
def test_an_include_reads_the_docs_only(tmp_path: Path, target: str, flavour: Flavour) -> None:
    (tmp_path / "secret.py").write_text(SECRET)
    docs = tmp_path / "docs"
    for folder in (".git", "sub/.git"):
        (docs / folder).mkdir(parents=True)
        (docs / folder / "config").write_text(SECRET)  # CI keeps a token there
    (docs / ".env").write_text(SECRET)
    (docs / "link.py").symlink_to(tmp_path / "secret.py")
    (docs / "folder").symlink_to(tmp_path)
    (docs / "loop.py").symlink_to(docs / "loop.py")
    os.mkfifo(docs / "pipe.py")
    snippet = f'```python\n--8<-- "{target}"\n```\n' if flavour is Flavour.MKDOCS else f"<<< ./{target}\n"
    (docs / "page.md").write_text(f"# T\n\n{snippet}", encoding="utf-8")
    corpus = extract(docs, Layout(flavour=flavour), jobs=1)
    assert SECRET not in "".join(block.text for block in corpus.blocks)
    assert "root:" not in "".join(block.text for block in corpus.blocks)


@pytest.mark.parametrize("flavour", [Flavour.MKDOCS, Flavour.VITEPRESS])
def test_an_include_of_the_docs_is_read(tmp_path: Path, flavour: Flavour) -> None:
    (tmp_path / "code.py").write_text("print('ours')\n")
    snippet = '```python\n--8<-- "code.py"\n```\n' if flavour is Flavour.MKDOCS else "<<< ./code.py\n"
    (tmp_path / "page.md").write_text(f"# T\n\n{snippet}", encoding="utf-8")
    corpus = extract(tmp_path, Layout(flavour=flavour), jobs=1)
    assert [block.text for block in corpus.blocks] == ["print('ours')\n"]


def test_links_out_of_the_tree_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text(f"# {SECRET}\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "page.md").write_text(f"# {SECRET}\n")
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "page.md").symlink_to(tmp_path / "secret.md")
    (docs / "folder").symlink_to(tmp_path / "outside")
    (docs / "up").symlink_to(tmp_path)
    (docs / "zero.md").symlink_to("/dev/zero")
    os.mkfifo(docs / "pipe.md")
    corpus = extract(docs, Layout(), jobs=1)
    assert SECRET not in "".join(page.source for page in corpus.pages)
    assert len(corpus.problems) >= 4


def test_a_result_file_names_no_file_outside_its_folder(tmp_path: Path) -> None:
    """Shards and reports come from other jobs: what they say of a transcript's place is not trusted."""
    outside = tmp_path / "outside.json"
    report = rich_report()
    folder = tmp_path / "results"
    written = result_files.write(report, folder / "out.json")
    transcript = next(e.transcript_file for e in written.examples if e.transcript_file)
    (folder / transcript).rename(outside)
    text = (folder / "out.json").read_text("utf-8")
    for evil in ("../outside.json", str(outside), "x/../../outside.json"):
        (folder / "out.json").write_text(text.replace(transcript, evil), "utf-8")
        read = result_files.read(folder / "out.json", ())
        assert all(e.transcript is None for e in read.examples if e.transcript_file == evil)
