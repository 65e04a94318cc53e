"""The documentation site that a page belongs to, and so the dialect that it is written in."""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from extractor.docs.tree import read_config
from extractor.model import Flavour, Layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_MARKERS: Final = (
    ("docs.json", Flavour.MINTLIFY),
    ("mint.json", Flavour.MINTLIFY),
    (".vitepress", Flavour.VITEPRESS),
    ("mkdocs.yml", Flavour.MKDOCS),
    ("mkdocs.yaml", Flavour.MKDOCS),
    *((f"docusaurus.config.{ending}", Flavour.DOCUSAURUS) for ending in ("js", "ts", "mjs", "cjs", "mts", "cts")),
)
MARKERS: Final = tuple(name for name, _ in _MARKERS)
"""Files and folders that make the folder which has them that of a site."""
ABOVE: Final = tuple(name for name, flavour in _MARKERS if flavour in (Flavour.MKDOCS, Flavour.DOCUSAURUS))
"""Files in the folder above the docs root that say how its pages are read."""
_DOCS_DIR = re.compile(r"""^docs_dir:[ \t]*["']?([\w./-]+)""", re.MULTILINE)
"""Searched by line: an mkdocs.yml may hold tags that a safe YAML loader refuses."""
_DEDENTS = re.compile(r"^[ \t]+dedent_subsections:[ \t]*true\b", re.MULTILINE | re.IGNORECASE)
_PATH_ABOVE = re.compile(r"""\bpath:\s*["'](\.\./[\w./-]+)["']""")
"""Docusaurus pages outside the folder of the site."""
_MDX_FLAVOURS: Final = (Flavour.MINTLIFY, Flavour.DOCUSAURUS)


@dataclass(frozen=True, slots=True)
class Site:
    """A site inside the docs tree (or the tree inside a site)."""

    flavour: Flavour
    folder: str
    """Folder of its pages, relative to the docs root; empty for the root itself."""
    config: str | None
    """Folder of its configuration, relative to the docs root; None if that is above the root."""
    dedents: bool = False
    """Whether parts of included files lose their common indentation (``dedent_subsections`` of PyMdown's snippets)."""

    def holds(self, path: str) -> bool:
        """Return whether the page at ``path`` is one of its pages."""
        return not self.folder or path.startswith(f"{self.folder}/")


def find_sites(root: Path, folders: Sequence[str]) -> tuple[Site, ...]:
    """Return the sites among ``folders`` (relative to ``root``), innermost first.

    The folder above the root is looked at too: a docs root is often the ``docs`` folder beside ``mkdocs.yml``.
    """
    sites = [site for folder in folders for site in _sites_at(root / folder, folder)]
    above = [replace(site, folder="", config=None) for site in _sites_at(root / "..", "") if _is_beside(root, site)]
    return tuple(sorted(sites, key=lambda site: -site.folder.count("/") - bool(site.folder))) + tuple(above)


def site_folder(folder: Path, above: Iterable[Path]) -> Path | None:
    """Return the folder of the configuration of the site whose pages ``folder`` holds; None if there is none.

    Args:
        folder: absolute path.
        above: it and folders above it, nearest first.
    """
    for each in above:
        path = "" if folder == each else folder.relative_to(each).as_posix()
        if any(path == site.folder or site.holds(path) for site in _sites_at(each, "")):
            return each
    return None


def has_all_pages(folder: Path, configured: Path) -> bool:
    """Return whether a folder holds all pages of a site whose configuration is above it.

    Args:
        folder: absolute path.
        configured: folder of the configuration.
    """
    return any(_is_beside(folder, site) for site in _sites_at(configured, "")) and folder.parent == configured


def site_of(sites: Sequence[Site], path: str) -> Site | None:
    """Return the innermost site that holds the page at ``path``."""
    return next((site for site in sites if site.holds(path)), None)


def flavour_of(path: str, site: Site | None, layout: Layout) -> Flavour:
    """Return the dialect of the page at ``path``: that of the layout, else of its site and extension."""
    if layout.flavour is not None:
        return layout.flavour
    if path.lower().endswith(".mdx"):
        return site.flavour if site and site.flavour in _MDX_FLAVOURS else Flavour.MINTLIFY
    # Docusaurus reads .md as MDX too; elsewhere it is Markdown
    return site.flavour if site and site.flavour is not Flavour.MINTLIFY else Flavour.GITHUB


def _sites_at(folder: Path, name: str) -> list[Site]:
    """The sites whose configuration lies in ``folder``, which is ``name`` relative to the docs root."""
    sites: list[Site] = []
    for marker, flavour in _MARKERS:
        if not os.path.exists(f"{folder}{os.sep}{marker}"):  # noqa: PTH110  (faster, of thousands)
            continue
        config = folder / marker
        match flavour:
            case Flavour.MKDOCS:
                text = read_config(config)
                pages = _DOCS_DIR.search(text)
                dedents = _DEDENTS.search(text) is not None
                sites.append(Site(flavour, _joined(name, pages[1] if pages else "docs"), name, dedents))
            case Flavour.DOCUSAURUS:
                elsewhere = _PATH_ABOVE.findall(read_config(config))
                sites += [Site(flavour, _joined(name, pages), name) for pages in ("", *elsewhere)]
            case _:
                sites.append(Site(flavour, name, name))
    return sites


def _joined(folder: str, path: str) -> str:
    """``path`` from ``folder``, relative to the docs root; empty for the root itself."""
    joined = posixpath.normpath(posixpath.join(folder, path))
    return "" if joined == "." else joined


def _is_beside(root: Path, site: Site) -> bool:
    """Whether a site whose configuration lies above the root has its pages in the root."""
    if site.flavour is Flavour.MKDOCS:
        return root.resolve().name == site.folder
    return site.flavour is Flavour.DOCUSAURUS
