"""Commands in fences that are labelled as no shell's, and what only looks like some."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extractor.docs.corpus import extract
from extractor.examples.find import find_examples
from extractor.languages.common.shell_lines import holds_commands
from extractor.model import Layout, Origin
from harness.profiles.mcp.roles import CODE
from tests.extractor.blocks import block

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """
```{label}
pip install "mcp==1.9.4"
```

```python
from mcp.server.fastmcp import FastMCP

gate = FastMCP("gate")
gate.run("streamable-http")
```

```{label}
$ HOST=0.0.0.0 python gate.py
INFO: started
```
"""


@pytest.mark.parametrize(
    ("info", "text"),
    [
        ("", 'pip install "mcp[cli]==1.9.4"\n'),
        ("text", "# once\nnpm init -y\n\nnpm install express \\\n  --save-exact zod\n"),
        ("python", "uv run main.py\n"),
        ("npm", "npm install cors\n"),
        ("js", "cd site\nnode server.mjs\n"),
        ("", "$ .venv/bin/python -m server\nlistening\n"),
        ("", "PORT=3000 go run ./cmd/server\n"),
        ("", "HOST=0.0.0.0 \\\n  PORT=3000 \\\n  python server.py\n"),
        ("", "npm i express\n"),
        ("", "(.venv) $ python server.py\nINFO: started\n"),
        ("", "set -e\ntouch a.py b.py\nwhich python\ncode .\npip install mcp\n"),
        ("", "cat > server.py <<'EOF'\nprint(1)\nEOF\npython server.py\n"),
    ],
)
def test_commands(info: str, text: str) -> None:
    assert holds_commands(block(info, text))


@pytest.mark.parametrize(
    ("info", "text"),
    [
        ("", ""),
        ("", "Python is a language.\nnpm has packages.\n"),
        ("", "python\nnode\n"),
        ("text", "npm install express and lodash for me\n"),
        ("", "pip install the package\n"),
        ("", "pip install mcp\nCollecting mcp\n"),
        ("python", "source = open(path)\n"),
        ("python", "import mcp\npip install mcp\n"),
        ("ts", 'export * from "./tools.js";\n'),
        ("ts", "export const A = 1;\n"),
        ("go", "go serve(listener)\n"),
        ("dockerfile", "RUN pip install mcp\n"),
        ("json", "npm install\n"),
        ("dotenv", "export PORT=3000\n"),
        ("powershell", "pip install mcp\n"),
        ("bash", "pip install mcp\n"),
    ],
)
def test_no_commands_of_another_label(info: str, text: str) -> None:
    assert not holds_commands(block(info, text))


@pytest.mark.parametrize("label", ["", "text", "python"])
def test_what_they_state_is_stated(label: str, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(PAGE.format(label=label), encoding="utf-8")
    (example,) = find_examples(extract(tmp_path, Layout(), jobs=1, statements=False), CODE)
    assert example.bundle is not None
    (package,) = example.bundle.dependencies
    assert (package.name, package.specifier, package.origin) == ("mcp", "==1.9.4", Origin.STATED)
    assert example.bundle.command == ("python", "gate.py")
    assert example.bundle.environment == {"HOST": "0.0.0.0"}
