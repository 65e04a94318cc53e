"""Every requirement of the Model Context Protocol that examples are judged by, family by family.

A new requirement goes into the module of its family; a new family is a module in ``rules`` and a name in
:data:`FAMILIES`. Which sentence of the docs a requirement is based on is data (``bindings.toml``).
"""

from __future__ import annotations

from typing import Final

from harness.profiles.mcp.rules import (
    auth,
    batch,
    broken_streams,
    challenges,
    client_headers,
    client_messages,
    client_metadata,
    client_retries,
    client_sessions,
    contents,
    error_codes,
    get_stream,
    hijack,
    input_required,
    invalid_names,
    lifecycle,
    message_schema,
    offers,
    origin,
    parameter_headers,
    posting,
    printed_schema,
    responses,
    resume,
    session,
    session_ids,
    sessionless,
    sessionless_features,
    sessionless_results,
    several_clients,
    standard_headers,
    state_handles,
    stdio,
    streams,
    task_errors,
    tasks,
    tools,
    unasked,
)
from harness.rule import Catalogue

FAMILIES: Final = (
    session,
    session_ids,
    hijack,
    auth,
    challenges,
    posting,
    responses,
    message_schema,
    printed_schema,
    lifecycle,
    unasked,
    offers,
    invalid_names,
    origin,
    batch,
    get_stream,
    streams,
    broken_streams,
    resume,
    sessionless,
    standard_headers,
    sessionless_results,
    sessionless_features,
    error_codes,
    tools,
    contents,
    task_errors,
    tasks,
    parameter_headers,
    input_required,
    state_handles,
    stdio,
    client_sessions,
    client_headers,
    client_messages,
    client_metadata,
    client_retries,
    several_clients,
)
"""In the order in which reports show them."""

CATALOGUE: Final = Catalogue(tuple(rule for family in FAMILIES for rule in family.RULES))
