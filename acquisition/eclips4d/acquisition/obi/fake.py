"""Boards that scan the simulated microscope: for trying everything without a beam.

python -m eclips4d.acquisition.obi.fake "sim://copper-redox?size=256&fps=4" --instrument fake.toml
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from threading import Event

import numpy as np
from numpy.typing import NDArray

from eclips4d.acquisition.fake_command import fake_parser, run_fake, tell_address
from eclips4d.acquisition.obi.commands import CYCLE_US
from eclips4d.acquisition.obi.fake_board import WORDS, FakeBoard
from eclips4d.acquisition.simulated import SimulatedMicroscope
from eclips4d.core.errors import InputError
from eclips4d.core.frame import RawArray


def boards_of(
    simulation: SimulatedMicroscope,
    *,
    port: int = 0,
    faults: str = "",
    piece_bytes: int | None = None,
    loop: int = 8,
    in_time: bool = False,
) -> list[FakeBoard]:
    """One board for each segment; the faults are those of the second one. Errors as in `parse_faults`.

    Parameters
    ----------
    port
        Of the first board, the others are above; 0 takes free ones.
    loop
        Render only so many frames, and scan them over and over.
    in_time
        Let images take the time that the simulation's rate leaves them, instead of none.
    """
    settings = simulation.settings
    planned = parse_faults(faults)
    rendered = [simulation.frame(number).data for number in range(loop)]
    return [
        FakeBoard(
            _seen_by(segment, rendered),
            port=port + segment if port else 0,
            faults=planned if segment == 1 else {},
            piece_bytes=piece_bytes,
            scan_s=1.0 / (settings.frames_per_s * settings.segments) if in_time else 0.0,
        )
        for segment in range(settings.segments)
    ]


def _seen_by(segment: int, rendered: Sequence[RawArray]) -> Callable[[int], NDArray[np.uint16]]:
    def image(scan: int) -> NDArray[np.uint16]:
        seen: NDArray[np.uint16] = rendered[scan % len(rendered)][segment].astype(np.uint16)
        return seen

    return image


def parse_faults(text: str) -> dict[int, str]:
    """`WORD@SCAN,WORD@SCAN…`.

    Raises
    ------
    InputError
        Another word, or no scan.
    """
    planned: dict[int, str] = {}
    for item in filter(None, text.split(",")):
        word, _, scan = item.partition("@")
        if word not in WORDS or not scan.isdecimal():
            raise InputError(f"{item!r} is no fault", cure=f"say WORD@SCAN with one of {', '.join(WORDS)}")
        planned[int(scan)] = word
    return planned


def query_of(simulation: SimulatedMicroscope) -> str:
    """What an address has to ask for to get these images."""
    columns, rows = simulation.settings.size
    dwell_us = max(CYCLE_US, simulation.instrument.beam.dwell_us or CYCLE_US)
    return f"width={columns}&height={rows}&dwell_us={dwell_us:g}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C."""
    parser = fake_parser(
        "obi.fake", __doc__, "what the boards scan: sim://SCENE?size=256…", "of the second board, WORD@SCAN,…", WORDS
    )
    parser.add_argument("--port", type=int, default=2224, help="of the first board; the others are above. 0: free ones")
    parser.add_argument("--loop", type=int, default=8, help="render so many frames, and scan them over and over")
    return run_fake(parser, arguments, _serve)


def _serve(asked: argparse.Namespace, simulation: SimulatedMicroscope, ended: Event) -> None:
    with ExitStack() as opened:
        boards = boards_of(simulation, port=asked.port, faults=asked.faults, loop=asked.loop, in_time=True)
        for board in boards:
            opened.enter_context(board)
        tell_address(f"obi://{','.join(board.address for board in boards)}?{query_of(simulation)}")
        ended.wait()


if __name__ == "__main__":
    sys.exit(main())
