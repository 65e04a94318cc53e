"""Files included into a block: PyMdown's ``--8<--`` inside a fence, VitePress's ``<<<`` and MyST's ``literalinclude``.

Only regular files inside the docs tree are read, symlinks resolved first. What is refused is a problem, and the line
stays as written.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from extractor.docs.tree import LFS_POINTER
from extractor.model import Flavour, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from markdown_it.token import Token

    from extractor.docs.sites import Site

INCLUDE_MARKS: Final = (b"8<-", b"<<<", b"literalinclude", b'.mdx"', b".mdx'", b'.md"', b".md'")
"""One of them stands on each page that shows code of another file; the last are ends of an MDX import."""
_MAX_FILE: Final = 1024 * 1024
_MAX_TOTAL: Final = 8 * 1024 * 1024
"""Characters that all includes of one page may bring in."""
_MAX_DEPTH: Final = 10
_MISSING: Final = "no such file in the docs tree"
_CONFIGURATIONS: Final = ("mkdocs.yml", "mkdocs.yaml")
_SNIPPET = re.compile(
    r"""(?P<indent>[ \t]*)-{1,20}8<-{1,20}[ \t]+(?P<quote>["'])(?P<target>[^"']+)(?P=quote)[ \t]*\Z"""
)
_UNREAD_OPTIONS: Final = ("pyobject", "diff", "prepend", "append")
"""Options of ``literalinclude`` that change which lines are shown, and are not read."""
_NUMBER = re.compile(r"[0-9]{1,7}")
_RANGE = re.compile(r"(?P<first>[0-9]{1,7})?(?P<dash>-)?(?P<last>(?<=-)[0-9]{1,7})?(?<=.)")
_MAX_RANGES: Final = 100
_ESCAPED = re.compile(r"\A([ \t]*);(?=-{1,20}8<-)")
"""A semicolon in front makes a snippet line plain text; the semicolon is not shown."""
_SECTION = re.compile(r"-{1,20}8<-{1,20}[ \t]{1,20}\[(?P<edge>start|end):(?P<name>[\w-]+)\]")
_REGION = re.compile(r"#[ \t]?(?P<edge>region|endregion)\b[ \t]*(?P<name>[\w.-]*)")


@dataclass(slots=True)
class Includes:
    """Resolves the includes of one page and records what was read."""

    root: Path
    page: str
    site: Site | None
    downloads: Mapping[str, str] = field(default_factory=dict)
    """As :attr:`extractor.model.Layout.downloads`."""
    depends: dict[str, str | None] = field(default_factory=dict)
    """Digest of each file that was read, by path relative to the root; None if the file does not exist."""
    problems: list[tuple[int, str]] = field(default_factory=list)
    """Line (0-based) and message."""
    _total: int = 0

    def resolve(self, tokens: Sequence[Token], flavour: Flavour) -> None:
        """Put the text of files into the ``fence`` tokens; ``meta["includes"]`` has the lines of each file as spans."""
        for token in tokens:
            if token.type != "fence" or not token.map:
                continue
            wanted = token.meta.get("include")
            if wanted and "options" in wanted:
                self._literal(token, str(wanted["path"]), wanted["options"])
            elif wanted:
                self._whole(token, str(wanted["path"]), wanted["region"])
            elif flavour is Flavour.MKDOCS and "8<-" in token.content:
                self._snippets(token)

    def imported(self, line: int, path: str) -> tuple[str, list[str]] | None:
        """Return path and lines of a page that an MDX page imports; None if it is not in the tree.

        Args:
            line: of the component that shows it (0-based).
            path: as the import has it: from the site's folder, or relative to the page.
        """
        known = len(self.problems)
        rest = path.removeprefix("@site")
        base = self.site.folder if self.site else ""
        inside = [posixpath.join(base, rest.lstrip("/")), rest.lstrip("/")]
        found = self._read(line, path, list(dict.fromkeys(inside)) if rest.startswith("/") else [self._beside(rest)])
        # a site may have other places for them: what is not here is not an error of the page
        del self.problems[known:]
        return found

    def _whole(self, token: Token, path: str, region: str | None) -> None:
        line = token.map[0] if token.map else 0
        base = self.site.folder if self.site else ""
        rest = path.removeprefix("@")
        candidates = [posixpath.join(base, rest.lstrip("/"))] if rest != path else [self._beside(path)]
        file = self._read(line, path, candidates)
        if file is None:
            return
        name, lines = file
        first, last = 1, len(lines)
        if region:
            bounds = _find_section(lines, region, _REGION)
            if bounds is None:
                self.problems.append((line, f"{name} has no region {region!r}"))
                return
            first, last = bounds
            shown = _dedented([text for text in lines[first - 1 : last] if not _REGION.search(text)])
        else:
            shown = lines
        token.content = "".join(f"{text}\n" for text in shown)
        token.meta["includes"] = (Span(name, first, last),)

    def _literal(self, token: Token, path: str, options: Mapping[str, str]) -> None:
        line = token.map[0] if token.map else 0
        file = self._read(line, path, [path.lstrip("/") if path.startswith("/") else self._beside(path)])
        if file is None:
            return
        name, lines = file
        if unread := [option for option in _UNREAD_OPTIONS if option in options]:
            self.problems.append(
                (line, f"the option :{unread[0]}: of literalinclude is not read; the file is shown whole")
            )
        numbers = _chosen_lines(lines, options)
        if not numbers:
            self.problems.append((line, f"{name} has no such lines"))
            return
        shown = [lines[number - 1] for number in numbers]
        if "dedent" in options:
            width = int(options["dedent"]) if _NUMBER.fullmatch(options["dedent"]) else None
            shown = _dedented(shown) if width is None else [text[min(width, _indent(text)) :] for text in shown]
        token.content = "".join(f"{text}\n" for text in shown)
        token.meta["includes"] = tuple(Span(name, first, last) for first, last in _runs(numbers))

    def _snippets(self, token: Token) -> None:
        line = token.map[0] + 1 if token.map else 0
        self._depend_on_site()
        spans: list[Span] = []
        lines: list[str] = []
        for offset, text in enumerate(token.content.split("\n")[:-1]):
            lines += self._snippet_line(line + offset, text, spans, ())
        token.content = "".join(f"{text}\n" for text in lines)
        token.meta["includes"] = tuple(spans)

    def _snippet_line(self, line: int, text: str, spans: list[Span], within: tuple[str, ...]) -> list[str]:
        """One line of a block, or the lines of the file that it includes."""
        snippet = _SNIPPET.match(text)
        if snippet is None:
            return [_ESCAPED.sub(r"\1", text)]
        target = self._local(snippet["target"])
        path, first, last, section = _split_target(target) if "://" not in target else (target, 1, None, None)
        config = self.site.config if self.site and self.site.config is not None else ""
        candidates = list(dict.fromkeys((posixpath.join(config, path), path, self._beside(path))))
        file = self._read(line, path, candidates)
        if file is None:
            return [text]
        name, lines = file
        if name in within or len(within) >= _MAX_DEPTH:
            self.problems.append((line, f"{name} includes itself" if name in within else "includes nested too deep"))
            return [text]
        if section:
            bounds = _find_section(lines, section, _SECTION)
            if bounds is None:
                self.problems.append((line, f"{name} has no section {section!r}"))
                return [text]
            first, last = bounds
        last = min(last or len(lines), len(lines))
        spans.append(Span(name, first, max(first, last)))
        brought: list[str] = []
        shown_lines = lines[first - 1 : last]
        if self.site and self.site.dedents and (section or (first, last) != (1, len(lines))):
            shown_lines = _dedented(shown_lines)
        for inner in shown_lines:
            if not _SECTION.search(inner):
                shown = snippet["indent"] + inner if inner else inner
                brought += self._snippet_line(line, shown, spans, (*within, name))
        return brought

    def _depend_on_site(self) -> None:
        """Record the site's configuration, which says how snippets are shown."""
        folder = ".." if self.site is None or self.site.config is None else self.site.config
        for marker in _CONFIGURATIONS:
            name = posixpath.join(folder, marker)
            try:
                self.depends[name] = hashlib.sha256((self.root / name).read_bytes()).hexdigest()
            except OSError:
                self.depends[name] = None

    def _local(self, target: str) -> str:
        """Return what a target is in the docs tree: its file if it is a URL that the layout has a folder for."""
        for start, folder in self.downloads.items():
            if target.startswith(start.rstrip("/") + "/"):
                return posixpath.join(folder, target[len(start.rstrip("/")) + 1 :])
        return target

    def _beside(self, path: str) -> str:
        return posixpath.join(posixpath.dirname(self.page), path)

    def _read(self, line: int, shown: str, candidates: Sequence[str]) -> tuple[str, list[str]] | None:
        """Path and lines of the first candidate that may be read; None after recording the problem."""
        if "://" in shown:
            reason = "[layout.downloads] has no folder for it, and only files of the docs tree are read"
            self.problems.append((line, f"include of {shown!r} is not followed: {reason}"))
            return None
        root = self.root.resolve()
        reason = _MISSING
        for candidate in candidates:
            name = posixpath.normpath(candidate)
            if posixpath.isabs(name) or name.startswith("..") or "\0" in name:
                reason = "it lies outside the docs tree"
                continue
            if _is_private(name):
                reason = "hidden files are not read"
                continue
            try:
                target = (root / name).resolve(strict=True)
                inside = target.is_relative_to(root)
                info = target.stat()
            except (OSError, RuntimeError, ValueError):
                self.depends[name] = None
                continue
            if not inside:
                reason = "it lies outside the docs tree"
            elif _is_private(target.relative_to(root).as_posix()):
                reason = "hidden files are not read"
            elif not stat.S_ISREG(info.st_mode):
                reason = "it is not a regular file"
            elif info.st_size > _MAX_FILE or self._total + info.st_size > _MAX_TOTAL:
                reason = f"more than {_MAX_FILE} bytes in one file or {_MAX_TOTAL} on one page"
            else:
                try:
                    data = target.read_bytes()
                except OSError as error:
                    reason = error.strerror or "it cannot be read"
                    continue
                if data.startswith(LFS_POINTER):
                    self.depends[name] = hashlib.sha256(data).hexdigest()
                    reason = "it is a Git LFS pointer; `git lfs pull` brings the file"
                    continue
                self._total += len(data)
                self.depends[name] = hashlib.sha256(data).hexdigest()
                text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
                return name, text.removesuffix("\n").split("\n")
        if reason == _MISSING and self.site is not None and self.site.config is None:
            reason += "; the site's configuration is one folder above: pass that folder as the docs root"
        self.problems.append((line, f"include of {shown!r} is not followed: {reason}"))
        return None


def _is_private(name: str) -> bool:
    """Whether a file is not part of the docs: git's own (CI stores tokens there), or hidden like ``.env``."""
    *folders, file = name.split("/")
    return ".git" in folders or file.startswith(".")


def _split_target(target: str) -> tuple[str, int, int | None, str | None]:
    """``path``, ``path:4:10`` or ``path:section``: path, first line, last line, section."""
    lines = re.fullmatch(r"(?P<path>.+?):(?P<first>\d{0,9})(?::(?P<last>\d{0,9}))?", target)
    if lines:
        return lines["path"], max(1, int(lines["first"] or 1)), int(lines["last"]) if lines["last"] else None, None
    path, colon, section = target.rpartition(":")
    return (path, 1, None, section) if colon and path else (target, 1, None, None)


def _find_section(lines: Sequence[str], name: str, marks: re.Pattern[str]) -> tuple[int, int] | None:
    """First and last line (1-based) between the marks of section ``name``; None if it is not there or is empty."""
    first = None
    for number, line in enumerate(lines, start=1):
        mark = marks.search(line)
        if mark is None or mark["name"] not in (name, ""):
            continue
        if first is None and mark["edge"] in ("start", "region") and mark["name"] == name:
            first = number + 1
        elif first is not None and mark["edge"] in ("end", "endregion"):
            return (first, number - 1) if number > first else None
    return None


def _chosen_lines(lines: Sequence[str], options: Mapping[str, str]) -> list[int]:
    """The numbers (1-based) of the lines that ``literalinclude`` shows, in the order of the file."""
    numbers = list(range(1, len(lines) + 1))
    if "lines" in options:
        ranges = _ranges(options["lines"])
        numbers = [number for number in numbers if any(first <= number <= last for first, last in ranges)]
    for option, keeps_it in (("start-at", True), ("start-after", False)):
        if option in options:
            at = next((index for index, number in enumerate(numbers) if options[option] in lines[number - 1]), None)
            numbers = [] if at is None else numbers[at + (not keeps_it) :]
    for option, keeps_it in (("end-at", True), ("end-before", False)):
        if option in options:
            at = next((index for index, number in enumerate(numbers) if options[option] in lines[number - 1]), None)
            numbers = numbers if at is None else numbers[: at + keeps_it]
    return numbers


def _ranges(text: str) -> list[tuple[int, int]]:
    """The first and last lines that ``1,3-5,20-`` names; the first hundred of them."""
    ranges = []
    for part in text.replace(" ", "").split(",")[:_MAX_RANGES]:
        if match := _RANGE.fullmatch(part):
            first = int(match["first"] or 1)
            ranges.append((first, int(match["last"] or _MAX_FILE) if match["dash"] else first))
    return ranges


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last number of each run without a gap."""
    first = last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1:
            yield first, last
            first = number
        last = number
    yield first, last


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _dedented(lines: Sequence[str]) -> list[str]:
    """``lines`` without the indent they share."""
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return [line[indent:] for line in lines]
