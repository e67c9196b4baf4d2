"""A place in a bucket, a store that grows where a run would write it, and a recording for whole runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from growing_store import GrowingStore, create_store
from rich.console import Console
from small_recording import small_recording

from eclips4d.pipeline import mirroring
from eclips4d.pipeline.bucket_run.delivery import Delivery
from eclips4d.pipeline.cli import main

FRAMES = 8


@pytest.fixture
def place(s3, tmp_path: Path) -> str:
    return f"s3://bucket/{tmp_path.name}/run.zarr"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirroring, "POLL_S", 0.02)
    monkeypatch.setattr(mirroring, "MOST_S", 0.1)


class Told:
    """A console whose words can be read."""

    def __init__(self) -> None:
        self._out = StringIO()
        self.console = Console(file=self._out, width=400, markup=False)

    def __str__(self) -> str:
        return self._out.getvalue()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def delivery(place: str, told: Told, tmp_path: Path) -> Iterator[Callable[..., Delivery]]:
    """Deliveries to the place."""
    made: list[Delivery] = []

    def deliver(*, keep_local: bool = False) -> Delivery:
        one = Delivery(Path(place), tmp_path / "staging", keep_local=keep_local, console=told.console)
        made.append(one.__enter__())
        return one

    yield deliver
    for one in made:
        one.__exit__(None, None, None)


@pytest.fixture
def grown(delivery: Callable[..., Delivery]) -> GrowingStore:
    """Three frames of a run that has ended, where the delivery has its store."""
    store = create_store(delivery().local)
    store.grow(3)
    store.finish()
    store.writer.close()
    return store


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small frames, half a second apart."""
    folder = tmp_path_factory.mktemp("recording")
    return small_recording(folder, size=64, frames=FRAMES, period_s=0.5)


@pytest.fixture(scope="session")
def on_a_disk(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of its run with no bucket anywhere."""
    store = tmp_path_factory.mktemp("disk") / "run.zarr"
    assert main(["run", str(recording), "--out", str(store), "--no-view"]) == 0
    return store
