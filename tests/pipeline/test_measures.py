"""What stages measure, held against what really happened to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq
from hostile_wire import hostile_messages
from played_run import PlayedRun as Run

from eclips4d.acquisition.ring import RingCounts
from eclips4d.core.frame import Frame
from eclips4d.core.messages import FrameOffer, GapOffer, Ready, Work
from eclips4d.core.metrics import StageMetrics
from eclips4d.pipeline.acquire import Sender
from eclips4d.pipeline.config import Endpoints, RunConfig
from eclips4d.pipeline.measures import RingMetrics
from eclips4d.pipeline.ports import HubPort, PeerPort
from eclips4d.pipeline.work import Worker


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    yield run
    run.close()


@pytest.fixture
def frames(run: Run) -> list[Frame]:
    return list(run.source.frames())


def measured(metrics: StageMetrics, name: str, **labels: str) -> float:
    value = metrics.registry.get_sample_value(f"eclips4d_{name}", {"stage": metrics.stage, **labels})
    assert value is not None, name
    return value


def of_hub(run: Run, name: str, **labels: str) -> float:
    return measured(run.hub.metrics.stage, name, **labels)


def test_every_bad_message_is_counted(run: Run, frames: list[Frame]) -> None:
    acquisition, stranger = run.acquisition(), run.port("stranger")
    hostile = [parts for _, parts in hostile_messages() if parts]
    for parts in hostile:
        stranger.socket.send_multipart(parts)
    run.offer(acquisition, frames[0])
    run.until("the frame after them", 0, 1)
    while run.hub.port.bad_messages < len(hostile):
        run.step()
    assert of_hub(run, "bad_messages_total") == len(hostile)


def test_what_happens_to_frames_is_counted_and_timed(run: Run, frames: list[Frame]) -> None:
    acquisition = run.acquisition()
    run.offer(acquisition, frames[0])
    acquisition.send(GapOffer(sequence=1, frame_id=101, start_s=1.0))
    offer = FrameOffer(header=frames[2].header, stamps={"acquired": 1}, duplicates=2)
    acquisition.send(offer, {"raw": frames[2].data})
    worker, registration = run.others()
    worker.send(Ready(credits=2))
    for _ in range(2):
        run.finish_work(worker, registration, run.expect(worker, Work))
    run.until("all of them", 3, 3)
    run.hub._last_notice = 0.0
    run.step()
    assert [of_hub(run, f"{name}_total") for name in ("gaps", "duplicates", "frames", "quarantined")] == [1, 2, 2, 0]
    assert [of_hub(run, f"{name}_frames") for name in ("recorded", "committed", "backlog", "in_flight")] == [3, 3, 0, 0]
    assert of_hub(run, "durable_seconds_count") == 2
    assert of_hub(run, "commit_seconds_count") >= 1
    assert of_hub(run, "latency_seconds_count", step="written") == 2
    assert of_hub(run, "disk_free_bytes") > 0 and of_hub(run, "workers") == 1


def test_a_lost_stage_is_counted(run: Run) -> None:
    run.acquisition()
    run.others()
    run.hub._lost(b"inference-0")
    assert of_hub(run, "lost_stages_total") == 1


def test_the_ring_is_told_as_it_is() -> None:
    stage = StageMetrics("acquisition")
    ring = RingMetrics(stage)
    counts = {"memory_bytes": 100, "spill_bytes": 50, "spilled": 1, "damaged": 0}
    for gaps in (1, 3):
        ring.show(RingCounts(held=7, unsent=4, gaps=gaps, **counts))
    told = ("backlog_frames", "in_flight_frames", "ring_held_bytes", "ring_spilled_bytes", "gaps_total")
    assert [measured(stage, name) for name in told] == [4, 3, 100, 50, 3]


@pytest.fixture
def config(tmp_path: Path) -> RunConfig:
    ends = Endpoints(hub=f"ipc://{tmp_path}/h", surfaces=f"ipc://{tmp_path}/s", notices=f"ipc://{tmp_path}/n")
    source = "sim://copper-redox?size=32&frames=1"
    return RunConfig(run_id="r", source=source, out=tmp_path / "o.zarr", spill_dir=tmp_path / "spill", endpoints=ends)


@pytest.mark.parametrize("name", ["inference-0", "acquisition"])
def test_bad_messages_of_the_hub_are_counted_by_its_peers(config: RunConfig, name: str) -> None:
    metrics = StageMetrics(name)
    with zmq.Context() as context:
        hub = HubPort(context, config.endpoints.hub)
        stage = Worker(config, context, name, metrics) if name != "acquisition" else Sender(config, context, metrics)
        try:
            while hub.receive() is None:
                hub.socket.poll(20)
            hub.socket.send_multipart([name.encode(), b"nonsense"])
            stage.run(lambda: measured(metrics, "bad_messages_total") < 1)
        finally:
            stage.close()
            hub.close()
    assert measured(metrics, "bad_messages_total") == 1


def test_a_hub_that_says_nothing_is_noticed(config: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    with zmq.Context() as context:
        hub, peer = HubPort(context, config.endpoints.hub), PeerPort(context, config.endpoints.hub, "inference-0")
        assert peer.silence == ""
        monkeypatch.setattr("eclips4d.pipeline.ports.QUIET_S", -1.0)
        assert peer.silence.startswith(f"nothing heard from {config.endpoints.hub} for")
        peer.close()
        hub.close()
