"""Part `hosts`: a live run over three hosts, each a network namespace of this one.

The whole chain goes through a cut of the store's line, with small frames that one machine can invert. With frames of
8.4 MB at 12.5 a second every one is recorded, and the third host inverts as many as it comes to; the rest is deferred.
A host with another key than the one that was let in is refused.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from eclips4d.pipeline.bench.reliability.chain import until
from eclips4d.pipeline.bench.rows import Row, at_most
from eclips4d.pipeline.bench.scaling.context import ScalingContext
from eclips4d.pipeline.bench.scaling.hosts.lab_run import LabRun
from eclips4d.pipeline.bench.scaling.hosts.namespaces import namespaces
from eclips4d.pipeline.bench.scaling.hosts.trial import Healed, Times, refused, through_a_cut

CHAIN, WIRE, KEY = "Three hosts, the store's line cut", "Three hosts at 100 MB/s", "A host with a wrong key"
HOSTS = ("microscope", "gpu", "server")
WHOLE = {"microscope": ("acquisition",), "gpu": ("inference",), "server": ("storage", "registration")}
FAR = {"microscope": ("acquisition",), "gpu": ("inference", "registration"), "server": ("storage",)}
GIGABIT, SLOW = 1000.0, 100.0
SMALL, SMALL_FPS = 256, 4.0
LARGE, LARGE_FPS = 1024, 12.5
CUT_S, BEFORE_S, AFTER_S = 30.0, 10.0, 10.0
SPILL_BYTES = 16 << 30
HEAL_S = 15.0
"""Of which three are an attempt to connect that began during the cut."""


def rows(context: ScalingContext) -> list[Row]:
    """Three tables; a scale below one shortens the cuts."""
    times = Times(max(5.0, BEFORE_S * context.scale), max(12.0, CUT_S * context.scale))
    return [*_chain(context, times), *_wire(context, times)]


def _chain(context: ScalingContext, times: Times) -> list[Row]:
    frames = round((times.before_s + times.cut_s + AFTER_S) * SMALL_FPS)
    source = f"sim://copper-redox?size={SMALL}&fps={SMALL_FPS:g}&frames={frames}"
    with namespaces(HOSTS, SLOW) as network, _folder() as folder:
        run = LabRun(folder, network, WHOLE, f'source = "{source}"\nmodel = "analytic"')
        run.write()
        key = _wrong_key(run)
        context.console.print(key[1])
        seen = through_a_cut(run, "microscope", "server", frames, SMALL_FPS, times)
    return [
        Row(CHAIN, "Mbit/s of every line", SLOW),
        Row(CHAIN, f"frames of 4 × {SMALL}² at {SMALL_FPS:g} a second, inverted by `analytic`", float(frames)),
        *_rows_of(CHAIN, seen, times),
        at_most(CHAIN, "frames without height in the end", float(seen.undone), 0),
        *key[0],
    ]


def _wire(context: ScalingContext, times: Times) -> list[Row]:
    frames = round((times.before_s + times.cut_s + AFTER_S) * LARGE_FPS)
    source = f"sim://flood?size={LARGE}&fps={LARGE_FPS:g}&frames={frames}"
    settings = f'source = "{source}"\nspill_bytes = {SPILL_BYTES}\nframe_shape = [{LARGE}, {LARGE}]\nskip_lag_s = 1.0'
    with namespaces(HOSTS, GIGABIT) as network, _folder() as folder:
        run = LabRun(folder, network, FAR, settings, behind=frozenset({"gpu"}))
        run.write()
        only = replace(times, to_the_end=False)
        seen = through_a_cut(run, "microscope", "microscope", frames, LARGE_FPS, only)
    offered = 4 * 2 * LARGE**2 * LARGE_FPS / 1e6
    return [
        Row(WIRE, "Mbit/s of every line", GIGABIT),
        Row(WIRE, "MB/s of the source", offered, "≥ 100", offered >= 100),
        Row(WIRE, "MB/s on its host's line before the cut", seen.line_mb_per_s),
        Row(WIRE, f"frames of 4 × {LARGE}²", float(frames)),
        *_rows_of(WIRE, seen, only),
        Row(WIRE, "frames inverted by `analytic` when the last one was recorded", float(frames - seen.undone)),
    ]


def _rows_of(table: str, seen: Healed, times: Times) -> list[Row]:
    return [
        Row(table, "s that the line is cut", times.cut_s),
        at_most(table, "frames missed", float(seen.missed), 0),
        Row(table, "of which the source's own buffer was full", float(seen.lost_before)),
        at_most(table, "s from its return to the next durable frame", seen.heal_s, HEAL_S),
        Row(table, "s from its return until the store has caught up with the source", seen.caught_up_s),
        *(_of_the_end(table, seen) if times.to_the_end else []),
    ]


def _of_the_end(table: str, seen: Healed) -> list[Row]:
    """What is known once all hosts have left."""
    return [
        Row(table, "processor ms per frame of all hosts, their start included", 1e3 * seen.processor_s),
        at_most(table, "exit code, the worst of all hosts", float(seen.code), 0),
    ]


def _wrong_key(run: LabRun) -> tuple[list[Row], str]:
    """Storage alone is up: that is enough to be refused by."""
    with ExitStack() as held:
        server = held.enter_context(run.host("server"))
        until(lambda: "runs storage" in run.said_by("server").read_text(encoding="utf-8"), "server", 120.0)
        code, took, line = refused(run, "gpu")
        assert server.poll() is None, run.said_by("server").read_text(encoding="utf-8")
    said = "it allows" in line
    return [
        Row(KEY, "exit code", float(code), "1", code == 1),
        Row(KEY, "its last line says what to do: 1", float(said), "1", said),
        Row(KEY, "s until then", took),
    ], line


@contextmanager
def _folder() -> Iterator[Path]:
    """In the working directory: a disk, where /tmp may be memory."""
    folder = Path(tempfile.mkdtemp(prefix="eclips4d-hosts-", dir=Path.cwd()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
