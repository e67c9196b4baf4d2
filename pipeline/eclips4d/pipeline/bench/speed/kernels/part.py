"""Part `kernels`: each kernel of the chain alone, beside the least time that memory and arithmetic allow it.

They take turns and the best round of each counts, as on a machine that does something else meanwhile. The chain runs
them in several processes on the same cores, so its rate is at most one over the sum of their processor times, over the
cores.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.bench.speed.context import SpeedContext
from eclips4d.pipeline.bench.speed.kernels.calls import Kernel, kernels
from eclips4d.pipeline.bench.speed.kernels.roofline import Machine, measured_machine
from eclips4d.storage.measure import storage_speed

ROUNDS = 7


def rows(context: SpeedContext) -> list[Row]:
    """One table, for the largest size."""
    size = max(context.sizes)
    with context.console.status("what the machine can do"):
        machine = measured_machine()
    with context.console.status("kernels"):
        found = kernels(context.model, size, context.engine)
        taken = best_of_both({name: kernel.call for name, kernel in found.items()}, ROUNDS)
    with context.console.status("the store"):
        store = storage_speed(size=size)
    title = f"Kernels, ms per frame of 4 × {size}²"
    return [
        Row(title, "cores", float(len(os.sched_getaffinity(0)))),
        Row(title, "memory: copied, read and written, GB/s", machine.bytes_per_s / 1e9),
        Row(title, "arithmetic: float32 products with their additions, 10⁹/s", machine.f32_per_s / 1e9),
        *(
            Row(title, f"{what(name, found[name], machine)}; processors {took.processors_ms:.1f}", took.wall_ms)
            for name, took in taken.items()
        ),
        Row(title, f"encoding, writing, syncing, committing; processors {store.cpu_ms:.1f}", store.wall_ms),
    ]


@dataclass(frozen=True, slots=True)
class Taken:
    """Milliseconds of one call: on the clock, and of all processors together, which tell more on a shared machine."""

    wall_ms: float
    processors_ms: float


def best_of_both(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Taken]:
    """They take turns, once to get warm, and the best round of each counts."""
    for call in calls.values():
        call()
    best = dict.fromkeys(calls, Taken(math.inf, math.inf))
    for _ in range(rounds):
        for name, call in calls.items():
            wall, processors = time.perf_counter(), time.process_time()
            call()
            took = 1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - processors)
            best[name] = Taken(min(best[name].wall_ms, took[0]), min(best[name].processors_ms, took[1]))
    return best


def what(name: str, kernel: Kernel, machine: Machine) -> str:
    """A kernel with its floor and what sets it."""
    short = kernel.giga_products > 0.0 and "f32" not in name
    by_memory = machine.floor_ms(kernel.megabytes)
    floor = machine.floor_ms(kernel.megabytes, kernel.giga_products, short=short)
    because = "arithmetic" if floor > by_memory else "memory"
    work = f"{kernel.megabytes:.0f} MB" + (f", {kernel.giga_products:.1f}·10⁹" if kernel.giga_products else "")
    return f"{name}: {work}; floor {floor:.1f} by {because}"
