"""An Atom feed of flips (RFC 4287). Pure."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from harness.base.escape import xml_attribute, xml_text
from harness.report.html.signs import verdict_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.report.html.changes import FlipView

SPACE: Final = uuid.UUID("6f3b0d52-92f5-5c0e-9d0c-8d3a51c6c7a1")
"""Name space of the feed's ids: an entry keeps its id however often the site is built."""


def feed(docs: str, flips: Sequence[FlipView], updated: str) -> str:
    """One entry for each flip, newest first. Links are relative to the feed.

    Args:
        docs: name of the docs, for the title and the feed's id.
        flips: newest first.
        updated: when the newest night was, ISO 8601.
    """
    entries = "".join(_entry(docs, view) for view in flips)
    return f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>{_id(docs)}</id>
<title>docprobe: flips in {xml_text(docs)}</title>
<updated>{xml_text(updated)}</updated>
<author><name>docprobe</name></author>
<link rel="self" href="feed.xml"/>
<link rel="alternate" type="text/html" href="index.html"/>
{entries}</feed>
"""


def _entry(docs: str, view: FlipView) -> str:
    flip = view.flip
    title = f"{flip.requirement}: {verdict_words(flip.after)} (was {verdict_words(flip.before)}) in {flip.example}"
    by = f" by {flip.revision}" if flip.revision else ""
    because = view.because or "nothing changed that docprobe knows of: the verdict may be flaky"
    return f"""<entry>
<id>{_id(docs, flip.example, flip.requirement, flip.revision, view.started)}</id>
<title>{xml_text(title)}</title>
<updated>{xml_text(view.started)}</updated>
<link rel="alternate" type="text/html" href="{xml_attribute(_target(view))}"/>
<category term="{xml_attribute(flip.after)}"/>
<summary>{
        xml_text(
            f"{flip.example}: {flip.requirement}{by} went from {verdict_words(flip.before)} to "
            f"{verdict_words(flip.after)}; {because}."
        )
    }</summary>
</entry>
"""


def _target(view: FlipView) -> str:
    """Where both sides are shown, else the case as it is tonight."""
    if view.page:
        return f"{view.page}#{view.anchor}"
    return view.href or "changes.html"


def _id(*parts: str) -> str:
    told = "\n".join(part.encode("utf-8", "backslashreplace").decode() for part in parts)
    return f"urn:uuid:{uuid.uuid5(SPACE, told)}"
