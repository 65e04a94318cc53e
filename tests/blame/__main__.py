"""``python -m tests.blame``."""

from __future__ import annotations

import sys

from tests.blame.figures import main

sys.exit(main())
