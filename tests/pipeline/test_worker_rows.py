"""A worker with rows to look at and frames to invert: frames first, and of the rows only the newest."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import zmq

from eclips4d.acquisition.open import open_source
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.messages import Beat, Inverted, Message, Ready, Welcome, Work
from eclips4d.core.strip_messages import StripMade, StripWork
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.inference.strips import StripPreview
from eclips4d.pipeline.config import Endpoints, RunConfig
from eclips4d.pipeline.ports import HubPort
from eclips4d.pipeline.work import Worker

SIZE = 48
NAME = b"inference-0"


class Played:
    """A worker, its hub and registration played by the test; turns of its loop without a thread."""

    def __init__(self, folder: Path) -> None:
        self.context: zmq.Context[Any] = zmq.Context()
        ends = Endpoints(hub=f"ipc://{folder}/h", surfaces=f"ipc://{folder}/s", notices=f"ipc://{folder}/n")
        config = RunConfig(
            run_id="r", source="s", out=folder / "o.zarr", spill_dir=folder / "x", endpoints=ends, strips=4
        )
        self.hub, self.registration = HubPort(self.context, ends.hub), HubPort(self.context, ends.surfaces)
        self.worker = Worker(config, self.context, NAME.decode())
        with open_source(f"sim://copper-redox?size={SIZE}&fps=100&frames=2&seed=3&render=live") as source:
            self.info, self.frames = source.info, list(source.frames())
        self.calibration = estimate_calibration(self.frames[0].data, parse_instrument(self.info.instrument_toml))
        self.said: list[tuple[Message, dict[str, Any]]] = []

    def close(self) -> None:
        self.worker.close()
        self.hub.close()
        self.registration.close()
        self.context.term()

    def turns(self, count: int) -> None:
        yes = iter([True] * count)
        self.worker.run(lambda: next(yes, False))
        self.hub.socket.poll(20)
        self.said += [(mail.message.body, mail.message.arrays) for mail in self.hub.arrived()]

    def until(self, kind: type, count: int = 1) -> list[Any]:
        deadline = time.monotonic() + 30
        while len(found := [(body, arrays) for body, arrays in self.said if isinstance(body, kind)]) < count:
            assert time.monotonic() < deadline, f"no {kind.__name__}: {[type(b).__name__ for b, _ in self.said]}"
            self.turns(1)
        return found

    def begin(self) -> None:
        while not self.said:
            self.turns(1)
        assert self.hub.send(NAME, Welcome(run_id="r", source=self.info))
        self.until(Ready)

    def rows(self, rows: int, **change: Any) -> None:
        frame = self.frames[1]
        work = StripWork(header=frame.header, rows=rows, calibration=self.calibration, model="analytic", stamps={})
        raw = np.ascontiguousarray(frame.data[:, :rows])
        assert self.hub.send(NAME, msgspec.structs.replace(work, **change), {"raw": raw})

    def frame(self, k: int) -> None:
        frame = self.frames[k]
        work = Work(header=frame.header, calibration=self.calibration, model="analytic", after=k - 1, stamps={})
        assert self.hub.send(NAME, work, {"raw": frame.data})


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Played]:
    made = Played(tmp_path)
    made.begin()
    yield made
    made.close()


def test_a_preview_is_what_the_pure_function_makes_of_the_rows(played: Played) -> None:
    instrument = parse_instrument(played.info.instrument_toml)
    preview = StripPreview(load_model("analytic", instrument), 12)
    for count, rows in enumerate((12, 24, 36), 1):
        played.rows(rows)
        made, arrays = played.until(StripMade, count)[-1]
        assert (made.sequence, made.rows) == (1, rows) and "inferred" in made.stamps
        expected = preview(1, played.frames[1].data[:, :rows], SIZE, played.calibration)
        np.testing.assert_array_equal(arrays["height"], expected)


def test_frames_come_before_rows_and_of_the_rows_only_the_newest_are_looked_at(played: Played) -> None:
    before = len(played.said)
    played.rows(12)
    played.rows(24)
    played.frame(0)
    played.frame(1)
    played.until(StripMade)
    order = [type(body).__name__ for body, _ in islice(played.said, before, None) if not isinstance(body, Beat)]
    assert order == ["Inverted", "Inverted", "StripMade"]
    assert played.until(StripMade)[0][0].rows == 24
    assert [body.sequence for body, _ in played.until(Inverted, 2)] == [0, 1]


def test_rows_that_cannot_be_looked_at_are_answered_and_the_worker_goes_on(played: Played) -> None:
    played.rows(12, model="no such model")
    refused, arrays = played.until(StripMade)[0]
    assert "no such model" in refused.refused and not arrays
    played.frame(0)
    played.until(Inverted)


def test_rows_of_another_shape_are_counted_and_dropped(played: Played) -> None:
    raw = np.zeros((4, 5, SIZE), np.uint16)
    work = StripWork(
        header=played.frames[1].header, rows=9, calibration=played.calibration, model="analytic", stamps={}
    )
    assert played.hub.send(NAME, work, {"raw": raw})
    played.frame(0)
    played.until(Inverted)
    assert played.worker.hub.bad_messages == 1
