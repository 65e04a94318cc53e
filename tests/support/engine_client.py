"""The API of the engine that the tests use, for what they look up beside docprobe."""

from __future__ import annotations

import os

import docker


def engine_client() -> docker.APIClient:
    """Return a client of the engine that ``DOCKER_HOST`` names, or of the usual one."""
    return docker.APIClient(base_url=os.environ.get("DOCKER_HOST"), version="auto")
