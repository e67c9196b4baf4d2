"""Small runs of many kinds, settled without pixels of results."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eclips4d.core.frame import Frame, FrameHeader
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.results import Status
from eclips4d.core.source import SourceInfo
from eclips4d.storage import StoreWriter

SHAPE = (4, 6, 8)


def write_run(
    path: Path,
    *,
    run_id: str = "run",
    begun: str = "2026-03-01T12:00:00Z",
    specimen: str = "",
    beam: str = "",
    model: str = "analytic",
    states: tuple[Status, ...] = (Status.GAP, Status.DEFERRED, Status.NOT_ALIGNED | Status.DONE),
    side: tuple[dict[str, float], ...] = ({}, {}, {}),
    ended: bool = True,
) -> Path:
    """A store with as many frames as states, each settled without pixels of results."""
    toml = (
        f"[beam]\nenergy_kev = 10\n{beam}\n[scan]\npixel_size_nm = 4\n"
        f"[detector]\ndistance_mm = 6\nazimuths_deg = [45, 135, 225, 315]\n[specimen]\n{specimen}\n"
    )
    instrument = parse_instrument(toml)
    source = SourceInfo(
        kind="sim",
        address=f"sim://{path.stem}",
        identity=path.stem,
        instrument_toml=toml,
        instrument=instrument.fingerprint,
        segments=("A", "B", "C", "D"),
        dtype="uint16",
        shape=SHAPE,
        frames=None,
        can_wait=False,
        start_utc=begun,
        side_units={name: "Pa" for values in side for name in values},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with StoreWriter.create(path, source, run_id, keep=("height",), stages=("inference",)) as writer:
        writer.add_model(model * 2, model)
        for k, (state, values) in enumerate(zip(states, side, strict=True)):
            header = FrameHeader(
                run_id=run_id,
                sequence=k,
                frame_id=k,
                start_s=2.0 * k,
                end_s=2.0 * k + 1.0,
                line_time_s=0.0,
                segments=source.segments,
                dtype="uint16",
                shape=SHAPE,
                pixel_size_nm=(4.0, 4.0),
                rotation_deg=0.0,
                instrument=source.instrument,
                side=values,
            )
            writer.write_frame(Frame(header, np.full(SHAPE, k, np.uint16))).result()
            writer.set_status(k, state)
        writer.commit(committed=len(states), recorded=len(states))
        if ended:
            writer.finish(len(states))
    return path
