"""What is written into a pod before its example starts: files, and links to the packages of its image."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extractor.model import Bundle, SourceFile
    from harness.engine.tunnel.tunnel import Tunnel


async def write_files(tunnel: Tunnel, bundle: Bundle, packages: Iterable[str]) -> None:
    """Write a bundle's files, and make its packages visible beside them.

    Args:
        tunnel: of the pod.
        bundle: what is to run.
        packages: names of the packages that the image has in ``node_modules``.

    Raises:
        PodError: the pod broke, or cannot write them.
    """
    await stage(tunnel, bundle.files)
    if not any(file.path.split("/")[0] == "node_modules" for file in bundle.files):
        # tools look for node_modules beside package.json before they look further up
        await _link_packages(tunnel, bundle, packages)
    await tunnel.sync()


async def stage(tunnel: Tunnel, files: Iterable[SourceFile]) -> None:
    """Hand over files, which are there after the tunnel's next :meth:`~Tunnel.sync`. Raises PodError."""
    for file in files:
        await tunnel.stage(file.path, file.text.encode())


async def _link_packages(tunnel: Tunnel, bundle: Bundle, packages: Iterable[str]) -> None:
    """Link the packages where tools look for them; with a build step one by one: bundlers write beside them."""
    if not bundle.build:
        await tunnel.link("node_modules", "../node_modules")
        return
    for name in packages:
        up = "../" * (name.count("/") + 2)
        await tunnel.link(f"node_modules/{name}", f"{up}node_modules/{name}")
