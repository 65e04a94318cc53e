"""What is removed and what is kept, on an engine that is a list of containers, volumes and images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import docker.errors
import pytest
import requests

from harness.engine.api import Api
from harness.engine.cleanup import Cleaned, remove_everything, remove_left_over
from harness.engine.install.images import ImageRecords
from harness.engine.owner import LABEL, own
from harness.model import Image

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


class Engine:
    """The part of docker-py's client that is asked."""

    def __init__(self) -> None:
        self.by_id: dict[str, dict[str, str]] = {}
        self.stores: dict[str, dict[str, str]] = {}
        self.tags: dict[str, list[str]] = {}
        self.in_use: set[str] = set()

    def containers(self, *, all: bool, filters: dict[str, str]) -> list[dict[str, Any]]:
        assert all
        return [{"Id": id, "Labels": labels} for id, labels in self.by_id.items() if matches(labels, filters)]

    def volumes(self, *, filters: dict[str, str]) -> dict[str, Any]:
        found = [{"Name": name, "Labels": labels} for name, labels in self.stores.items() if matches(labels, filters)]
        return {"Volumes": found or None}

    def images(self, *, filters: dict[str, str]) -> list[dict[str, Any]]:
        return [{"Id": f"sha256:{number}", "RepoTags": list(tags)} for number, tags in self.tags.items()]

    def remove_container(self, container: str, *, v: bool, force: bool) -> None:
        assert v
        assert force
        del self.by_id[container]

    def remove_volume(self, name: str, *, force: bool) -> None:
        del self.stores[name]

    def remove_image(self, name: str) -> None:
        if name in self.in_use:
            response = requests.Response()
            response.status_code = 409
            raise docker.errors.APIError("in use", response=response)
        for tags in self.tags.values():
            if name in tags:
                tags.remove(name)


def matches(labels: dict[str, str], filters: dict[str, str]) -> bool:
    name, _, value = filters["label"].partition("=")
    return name in labels and (not value or labels[name] == value)


@pytest.fixture
def engine() -> Engine:
    return Engine()


def api(engine: Engine) -> Api:
    return Api(engine)  # type: ignore[arg-type]


async def test_only_what_dead_runs_of_the_same_state_folder_left_is_removed(engine: Engine, tmp_path: Path) -> None:
    with own(tmp_path / "mine") as dead:
        pass
    with own(tmp_path / "elsewhere") as other:
        pass
    with own(tmp_path / "mine") as living:
        engine.by_id = {
            "dead": dead.labels("anchor"),
            "living": living.labels("example"),
            "other folder": other.labels("anchor"),
            "a user's, of docprobe's image": {LABEL: "deps", "docprobe.run": ""},
        }
        engine.stores = {"dead": dead.labels("work"), "living": living.labels("work")}
        assert await remove_left_over(api(engine), tmp_path / "mine") == 2
    assert set(engine.by_id) == {"living", "other folder", "a user's, of docprobe's image"}
    assert set(engine.stores) == {"living"}


async def test_an_anchor_goes_after_what_lives_in_its_namespaces(engine: Engine, tmp_path: Path) -> None:
    with own(tmp_path / "mine") as dead:
        pass
    engine.by_id = {"a1": dead.labels("anchor"), "e1": dead.labels("example"), "a2": dead.labels("anchor")}
    order: list[str] = []
    remove = engine.remove_container

    def removed(container: str, *, v: bool, force: bool) -> None:
        order.append(container)
        remove(container, v=v, force=force)

    engine.remove_container = removed  # type: ignore[method-assign]
    assert await remove_left_over(api(engine), tmp_path / "mine") == 3
    assert order == ["e1", "a1", "a2"]


async def test_everything_goes_but_what_a_living_run_uses(engine: Engine, tmp_path: Path) -> None:
    records = ImageRecords(tmp_path)
    records.write(Image("docprobe/deps:k", "k", {}, None, "", ()))
    with own(tmp_path / "a") as dead:
        pass
    with own(tmp_path / "b") as living:
        engine.by_id = {
            "dead": dead.labels("anchor"),
            "living": living.labels("anchor"),
            "a user's, of docprobe's image": {LABEL: "deps", "docprobe.run": ""},
        }
        engine.stores = {"dead": dead.labels("work"), "living": living.labels("work")}
        engine.tags = {
            "1": ["docprobe/base:python"],
            "2": ["docprobe/deps:k", "mine/own:tag"],
            "3": ["docprobe/deps:u"],
        }
        engine.in_use = {"docprobe/deps:u"}
        cleaned = await remove_everything(api(engine), tmp_path)
    assert cleaned == Cleaned(containers=2, images=2, live_runs=1, images_in_use=1)
    assert set(engine.by_id) == {"living", "a user's, of docprobe's image"}
    assert set(engine.stores) == {"living"}
    assert engine.tags == {"1": [], "2": ["mine/own:tag"], "3": ["docprobe/deps:u"]}
    assert records.oldest_first() == []
