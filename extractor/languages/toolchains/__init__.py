"""The toolchains that base images have. A further one is a module here and a name in the list."""

from __future__ import annotations

from typing import Final

from extractor.languages.toolchains.go import GO
from extractor.languages.toolchains.java import JAVA
from extractor.languages.toolchains.kotlin import KOTLIN
from extractor.languages.toolchains.node import NEWEST_NODE, NODE
from extractor.languages.toolchains.python import NEWEST_PYTHON, PYTHON
from extractor.languages.toolchains.rust import RUST

TOOLCHAINS: Final = {made.name: made for made in (PYTHON, NEWEST_PYTHON, NODE, NEWEST_NODE, GO, RUST, JAVA, KOTLIN)}
"""By the name that a bundle asks for. All are made of the first."""
USUAL: Final = (PYTHON.name, NODE.name)
"""Those that are made ahead of need; all others on first need."""
