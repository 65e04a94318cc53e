"""Write the expected verdicts afresh: ``DOCPROBE_REAL_DOCS=DIR python -m tests.real_docs``. Read the diff."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from tests.real_docs.rows import rows
from tests.real_docs.run import EXPECTED, judged


def main() -> None:
    report = judged(Path(os.environ["DOCPROBE_REAL_DOCS"]), Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    document = {
        "repository": "modelcontextprotocol/modelcontextprotocol",
        "commit": report.commit,
        "rows": rows(report),
    }
    EXPECTED.write_text(json.dumps(document, indent=1) + "\n")


main()
