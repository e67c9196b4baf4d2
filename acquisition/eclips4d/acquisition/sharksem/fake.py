"""The simulated microscope behind SharkSEM: for trying everything without a beam.

python -m eclips4d.acquisition.sharksem.fake "sim://copper-redox?size=512&fps=4" --instrument fake.toml
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from threading import Event

from eclips4d.acquisition.fake_command import fake_parser, run_fake, tell_address
from eclips4d.acquisition.sharksem.connection import PORT
from eclips4d.acquisition.sharksem.fake_faults import WORDS, parse_faults
from eclips4d.acquisition.sharksem.fake_server import FakeSharkSem
from eclips4d.acquisition.sharksem.fake_state import FakeState
from eclips4d.acquisition.simulated import SimulatedMicroscope
from eclips4d.core.frame import RawArray


def fake_of(
    simulation: SimulatedMicroscope,
    *,
    port: int = 0,
    host: str = "127.0.0.1",
    faults: str = "",
    piece_bytes: int | None = None,
    advancing: bool = False,
    loop: int | None = None,
) -> FakeSharkSem:
    """A fake whose images are those of a simulation; errors as in `simulated_microscope` and `parse_faults`.

    Parameters
    ----------
    loop
        Render only so many, and send them over and over: for rates that rendering does not reach.
    """
    detector = simulation.instrument.detector
    state = FakeState(
        size=simulation.settings.size,
        segments=simulation.settings.segments,
        energy_kev=simulation.instrument.beam.energy_kev,
        working_distance_mm=detector.height_mm,
        pixel_nm=simulation.settings.pixel_nm,
        rotation_deg=simulation.settings.rotation_deg,
    )
    return FakeSharkSem(
        _images(simulation, loop),
        state,
        period_s=1.0 / simulation.settings.frames_per_s,
        port=port,
        host=host,
        faults=parse_faults(faults, piece_bytes),
        advancing=advancing,
    )


def query_of(simulation: SimulatedMicroscope) -> str:
    """What an address has to ask for to get these images."""
    columns, rows = simulation.settings.size
    channels = ",".join(map(str, range(simulation.settings.segments)))
    return f"channels={channels}&width={columns}&height={rows}&dwell_us={simulation.instrument.beam.dwell_us:g}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C."""
    parser = fake_parser("sharksem.fake", __doc__, "what it sees: sim://SCENE?size=512&fps=4…", "WORD@FRAME,…", WORDS)
    parser.add_argument("--host", default="127.0.0.1", help="to listen at; this computer only unless another is given")
    parser.add_argument("--port", type=int, default=PORT, help="of the control connection; the data port is one above")
    parser.add_argument("--piece-bytes", type=int, help="the most that is sent at once")
    parser.add_argument("--advancing", action="store_true", help="the frame's number advances during a scan")
    parser.add_argument("--loop", type=int, help="render only so many frames, and send them over and over")
    return run_fake(parser, arguments, _serve)


def _serve(asked: argparse.Namespace, simulation: SimulatedMicroscope, ended: Event) -> None:
    fake = fake_of(
        simulation,
        port=asked.port,
        host=asked.host,
        faults=asked.faults,
        piece_bytes=asked.piece_bytes,
        advancing=asked.advancing,
        loop=asked.loop,
    )
    with fake:
        tell_address(f"sharksem://{fake.address}?{query_of(simulation)}")
        ended.wait()


def _images(simulation: SimulatedMicroscope, loop: int | None) -> Callable[[int], RawArray]:
    if loop is None:
        return lambda frame: simulation.frame(frame).data
    rendered = [simulation.frame(frame).data for frame in range(loop)]
    return lambda frame: rendered[frame % loop]


if __name__ == "__main__":
    sys.exit(main())
