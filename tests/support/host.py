"""The environment of the tests' own process, as docprobe's commands read it."""

from __future__ import annotations

import os

from harness.base.host import HostEnvironment

HOST = HostEnvironment.of(os.environ)
