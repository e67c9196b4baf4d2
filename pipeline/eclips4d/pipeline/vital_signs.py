"""Whether a stage is alive and whether it is ready, from the pulse of its loop: over HTTP and as metrics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from eclips4d.core.errors import InputError
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.pulse import Beat, Pulse
from eclips4d.core.status_port import Verdict, serve

WARM_UP_S = 900.0
"""A stage that compiles networks does not turn its loop; longer than this nobody compiles."""


def alive(beat: Beat, patience_s: float) -> Verdict:
    """Whether the loop turns; a stage for which this is not so should be killed and started again."""
    at = "" if beat.sequence is None else f", on frame {beat.sequence}"
    if not beat.begun:
        return Verdict(beat.age_s < WARM_UP_S, f"starting for {beat.age_s:.0f} s")
    if beat.age_s > patience_s:
        return Verdict(False, f"the loop has not turned for {beat.age_s:.0f} s{at}")
    return Verdict(True, f"the loop turned {beat.age_s:.1f} s ago{at}")


def ready(beat: Beat, patience_s: float) -> Verdict:
    """Whether the stage does its part of a run; one for which this is not so waits, and need not be restarted."""
    living = alive(beat, patience_s)
    if not living.ok or not beat.begun:
        return Verdict(False, living.why)
    if beat.lacks:
        return Verdict(False, beat.lacks)
    return Verdict(beat.ready, "at work" if beat.ready else "not let into a run yet")


@contextmanager
def answering(metrics: StageMetrics, pulse: Pulse, port: int | None, patience_s: float) -> Iterator[None]:
    """Answer /metrics, /health and /ready on loopback while the block runs; nothing where there is no port.

    Raises
    ------
    InputError
        The port is taken.
    """
    show_pulse(metrics, pulse)
    if port is None:
        yield
        return
    questions = {"/health": lambda: alive(pulse.feel(), patience_s), "/ready": lambda: ready(pulse.feel(), patience_s)}
    try:
        stop = serve(metrics, questions, port)
    except OSError as error:
        raise InputError(f"port {port} is taken", where="--metrics-port", cure="choose another first port") from error
    try:
        yield
    finally:
        stop()


def show_pulse(metrics: StageMetrics, pulse: Pulse) -> None:
    """Put the pulse among the metrics, as it is when somebody asks."""
    metrics.gauge("loop_age_seconds", "since the stage's loop last turned").set_function(lambda: pulse.feel().age_s)
    metrics.gauge("ready", "1 while the stage does its part of a run").set_function(lambda: float(_at_work(pulse)))


def _at_work(pulse: Pulse) -> bool:
    beat = pulse.feel()
    return beat.ready and not beat.lacks
