"""Complete programs that are not run, since they need something that no pod has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from extractor.base.loopback import is_local
from extractor.examples.reader_blocks import SHELL_WRITES
from extractor.examples.spawned_commands import COMMAND_KEY, configured_commands
from extractor.examples.stand_ins import stand_ins
from extractor.examples.wholeness import leaves_out
from extractor.languages.common.addresses import connections
from extractor.languages.common.facts import Ref
from extractor.languages.common.missing_parts import free_names
from extractor.model import ExampleKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.languages.common.facts import Import
    from extractor.languages.common.values import Draft

_MODELS: Final = {
    "anthropic": "Anthropic", "@anthropic-ai/sdk": "Anthropic", "openai": "OpenAI", "google.genai": "Gemini",
    "@google/genai": "Gemini", "langchain": "a language model",
    "@ai-sdk/openai": "OpenAI", "@ai-sdk/anthropic": "Anthropic", "ai": "a language model",
    "pydantic_ai": "a language model", "langchain_openai": "OpenAI", "langchain_anthropic": "Anthropic",
    "langgraph": "a language model", "agents": "OpenAI", "@openai/agents": "OpenAI", "strands": "a language model",
    "google.adk": "Gemini", "llama_index": "a language model", "crewai": "a language model", "agno": "a language model",
    "smolagents": "a language model", "autogen_agentchat": "a language model", "litellm": "a language model",
    "semantic_kernel": "a language model", "agent_framework": "a language model", "@mastra/core": "a language model",
    "com.anthropic": "Anthropic", "com.openai": "OpenAI", "dev.langchain4j": "a language model",
    "org.springframework.ai.chat.client": "a language model", "com.google.genai": "Gemini",
    "google.generativeai": "Gemini", "ollama": "Ollama", "dspy": "a language model",
    "beeai_framework": "a language model", "beeai-framework": "a language model", "llamaindex": "a language model",
    "@langchain/openai": "OpenAI", "@langchain/anthropic": "Anthropic", "@langchain": "a language model",
    "@ai-sdk": "a language model", "@strands-agents/sdk": "a language model", "@google/adk": "Gemini",
    "genai": "a language model", "async_openai": "OpenAI", "rig": "a language model", "ollama_rs": "Ollama",
}  # fmt: skip
"""Packages that are of no use without a language model behind them."""
_SCAFFOLDED: Final = {
    "next": "is a part of a Next.js project, whose folders the page does not show",
    "@cloudflare/workers-oauth-provider": "needs the runtime Cloudflare Workers, which docprobe does not support",
    "@nestjs/core": "is a part of a Nest project, which has to be compiled with its decorators",
}
"""Frameworks that find a program's parts by the folders of their projects."""
_NITRO: Final = frozenset(
    {"defineEventHandler", "defineLazyEventHandler", "defineCachedEventHandler", "eventHandler", "fromWebHandler",
     "fromNodeMiddleware", "lazyEventHandler"}
)  # fmt: skip
"""Functions of h3 whose results only h3 can serve (h3's documentation, "Event Handler")."""
_COMPUTED: Final = "{}"
"""What a part of a text reads that the program computes."""
_URL: Final = re.compile(r"https?://[^\s\"'`]+")


def _package(module: str) -> str:
    """``next`` of ``next/server``, ``@nestjs/core`` of ``@nestjs/core/x``."""
    return "/".join(module.split("/")[: 2 if module.startswith("@") else 1])


def obstacle(draft: Draft) -> str | None:
    """Return why a complete program cannot be judged, as a clause; None if it can."""
    profile = draft.docs.profile
    for module in (module for code in draft.facts for module in code.modules):
        if why := profile.scaffolds.get(module, _SCAFFOLDED.get(_package(module))):
            return why
    if any(SHELL_WRITES in block.info.attributes for block in draft.program.blocks):
        return "is written by a shell that replaces `$` and backticks in it: quote the first word of the heredoc"
    for snippet in draft.program.main.snippets:
        name = snippet.facts.default_value.removesuffix("()").rpartition(".")[2]
        if name in _NITRO or name.startswith("defineNitro"):
            return f"exports `{name}(…)`, a route of a Nuxt or Nitro project, whose folders the page does not show"
    if draft.kind is not ExampleKind.CLIENT:
        return None
    if draft.role.obstacle:
        return draft.role.obstacle
    for code in draft.facts:
        for imported in code.imports:
            if _is_of_protocol(imported, profile.words):
                continue
            for package, whose in _MODELS.items():
                inner = tuple(f"{package}{separator}" for separator in ("/", ".", "::"))
                if imported.module == package or imported.module.startswith(inner):
                    return f"is a client of the API of {whose}, for which docprobe has no stand-in"
    addresses, started = tuple(_addresses(draft)), stand_ins(draft)
    elsewhere = [host for host in _configured(draft) if not is_local(host)]
    if isinstance(started, str) and configured_commands(draft):
        return started
    if not elsewhere and any(is_local(host) for host in addresses):
        return None
    if not elsewhere and not isinstance(started, str) and started.files:
        return None
    if remote := (*elsewhere, *addresses):
        return f"is a client of {remote[0]}, and docprobe's scripted server answers on this machine only"
    return started if isinstance(started, str) else _addressless(draft)


def _is_of_protocol(imported: Import, words: Sequence[str]) -> bool:
    """Whether all that is imported is the protocol's part of a package, which asks no language model."""
    parts = re.split(r"\.|/|::", imported.module.lower())[1:]
    names = [name.lower() for name in imported.names]
    return any(
        any(word in part for part in parts) or (bool(names) and all(word in name for name in names)) for word in words
    )


def _addressless(draft: Draft) -> str:
    """Why a client that names no server has none: an undefined name, a command, lines left out, its reader's words."""
    if names := [name for file in draft.program.files for name in free_names(file)]:
        return f"is a client that names no server's address, and no block of this page defines `{names[0]}`"
    if any(text.value == COMMAND_KEY for code in draft.facts for text in code.texts):
        return "is a client that starts its server itself, by a command that docprobe cannot read"
    if any(leaves_out(snippet) for snippet in draft.program.snippets):
        return "is a client that names no server's address, and leaves lines out"
    return "is a client that gets its server's address when it is started"


def _configured(draft: Draft) -> Iterator[str]:
    """Hosts of the servers that the program's dictionaries name, all of which a client of several connects to."""
    for table in (table for code in draft.facts for table in code.tables):
        value = table.keywords.get("url")
        if found := _URL.search(value.text if isinstance(value, Ref) else value if isinstance(value, str) else ""):
            yield from _hosts(found[0])


def _addresses(draft: Draft) -> Iterator[str]:
    """Hosts of the HTTP URLs that the program names, in order, then those that it names apart from a URL."""
    for code in draft.facts:
        for text in code.texts:
            if text.value.startswith(("http://", "https://")):
                yield from _hosts(text.value)
    yield from (host for host, _ in connections(draft.facts))


def _hosts(address: str) -> Iterator[str]:
    """The host of a URL, unless there is none, it is computed, or it is this machine's without a port."""
    try:
        url = urlsplit(address)
        host, port = url.hostname, url.port
    except ValueError:
        return
    if host and _COMPUTED not in host and (not is_local(host) or (port and url.scheme == "http")):
        yield host
