"""``make mutation``."""

from __future__ import annotations

import sys

from tests.mutation.score import main

sys.exit(main())
