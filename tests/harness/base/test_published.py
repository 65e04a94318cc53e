from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from harness.base.published import FormatOverrides, published_type


@dataclass(frozen=True, slots=True)
class Point:
    x: Annotated[int, Meta(ge=1, description="From the left.")]
    y: int
    color: str = "red"


@dataclass(frozen=True, slots=True)
class Label:
    words: tuple[str, ...]


class PublishedLabel(msgspec.Struct):
    text: str

    @property
    def words(self) -> list[str]:
        return self.text.split()


@dataclass(frozen=True, slots=True)
class Drawing:
    kind: Literal["plan", "map"]
    points: tuple[Point, ...]
    center: Point | None = None
    by_name: Mapping[str, Point] = field(default_factory=dict)
    source_file: str = ""
    cache: object = None


DEVIATIONS = FormatOverrides(
    unpublished={Point: {"color"}, Drawing: {"cache"}},
    required={Drawing: {"center"}},
    renamed={Drawing: {"source_file": "source"}},
    titles={Point: "Place"},
)
DRAWING = Drawing("plan", (Point(1, 2, "blue"),), Point(3, 4), {"a": Point(5, 6)}, "a.txt", object())


def written(value: object, kind: object) -> object:
    return msgspec.to_builtins(msgspec.convert(value, kind, from_attributes=True))


def read(text: str) -> Drawing:
    published = published_type(Drawing, DEVIATIONS)
    return msgspec.convert(msgspec.json.decode(text, type=published), Drawing, from_attributes=True)


def test_the_model_is_written_without_what_is_unpublished() -> None:
    assert written(DRAWING, published_type(Drawing, DEVIATIONS)) == {
        "kind": "plan", "points": ({"x": 1, "y": 2},), "center": {"x": 3, "y": 4}, "by_name": {"a": {"x": 5, "y": 6}},
        "source": "a.txt",
    }  # fmt: skip


def test_what_is_unpublished_has_its_default_when_read() -> None:
    drawing = read('{"kind":"map","points":[{"x":1,"y":2,"color":"green"}],"center":null,"source":"b","cache":7}')
    assert drawing == Drawing("map", (Point(1, 2, "red"),), None, {}, "b", None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"kind":"plan","points":[]}', "missing required field `center`"),
        ('{"kind":"plan","points":[{"y":2}],"center":null}', r"missing required field `x` - at `\$.points\[0\]`"),
        ('{"kind":"plan","points":[],"center":{"x":0,"y":1}}', r">= 1 - at `\$.center.x`"),
        ('{"kind":"photo","points":[],"center":null}', "Invalid enum value 'photo'"),
    ],
)
def test_what_is_missing_or_out_of_bounds_is_named(text: str, message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        read(text)


def test_the_schema_has_the_titles_and_descriptions() -> None:
    definitions = msgspec.json.schema(published_type(Drawing, DEVIATIONS))["$defs"]
    assert definitions["Place"]["properties"]["x"] == {
        "description": "From the left.", "type": "integer", "minimum": 1,
    }  # fmt: skip
    assert definitions["Drawing"]["required"] == ["kind", "points", "center"]


def test_a_class_can_be_published_in_another_shape() -> None:
    published = published_type(Label, FormatOverrides(replaced={Label: PublishedLabel}))
    label = msgspec.convert(msgspec.json.decode('{"text":"two words"}', type=published), Label, from_attributes=True)
    assert label == Label(("two", "words"))
