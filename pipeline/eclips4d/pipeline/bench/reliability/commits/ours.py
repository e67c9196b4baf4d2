"""Frames through the store's writer as a run sends them: several on their way at once, one commit per frame."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future
from pathlib import Path

import msgspec

from eclips4d.pipeline.bench.reliability.frames import Made
from eclips4d.storage.measure import CALIBRATION, numbered
from eclips4d.storage.writer import StoreWriter

ON_THEIR_WAY = 4
"""Raw frames, and as many results, that the disk has not confirmed yet."""
Waiting = deque[tuple[int, Future[None]]]


def commits_per_second(path: Path, made: Made, frames: int, keep: tuple[str, ...]) -> float:
    """Store `frames` frames, in turn from `made`, each with a commit of its own; from first write to last commit.

    Parameters
    ----------
    keep
        Products that are stored; without any, only raw frames are recorded.
    """
    source = msgspec.structs.replace(made.source, frames=frames)
    count = len(made.frames)
    with StoreWriter.create(path, source, "bench", keep=keep, stages=("storage",)) as writer:
        calibration, model = writer.add_calibration(CALIBRATION), writer.add_model("bench", "analytic")
        recording: Waiting = deque()
        settling: Waiting = deque()

        def settle() -> None:
            sequence, written = settling.popleft()
            written.result()
            writer.commit(committed=sequence + 1 if keep else 0, recorded=sequence + 1)

        def invert() -> None:
            sequence, durable = recording.popleft()
            if keep:
                durable.result()
                durable = writer.write_registered(sequence, made.results[sequence % count], calibration, model)
            settling.append((sequence, durable))
            if len(settling) > ON_THEIR_WAY:
                settle()

        started = time.perf_counter()
        for sequence in range(frames):
            frame = numbered(made.frames[sequence % count], sequence)
            recording.append((sequence, writer.write_frame(frame)))
            if len(recording) > ON_THEIR_WAY:
                invert()
        while recording:
            invert()
        while settling:
            settle()
        return frames / (time.perf_counter() - started)
