"""The simulated microscope's frames and true heights, rendered by several workers and taken in order.

Every frame is a pure function of the address and its number, so a recording rendered by many has the bytes of one
rendered by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.core.errors import StageDiedError, StoreError
from eclips4d.core.frame import Frame, FrameHeader
from eclips4d.core.wire import AnyArray
from eclips4d.pipeline.cluster.pool import Died, Pool
from eclips4d.pipeline.cluster.staging import Staged, stage, staged, staged_path
from eclips4d.pipeline.cluster.windowed import in_order

What: TypeAlias = Literal["frame", "height"]


class Rendering(msgspec.Struct, frozen=True):
    """A frame, or the true height at its time, to be rendered and staged in `folder`."""

    address: str
    what: What
    sequence: int
    folder: str

    @property
    def key(self) -> str:
        """Of what is rendered."""
        return xxhash.xxh3_64_hexdigest(f"{self.address}\n{self.what}".encode())

    @property
    def path(self) -> Path:
        """Where it is staged."""
        return staged_path(Path(self.folder), self.sequence, self.key)


def render(job: Rendering) -> int:
    """Do it; what a worker is asked."""
    microscope = _microscope(job.address)
    if job.what == "height":
        height = microscope.microscope.true_height(microscope.scene, microscope.exposure(job.sequence).start_s)
        stage(job.path, job.key, b"", {"height": height})
    else:
        frame = microscope.frame(job.sequence)
        stage(job.path, job.key, msgspec.msgpack.encode(frame.header), {"data": frame.data})
    return job.sequence


def rendered_frames(pool: Pool, address: str, count: int, folder: Path) -> Iterator[Frame]:
    """Frames in order, a few of them staged in `folder` at a time.

    Raises
    ------
    StageDiedError
        Workers die of a frame.
    StoreError
        The folder is not the same to all.
    """
    for found in _rendered(pool, address, "frame", count, folder):
        header = msgspec.msgpack.decode(found.facts, type=FrameHeader)
        data: AnyArray = found.arrays["data"]
        yield Frame(header, data)  # type: ignore[arg-type]


def rendered_heights(pool: Pool, address: str, count: int, folder: Path) -> Iterator[NDArray[np.float32]]:
    """True heights in order; errors as of `rendered_frames`."""
    for found in _rendered(pool, address, "height", count, folder):
        yield found.arrays["height"]  # type: ignore[misc]


def _rendered(pool: Pool, address: str, what: What, count: int, folder: Path) -> Iterator[Staged]:
    jobs = (Rendering(address, what, sequence, str(folder)) for sequence in range(count))
    for job, answer in in_order(pool, render, jobs):
        if isinstance(answer, Died):
            raise StageDiedError(f"rendering {what} {job.sequence}: {answer.reason}", where=address)
        found = staged(job.path, job.key)
        if found is None:
            cure = "give an --out that all workers see under the same path"
            raise StoreError(f"what a worker rendered is not there: {job.path.name}", where=str(folder), cure=cure)
        job.path.unlink(missing_ok=True)
        yield found


@lru_cache(maxsize=1)
def _microscope(address: str) -> SimulatedMicroscope:
    return simulated_microscope(address)
