from __future__ import annotations

import json

import pytest

from extractor.model import Manager
from harness.judge.brought import brought_by

OF_NPM = json.dumps(
    {
        "packages": {
            "": {"dependencies": {"night": "*", "added": "*"}},
            "node_modules/night": {
                "dependencies": {"@sky/star": "^1"},
                "optionalDependencies": {"absent": "*", "present": "*"},
                "peerDependencies": {"peer": "1", "optional-peer": "1"},
                "peerDependenciesMeta": {"optional-peer": {"optional": True}},
            },
            "node_modules/@sky/star": {"dependencies": {"deep": "1"}},
            "node_modules/@sky/star/node_modules/deep": {"dependencies": {"night": "*"}},
            "node_modules/present": {"dependencies": 3},
            "node_modules/peer": {},
            "node_modules/optional-peer": {},
            "node_modules/added": {"dependencies": {"of-added": "1"}},
            "node_modules/of-added": "odd",
        }
    }
)
OF_PYPI = """anyio==4.16.0 \\
    --hash=sha256:0a
    # via httpx, Sky_Star
httpx==1.0.0
    # via sky-star
night==2.0
    # via -r requirements.in
sky-star==1.5 ; python_version >= "3.10" \\
    --hash=sha256:0b
    # via night
"""


@pytest.mark.parametrize(
    ("stated", "client", "brought"),
    [
        (["night"], "", {"@sky/star", "deep", "night", "present", "peer"}),
        (["night"], "yarn", {"@sky/star", "deep", "night", "present", "peer"}),
        (["night"], "pnpm", set()),
        (["added"], "npm", {"of-added"}),
        (["peer", "unknown"], "", set()),
    ],
)
def test_npm(stated: list[str], client: str, brought: set[str]) -> None:
    assert brought_by(stated, Manager.NPM, client, OF_NPM) == brought


@pytest.mark.parametrize(
    ("stated", "brought"),
    [(["Night"], {"sky-star", "httpx", "anyio"}), (["httpx"], {"anyio"}), (["anyio"], set()), (["nothing"], set())],
)
def test_pypi(stated: list[str], brought: set[str]) -> None:
    assert brought_by(stated, Manager.PYPI, "uv", OF_PYPI) == brought


@pytest.mark.parametrize("manager", [Manager.CARGO, Manager.GO, Manager.MAVEN])
def test_others_let_code_use_only_what_it_names(manager: Manager) -> None:
    assert brought_by(["night"], manager, "", OF_PYPI) == set()
