"""`nidaq://fake?scene=…`: the simulated microscope behind a device that is not there.

python -m eclips4d.acquisition.nidaq.fake "sim://copper-redox?size=256&fps=1" --instrument fake.toml
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from eclips4d.acquisition.nidaq.mock import MockDaq
from eclips4d.acquisition.nidaq.plan import ScanPlan
from eclips4d.acquisition.nidaq.settings import NiScan
from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.core.errors import EclipsError, InputError

LOOP = 4
"""Frames that are rendered when it is opened, and scanned over and over."""


def fake_device(asked: NiScan, address: str) -> MockDaq:
    """A device that sees `asked.scene`.

    Raises
    ------
    InputError
        No scene, or one of another size.
    """
    if not asked.scene:
        raise InputError(
            "the fake sees nothing",
            where=address,
            cure="give scene=sim://… as python -m eclips4d.acquisition.nidaq.fake says",
        )
    simulation = simulated_microscope(asked.scene)
    simulation.check()
    rendered = [simulation.frame(number).data for number in range(LOOP)]
    if rendered[0].shape != (len(asked.inputs), asked.height, asked.width):
        raise InputError(
            f"the scene has images of shape {rendered[0].shape}",
            where=address,
            cure="give its width, height and inputs",
        )
    return MockDaq(lambda number: rendered[number % LOOP])


def query_of(simulation: SimulatedMicroscope, scene: str) -> str:
    """What an address has to ask for to scan this at the simulation's own rate."""
    (columns, rows), settings = simulation.settings.size, simulation.settings
    asked = NiScan(width=columns, height=rows, samples=1, flyback=max(4, columns // 16), settle=max(2, columns // 32))
    plan = ScanPlan(asked)
    dwell_us = 1e6 / settings.frames_per_s / (plan.rows * plan.columns)
    inputs = ",".join(map(str, range(settings.segments)))
    return (
        f"scene={quote(scene, safe='')}&inputs={inputs}&width={columns}&height={rows}&samples=1"
        f"&flyback={asked.flyback}&settle={asked.settle}&dwell_us={dwell_us:.2f}&blank=port0/line0"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Say the address, and write the instrument file that goes with it."""
    parser = argparse.ArgumentParser(prog="python -m eclips4d.acquisition.nidaq.fake", description=__doc__)
    parser.add_argument("scene", help="what it scans: sim://SCENE?size=256&fps=1…")
    parser.add_argument("--instrument", type=Path, help="write the instrument file that goes with it")
    asked = parser.parse_args(arguments)
    try:
        simulation = simulated_microscope(asked.scene)
        simulation.check()
        if asked.instrument is not None:
            asked.instrument.write_text(simulation.instrument_toml, encoding="utf-8")
        sys.stdout.write(f"nidaq://fake?{query_of(simulation, asked.scene)}\n")
    except (EclipsError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code if isinstance(error, EclipsError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
