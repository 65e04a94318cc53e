"""Complete programs that cannot be run here all the same, because of what they need from the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from extractor.base.loopback import is_local
from extractor.model import ExampleKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractor.languages.common.values import Draft

_MODELS: Final = {
    "anthropic": "Anthropic", "@anthropic-ai/sdk": "Anthropic", "openai": "OpenAI", "google.genai": "Gemini",
    "@google/genai": "Gemini", "langchain": "a language model", "@langchain/core": "a language model",
    "@ai-sdk/openai": "OpenAI", "@ai-sdk/anthropic": "Anthropic", "ai": "a language model",
}  # fmt: skip
"""Packages that are of no use without a model behind them."""


_SCAFFOLDED: Final = {
    "next": "is a part of a Next.js project, whose folders the page does not show",
    "@nestjs/core": "is a part of a Nest project, which has to be compiled with its decorators",
}
"""Frameworks that find a program's parts by the folders of their projects."""


def obstacle(draft: Draft) -> str | None:
    """Why a complete program cannot be judged, in one sentence; None if it can."""
    profile = draft.known.profile
    for module in (module for code in draft.codes for module in code.modules):
        if why := profile.scaffolds.get(module, _SCAFFOLDED.get(module)):
            return why
    if draft.kind is not ExampleKind.CLIENT:
        return None
    for code in draft.codes:
        for found in code.imports:
            for package, whose in _MODELS.items():
                if found.module == package or found.module.startswith((f"{package}/", f"{package}.")):
                    return f"is a client of the API of {whose}, for which docprobe has no stand-in"
    addresses = tuple(_addresses(draft))
    if any(is_local(host) for host in addresses):
        return None
    if addresses:
        return f"is a client of {addresses[0]}, and docprobe's scripted server answers on this machine only"
    if any(call.last in profile.spawning for code in draft.codes for call in code.calls):
        return "is a client that starts its server itself: there is no HTTP exchange to judge"
    return "is a client that is told its server's address when it is started"


def _addresses(draft: Draft) -> Iterator[str]:
    """Hosts of the HTTP URLs that the program names, in order."""
    for code in draft.codes:
        for text in code.texts:
            if text.value.startswith(("http://", "https://")):
                try:
                    url = urlsplit(text.value)
                    host, port = url.hostname, url.port
                except ValueError:
                    continue
                if host and (not is_local(host) or (port and url.scheme == "http")):
                    yield host
