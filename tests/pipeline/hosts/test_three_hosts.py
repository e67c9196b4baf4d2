"""The stages of three hosts, each configured by its host's share of the file, with keys, over tcp."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import zmq

from eclips4d.pipeline.acquire import Sender
from eclips4d.pipeline.align import Aligner
from eclips4d.pipeline.bench.scaling.hosts.lab_run import exchange_keys
from eclips4d.pipeline.hosts.lab import Lab
from eclips4d.pipeline.hosts.share import Share
from eclips4d.pipeline.hub import Hub
from eclips4d.pipeline.security.keyring import check_endpoints
from eclips4d.pipeline.security.keys import KeyFolder
from eclips4d.pipeline.work import Worker
from eclips4d.storage import open as open_store

FRAMES = 6
Context = zmq.Context[zmq.Socket[bytes]]
PLACED = {"storage": "server", "registration": "server", "inference-0": "gpu", "acquisition": "microscope"}


def stages_of(lab: Lab, folder: Path) -> dict[str, Callable[[Context, Callable[[], bool]], Any]]:
    """How each is run, as its own host configures it."""
    configs = {stage: Share(lab, host, keys=folder / f"keys-{host}").config_of(stage) for stage, host in PLACED.items()}
    for stage, config in configs.items():
        check_endpoints(config, stage.partition("-")[0])

    def storage(context: Context, go_on: Callable[[], bool]) -> bool:
        with closing(Hub(configs["storage"], context)) as hub:
            return hub.run(go_on)

    def registration(context: Context, go_on: Callable[[], bool]) -> None:
        with closing(Aligner(configs["registration"], context)) as aligner:
            aligner.run(go_on)

    def inference(context: Context, go_on: Callable[[], bool]) -> None:
        with closing(Worker(configs["inference-0"], context, "inference-0")) as worker:
            worker.run(go_on)

    def acquisition(context: Context, go_on: Callable[[], bool]) -> None:
        with closing(Sender(configs["acquisition"], context)) as sender:
            sender.run(go_on)

    runs = (storage, registration, inference, acquisition)
    return dict(zip(PLACED, runs, strict=True))


@contextmanager
def running(lab: Lab, folder: Path) -> Iterator[dict[str, Future[Any]]]:
    """Each stage in a thread with sockets of its own, as the processes of hosts are."""
    over = Event()
    with ThreadPoolExecutor(len(PLACED)) as threads:

        def run(stage: Callable[[Context, Callable[[], bool]], Any]) -> Any:
            with zmq.Context() as context:
                return stage(context, lambda: not over.is_set())

        try:
            yield {name: threads.submit(run, stage) for name, stage in stages_of(lab, folder).items()}
        finally:
            over.set()


def test_a_run_over_three_hosts_is_complete(lab: Lab, tmp_path: Path) -> None:
    exchange_keys({host: KeyFolder(tmp_path / f"keys-{host}") for host in lab.hosts})
    with running(lab, tmp_path) as stages:
        assert stages["storage"].result(120), "the run is complete"
        for stage in stages.values():
            stage.result(30)
    with open_store(tmp_path / "run.zarr") as data:
        assert data["status"].values.tolist() == [1] * FRAMES
        assert data["height"].shape[0] == FRAMES
