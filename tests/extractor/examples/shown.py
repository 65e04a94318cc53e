"""Examples as text that a person reads and compares with the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.model import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractor.model import Bundle, Example, SourceFile


def shown(examples: Sequence[Example]) -> str:
    return "\n".join("\n".join(_example(example)) + "\n" for example in examples)


def _example(example: Example) -> Iterator[str]:
    yield f"{example.id}  {example.kind}  {example.status}"
    yield f"  lines {', '.join(f'{span.first}-{span.last}' for span in example.spans)}"
    if example.reason:
        yield f"  because it {example.reason}"
    if example.resolve_date:
        yield f"  packages of {example.resolve_date}"
    if example.expected:
        yield f"  expected not to run: {example.expected}"
    if example.bundle:
        yield from _bundle(example.bundle)


def _bundle(bundle: Bundle) -> Iterator[str]:
    for file in bundle.files:
        yield f"  file {file.path}: {', '.join(_segments(file)) or 'empty'}"
    yield f"  {bundle.manager} {' '.join(map(str, bundle.dependencies)) or 'nothing'}"
    for step in bundle.build:
        yield f"  build {' '.join(step)}"
    yield f"  run {' '.join(bundle.command)}"
    for name, value in bundle.environment.items():
        yield f"  env {name}={value}"
    for service in bundle.services:
        settings = " ".join(f"{key}={value}" for key, value in sorted(service.settings.items()))
        yield f"  service {service.kind} {service.host}:{service.port} {settings}"
    if bundle.endpoint_paths:
        yield f"  endpoint {' '.join(bundle.endpoint_paths)}"
    if bundle.host_names:
        yield f"  host {' '.join(bundle.host_names)}"
    for part in bundle.left_to_reader:
        yield f"  left to the reader: {part}"
    for note in bundle.notes:
        sure = f" ({note.confidence:.1f})" if note.origin is Origin.INFERRED else ""
        yield f"  {note.origin}: {note.what}{sure}"


def _segments(file: SourceFile) -> Iterator[str]:
    for segment in file.segments:
        last = segment.first + segment.count - 1
        of = f"page {segment.span.first}-{segment.span.last}" if segment.span else "added"
        yield f"{segment.first}-{last} {of}"
