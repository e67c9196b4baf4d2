"""`eclips4d bench reliability --part hostile`: a hundred thousand hostile messages, and strangers at the gate."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from eclips4d.pipeline.bench.reliability.context import ReliabilityContext
from eclips4d.pipeline.bench.reliability.hostile.assault import Outcome, tried
from eclips4d.pipeline.bench.reliability.hostile.strangers import Turned, turned_away
from eclips4d.pipeline.bench.reliability.hostile.target import Target
from eclips4d.pipeline.bench.reliability.hostile.target_hub import HubTarget
from eclips4d.pipeline.bench.reliability.hostile.target_registration import RegistrationTarget
from eclips4d.pipeline.bench.reliability.hostile.target_worker import DecoderTarget, WorkerTarget
from eclips4d.pipeline.bench.rows import Row

MESSAGES, STRANGERS = "Hostile messages", "Strangers at the gate"
STAGES: tuple[tuple[str, Callable[[Path], Target], int], ...] = (
    ("storage", HubTarget, 60_000),
    ("registration", RegistrationTarget, 20_000),
    ("a worker", WorkerTarget, 20_000),
    ("the decoder alone", DecoderTarget, 100_000),
)
KNOCKS = 300
GROWTH_MIB = 24.0


def rows(context: ReliabilityContext) -> list[Row]:
    """Both tables."""
    return [*_messages(context), *_strangers(context)]


def _messages(context: ReliabilityContext) -> list[Row]:
    made: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="e4d-") as folder:
        for name, make, number in STAGES:
            outcome = tried(make, Path(folder) / name.replace(" ", "-"), context.times(number), context.seed)
            _show(context.console, name, outcome)
            made += _of(name, outcome)
    return made


def _of(name: str, outcome: Outcome) -> list[Row]:
    def row(what: str, value: float, target: str = "", met: bool | None = None) -> Row:
        return Row(MESSAGES, f"{name}: {what}", value, target, met)

    return [
        row("messages, thousand", outcome.sent / 1e3),
        row("of them refused and counted, thousand", outcome.refused / 1e3, "> 0", outcome.refused > 0),
        row("neither refused nor taken", outcome.uncounted, "0", outcome.uncounted == 0),
        row("errors that would have ended it", len(outcome.crashes), "0", not outcome.crashes),
        row("memory gained, MiB", outcome.growth_mib, f"≤ {GROWTH_MIB:g}", outcome.growth_mib <= GROWTH_MIB),
        row("an honest frame afterwards arrives", outcome.serves, "1", outcome.serves),
        row("messages a second", outcome.sent / outcome.seconds),
    ]


def _strangers(context: ReliabilityContext) -> list[Row]:
    made: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="e4d-") as folder:
        turned = turned_away(Path(folder), context.times(KNOCKS))
    for kind, number in turned.knocked.items():
        made.append(Row(STRANGERS, f"{kind}: connections", number))
    all_of_them = sum(turned.knocked.values())
    counted = turned.refused >= all_of_them
    made.append(Row(STRANGERS, "turned away and counted", turned.refused, f"≥ {all_of_them}", counted))
    made.append(Row(STRANGERS, "messages of theirs that came in", turned.came_in, "0", turned.came_in == 0))
    made.append(
        Row(STRANGERS, "messages of an allowed peer meanwhile", turned.heard, f"{turned.said}", _all_heard(turned))
    )
    growth = turned.growth_mib
    made.append(Row(STRANGERS, "memory gained, MiB", growth, f"≤ {GROWTH_MIB:g}", growth <= GROWTH_MIB))
    made.append(Row(STRANGERS, "open files gained", turned.files, "0", turned.files <= 0))
    return made


def _all_heard(turned: Turned) -> bool:
    return turned.heard == turned.said


def _show(console: Console, name: str, outcome: Outcome) -> None:
    console.print(f"{name}: {outcome.sent} messages in {outcome.seconds:.0f} s, {outcome.refused} refused")
    for crash in outcome.crashes[:3]:
        console.print(crash)
