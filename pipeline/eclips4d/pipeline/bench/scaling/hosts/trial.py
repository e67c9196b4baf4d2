"""One run whose network is cut for a while: what is missed, and how long it takes to heal and to catch up."""

from __future__ import annotations

import json
import resource
import time
from contextlib import ExitStack
from dataclasses import dataclass
from subprocess import Popen

from eclips4d.core.results import Status
from eclips4d.pipeline.bench.reliability.chain import pause, until
from eclips4d.pipeline.bench.scaling.hosts.lab_run import LabRun
from eclips4d.pipeline.security.keys import KeyFolder
from eclips4d.storage.reader import open as open_store

START_S, END_S, LEAVE_S = 300.0, 1200.0, 120.0
REFUSED_S = 90.0
BUFFER_FULL = "frames found the source's buffer full and were lost"
"""Event of the store."""


@dataclass(frozen=True, slots=True)
class Healed:
    """How it went.

    Attributes
    ----------
    code
        Exit code, the worst of all hosts; 0 where the end was not waited for.
    missed
        Frames of the source without pixels in the store.
    lost_before
        Of these, the ones that found the source's own buffer full: nobody on its host took them in time.
    undone
        Frames with pixels but without height.
    line_mb_per_s
        On the line of the source's host before the cut.
    heal_s
        From the network's return to the next frame that is durable.
    caught_up_s
        And to the moment when the store is a second behind the source, or has everything.
    processor_s
        Of all hosts, per frame, starting and waiting included.
    """

    code: int
    missed: int
    lost_before: int
    undone: int
    line_mb_per_s: float
    heal_s: float
    caught_up_s: float
    processor_s: float


@dataclass(frozen=True, slots=True)
class Times:
    """When it is cut, s after the first frame, for how long, and when it is over."""

    before_s: float
    cut_s: float
    to_the_end: bool = True
    """Wait until every frame has its results; else only until the last one is recorded."""


def through_a_cut(run: LabRun, source: str, cut: str, frames: int, frames_per_s: float, times: Times) -> Healed:
    """Run to the end, with the line of the host `cut` cut for a while; `source` is the host that sends frames."""
    used_s = _processor_s()
    with ExitStack() as held:
        hosts = [held.enter_context(run.host(name)) for name in run.stages]
        until(lambda: run.counts()[1] > 0 or _any_ended(hosts), "first frame", START_S)
        began, sent = time.monotonic(), run.network.sent_bytes(source)
        pause(times.before_s)
        rate = (run.network.sent_bytes(source) - sent) / (time.monotonic() - began) / 1e6
        run.network.cut(cut)
        pause(times.cut_s)
        recorded = run.counts()[1]
        run.network.mend(cut)
        back = time.monotonic()
        until(lambda: run.counts()[1] > recorded or _any_ended(hosts), "frame after the cut", END_S)
        healed = time.monotonic() - back

        def is_caught_up() -> bool:
            due = min(frames, frames_per_s * (time.monotonic() - began - 1.0))
            return run.counts()[1] >= due or _any_ended(hosts)

        until(is_caught_up, "end of the backlog", END_S)
        caught_up = time.monotonic() - back
        until(lambda: run.counts()[1] >= frames or _any_ended(hosts), "last frame", END_S)
        code = max(abs(host.wait(LEAVE_S + END_S)) for host in hosts) if times.to_the_end else 0
    missed, undone = _missed(run, frames)
    spent = (_processor_s() - used_s) / frames
    return Healed(code, missed, _lost_before(run), undone, rate, healed, caught_up, spent)


def refused(run: LabRun, host: str) -> tuple[int, float, str]:
    """Start a host with a key that nobody has let in; returns its exit code, after how long, and its last line."""
    wrong = KeyFolder(run.folder / f"wrong-{host}")
    wrong.make(host)
    for other in run.stages:
        if other != host:
            wrong.allow(run.keys(other).path / f"{other}.pub")
    began = time.monotonic()
    with run.host(host, wrong) as process:
        code = process.wait(REFUSED_S)
    took = time.monotonic() - began
    return code, took, run.said_by(host).read_text(encoding="utf-8").splitlines()[-1]


def _any_ended(hosts: list[Popen[bytes]]) -> bool:
    return any(host.poll() is not None for host in hosts)


def _processor_s() -> float:
    """Of all processes that have ended and were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _lost_before(run: LabRun) -> int:
    lines = (run.store / "events.jsonl").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    return sum(event["count"] for event in events if event["event"] == BUFFER_FULL)


def _missed(run: LabRun, frames: int) -> tuple[int, int]:
    with open_store(run.store, recorded=True) as data:
        status = data["status"].values
    gaps, done = status & int(Status.GAP) != 0, status & int(Status.DONE) != 0
    return int(gaps.sum()) + frames - len(status), int((~gaps & ~done).sum())
