"""One sound message of every type, of a run whose frames are small: what hostile ones are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from eclips4d.acquisition.fakes import FakeSource
from eclips4d.core.calibration import Calibration
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.messages import (
    Ack,
    Beat,
    Bye,
    End,
    Failed,
    FrameOffer,
    GapOffer,
    Held,
    Hello,
    Inverted,
    Look,
    Message,
    NoMore,
    Note,
    Noted,
    Notice,
    Ready,
    Recall,
    Recalled,
    RegisteredOffer,
    Remark,
    Seen,
    Skip,
    Skipped,
    Stages,
    SurfaceOffer,
    Welcome,
    Who,
    Work,
)
from eclips4d.core.wire import AnyArray
from eclips4d.inference.calibrate import estimate_calibration


@dataclass(frozen=True, slots=True)
class Sound:
    """A message and its arrays."""

    body: Message
    arrays: Mapping[str, AnyArray] = field(default_factory=dict)


def sound_messages(source: FakeSource, sequence: int = 0) -> list[Sound]:
    """One of every type, as the stages of a run of this source say them when this frame's turn has come."""
    frame = source.frame(sequence)
    header, raw = frame.header, {"raw": frame.data}
    calibration = estimate_calibration(
        frame.data, parse_instrument(source.info.instrument_toml, source.info.address), 0, header.side
    )
    return [
        *_of_acquisition(source, sequence),
        *_of_workers(source, sequence, calibration),
        *_of_registration(calibration, sequence, header.shape),
        Sound(Who()),
        Sound(Welcome(run_id="r", next_sequence=sequence, credits=4, source=source.info)),
        Sound(Welcome(run_id="r", source=source.info, header=header, calibration=calibration), raw),
        Sound(Ack(durable=sequence, credits=1)),
        Sound(
            Work(header=header, calibration=calibration, model="analytic", after=sequence - 1, stamps={"acquired": 1}),
            raw,
        ),
        Sound(NoMore(after=sequence)),
        Sound(Recalled(sequence=sequence), raw),
        Sound(Skip(sequence=sequence, after=sequence - 1)),
        Sound(Bye(reason="over")),
        Sound(_notice()),
        Sound(Stages(states={"inference-0": "working"}, whys={"registration": "killed"})),
        Sound(Note(key="k", text="O2 on", age_s=1.5, sequence=sequence)),
        Sound(Noted(key="k", sequence=sequence, time_s=2.0)),
        Sound(Look(number=1, name="run.zarr", wanted=b"\x90", seen=b"s" * 16, have=(b"h" * 16,))),
        Sound(Seen(number=1, now_s=2.0, root=b"r" * 16), {"table": np.zeros(2, np.uint8)}),
    ]


def planes(shape: tuple[int, ...], value: float = 0.0) -> dict[str, AnyArray]:
    """The planes of a flat surface."""
    plane: Any = np.full(shape[1:], value, np.float32)
    names = ("slope_sd", "height", "height_sd", "residual")
    return {**dict.fromkeys(names, plane), "slope": np.stack([plane, plane]), "trust": plane.astype(np.uint8)}


def _of_acquisition(source: FakeSource, sequence: int) -> list[Sound]:
    frame = source.frame(sequence)
    return [
        Sound(Hello(role="acquisition", name="acquisition", pid=1, source=source.info)),
        Sound(FrameOffer(header=frame.header, stamps={"acquired": 1}, duplicates=1), {"raw": frame.data}),
        Sound(GapOffer(sequence=sequence, frame_id=sequence, start_s=0.01)),
        Sound(Remark(what="the source was silent", values={"seconds": 1.5, "count": 2})),
        Sound(End(total=source.info.frames or 0, reason="", duplicates=0)),
        Sound(Beat(name="acquisition")),
    ]


def _of_workers(source: FakeSource, sequence: int, calibration: Calibration) -> list[Sound]:
    frame = source.frame(sequence)
    offer = SurfaceOffer(
        header=frame.header, calibration=calibration, model="m", after=sequence - 1, stamps={"inferred": 2}
    )
    return [
        Sound(Hello(role="inference", name="inference-0", pid=2)),
        Sound(Ready(credits=2)),
        Sound(Inverted(sequence=sequence)),
        Sound(Failed(sequence=sequence, reason="nothing to see")),
        Sound(offer, {"raw": frame.data, **planes(frame.data.shape)}),
    ]


def _of_registration(calibration: Calibration, sequence: int, shape: tuple[int, ...]) -> list[Sound]:
    offer = RegisteredOffer(
        sequence=sequence,
        drift_px=(0.1, 0.2),
        drift_rate_px=(0.0, 0.0),
        drift_sd_px=(0.1, 0.1),
        aligned=True,
        reference=0,
        calibration=calibration.fingerprint,
        model="m",
        events=("jump by 3 rows",),
        state=b"state",
        stamps={"registered": 3},
    )
    return [
        Sound(Hello(role="registration", name="registration", pid=3)),
        Sound(offer, planes(shape)),
        Sound(Held(sequence=sequence)),
        Sound(Recall(sequences=(0, sequence))),
        Sound(Skipped(sequence=sequence)),
    ]


def _notice() -> Notice:
    return Notice(
        run_id="r",
        recorded=3,
        committed=2,
        total=6,
        frame_id=2,
        time_s=0.02,
        lag_s=0.1,
        gaps=0,
        duplicates=0,
        quarantined=0,
        deferred=0,
        disk_free_bytes=1 << 30,
        workers=1,
    )
