"""The simulated microscope: does the demo keep up on the exact simulator, and are its faults what was asked for?"""

from __future__ import annotations

import math
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import psutil
from rich.console import Console

from eclips4d.acquisition.accountant import FrameAccountant, Gap
from eclips4d.acquisition.deliveries import BUFFERED_FRAMES
from eclips4d.acquisition.fault_plan import CHANCES
from eclips4d.acquisition.faults import Faults, faults_of, through_cable
from eclips4d.acquisition.frame_file import FrameFile
from eclips4d.acquisition.indexed import IndexedSource
from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.pace import Pace
from eclips4d.acquisition.simulated import SimulatedMicroscope, simulated_microscope
from eclips4d.core.messages import Notice
from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.plan_run import make_config, make_folder
from eclips4d.pipeline.supervisor import Supervisor

DEMO = "The demo on the exact simulator, 4 × 512², two cores"
FAULTS = "Faults of the simulated microscope, asked for and counted"
SOURCE = "sim://copper-redox?size=512"
LEAST_FPS = 2.0
FRAMES = 48
FAULTY = "sim://copper-redox?size=8&frames=4000&seed=1&faults=lost:0.02,duplicate:0.01,late:0.02,corrupt:0.01"
EVERY = 20
DEVIATIONS = 4.0


def rows(console: Console) -> list[Row]:
    """Rate and cost of the demo, and the account of faults."""
    console.print("the demo's chain, with frames as fast as they can be rendered", highlight=False)
    return [*demo_rows(), *rendering_rows(), *fault_rows()]


def demo_rows() -> list[Row]:
    """The demo's chain, its frames rendered when they are due and due sooner than they can be."""
    samples = _run_chain(f"{SOURCE}&fps=20&frames={FRAMES}&render=live")
    first = next(s for s in samples if s[1] >= FRAMES // 3)
    last = samples[-1]
    frames = last[1] - first[1]
    rate = frames / (last[0] - first[0])
    spent = {name: (last[2][name] - first[2].get(name, 0.0)) / frames for name in last[2]}
    return [
        Row(DEMO, "frames per second, rendered live and committed", rate, f"≥ {LEAST_FPS:g}", rate >= LEAST_FPS),
        *(Row(DEMO, f"processor seconds per frame: {name}", seconds) for name, seconds in spent.items()),
    ]


def rendering_rows() -> list[Row]:
    """Processor seconds of the parts of one frame."""
    simulation = simulated_microscope(SOURCE)
    microscope, scene = simulation.microscope, simulation.scene
    exposure = simulation.exposure(3)
    truth = _cost(lambda: microscope.true_height(scene, exposure.start_s))
    expected = _cost(lambda: microscope.expected_electrons(scene, exposure))
    whole = _cost(lambda: simulation.frame(3))
    said = "processor seconds of rendering"
    return [
        Row(DEMO, f"{said}: surface, visibility, emission", expected),
        Row(DEMO, f"{said}: counting, amplifiers, digitiser", max(0.0, whole - expected)),
        Row(DEMO, f"{said}: all of a frame", whole),
        Row(DEMO, "processor seconds of a frame's true heights, in recordings", truth),
        Row(DEMO, "milliseconds to read a frame that was rendered ahead", 1e3 * _reading_cost(simulation)),
    ]


def fault_rows() -> list[Row]:
    """Faults by chance, counted by whoever takes the frames, against what the seed drew and the probabilities."""
    simulation = simulated_microscope(FAULTY)
    settings = simulation.settings
    total = settings.frames or 0
    faults = faults_of(settings.faults, settings.seed, 1.0 / settings.frames_per_s, BUFFERED_FRAMES)
    accountant = FrameAccountant()
    changed = 0
    with _without_clock(simulation, faults) as source:
        items = [item for frame in source.frames() for item in accountant.take(frame)]
        items += accountant.finish(total)
        damaged = source.health().damaged
    for item in items[::EVERY]:
        if not isinstance(item, Gap):
            changed += not np.array_equal(item.data, simulation.frame(item.header.sequence).data)
    fates = [faults.fate(k) for k in range(total)]
    # Counted by the taker of the frames, and drawn by the seed.
    numbers = {
        "lost": (accountant.gaps - accountant.late - damaged, sum(f.copies == 0 for f in fates)),
        "duplicate": (accountant.duplicates, sum(f.copies == 2 for f in fates)),
        "late": (accountant.overtaken + accountant.late, sum(f.overtaken_by == 1 for f in fates)),
        "corrupt": (damaged, sum(f.damaged for f in fates)),
    }
    chances = dict(zip(CHANCES, settings.faults.chances, strict=True))
    return [
        *(_chance_row(kind, *numbers[kind], total, chances[kind]) for kind in CHANCES),
        Row(FAULTS, "frames on the time axis, gaps included", len(items), f"{total}", len(items) == total),
        Row(FAULTS, f"every {EVERY}th frame: how many differ from the faultless run's", changed, "0", changed == 0),
    ]


def _without_clock(simulation: SimulatedMicroscope, faults: Faults) -> IndexedSource:
    """The faulty source, as fast as it is read: none of its frames is lost because this machine is busy."""
    with open_source(FAULTY) as live:
        info = msgspec.structs.replace(live.info, can_wait=True)
    read = through_cable(simulation.frame, faults)
    return IndexedSource(info, read, pace=Pace(None), arrivals=faults.arrivals(info.frames))


def _chance_row(kind: str, counted: int, drawn: int, total: int, chance: float) -> Row:
    expected = total * chance
    within = DEVIATIONS * math.sqrt(expected * (1.0 - chance))
    met = counted == drawn and abs(drawn - expected) <= within
    wanted = f"= {drawn}, {expected:g} ± {within:.0f}"
    return Row(FAULTS, f"{kind}: of {total} frames at {chance:g}", counted, wanted, met)


def _cost(action: Callable[[], object], repeats: int = 3) -> float:
    action()
    spent = []
    for _ in range(repeats):
        began = time.process_time()
        action()
        spent.append(time.process_time() - began)
    return min(spent)


def _reading_cost(simulation: SimulatedMicroscope) -> float:
    with tempfile.TemporaryDirectory(prefix="eclips4d-frames-") as folder:
        file = FrameFile(Path(folder) / "one.frames", simulation.shape, 1)
        file.write(0, simulation.frame(0).data)
        return _cost(lambda: [file.read(0) for _ in range(10)]) / 10


Sample = tuple[float, int, dict[str, float]]
"""Moment, frames committed, processor seconds by stage."""


def _run_chain(source: str) -> list[Sample]:
    scratch = Path(tempfile.mkdtemp(prefix="eclips4d-demo-", dir=Path.cwd()))
    folder = make_folder()
    try:
        supervisor = Supervisor(make_config(source, scratch / "run.zarr", folder), folder)
        samples: list[Sample] = []

        def noted(notice: Notice) -> None:
            spent = _spent(supervisor)
            if spent and (not samples or notice.committed > samples[-1][1]):
                samples.append((time.monotonic(), notice.committed, spent))

        supervisor.run(noted)
        return samples
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _spent(supervisor: Supervisor) -> dict[str, float]:
    """By stage; empty when one has ended."""
    spent = {}
    for name, stage in supervisor.stages.items():
        try:
            spent[name] = sum(psutil.Process(stage.process.pid).cpu_times()[:2])
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            return {}
    return spent
