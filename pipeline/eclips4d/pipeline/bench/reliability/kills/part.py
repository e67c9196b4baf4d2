"""Kills: no acknowledged frame is lost, none comes twice, and the store is the one that an undisturbed run writes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from eclips4d.pipeline.bench.reliability.chain import STAGES, completed, differences, small_recording
from eclips4d.pipeline.bench.reliability.context import ReliabilityContext
from eclips4d.pipeline.bench.reliability.kills import episodes, phases
from eclips4d.pipeline.bench.reliability.kills.full_disk import filled_and_killed, small_disk
from eclips4d.pipeline.bench.rows import Row, at_most

RANDOM_KILLS = 200
PER_RUN = 2 * len(STAGES)
MATRIX = "Every stage, and all at once, killed in every phase"
RANDOM = "Kills at random moments"
FULL = "Kills while the disk is full"


def rows(context: ReliabilityContext) -> list[Row]:
    """All three; at a scale below one the matrix takes a stage per phase instead of all."""
    with tempfile.TemporaryDirectory(prefix="eclips4d-kills-") as folder:
        return [
            *_matrix(context, Path(folder)),
            *at_random(context, Path(folder)),
            *on_a_full_disk(context, Path(folder)),
        ]


def _matrix(context: ReliabilityContext, parent: Path) -> list[Row]:
    folder = _folder(parent, "matrix")
    recording = small_recording(folder, phases.FRAMES, phases.PERIOD_S)
    undisturbed = _undisturbed(folder, recording)
    victims = (*STAGES, "everything")
    measured = []
    for number, phase in enumerate(phases.PHASES):
        killed = unlike = failed = 0
        for victim in victims if context.scale >= 1 else (victims[number % len(victims)],):
            store = _folder(folder, f"{phase}-{victim}".replace(" ", "-")) / "run.zarr"
            was_killed, code = phases.killed_in(phase, victim, recording, store)
            made_up_for = phase == "catching up"
            wrong = differences(undisturbed, store, deferred=made_up_for) if code == 0 else ["no store"]
            _tell(context, f"{phase}: {victim} killed", code, wrong)
            killed, unlike, failed = killed + was_killed, unlike + bool(wrong), failed + (code != 0)
        what = f"{phase}: {killed} killed; runs that failed, or whose store is not that of an undisturbed run"
        measured.append(at_most(MATRIX, what, max(unlike, failed), 0))
    return measured


def at_random(context: ReliabilityContext, parent: Path) -> list[Row]:
    """Stage after stage, at random moments, in runs of `parent`'s own."""
    folder = _folder(parent, "random")
    recording = small_recording(folder, episodes.FRAMES, episodes.PERIOD_S)
    undisturbed = _undisturbed(folder, recording)
    rng = np.random.default_rng(context.seed)
    wanted, kills = context.times(RANDOM_KILLS), 0
    seen: list[episodes.Episode] = []
    unlike = 0
    while kills < wanted:
        number = len(seen)
        store = _folder(folder, f"episode-{number}") / "run.zarr"
        happened = episodes.episode(recording, store, rng, min(PER_RUN, wanted - kills), whole_run=number % 2 == 1)
        wrong = differences(undisturbed, store) if happened.exit_code == 0 else ["no store"]
        _tell(context, f"run {number}: {happened.kills} kills", happened.exit_code, wrong)
        kills, unlike = kills + happened.kills, unlike + bool(wrong)
        seen.append(happened)
    told = f"kills in {len(seen)} runs of {episodes.FRAMES} frames, seed {context.seed}"
    return [
        Row(RANDOM, told, kills),
        at_most(RANDOM, "runs that failed", sum(e.exit_code != 0 for e in seen), 0),
        at_most(RANDOM, "stores that differ from that of an undisturbed run, in any array but latency_ms", unlike, 0),
        at_most(RANDOM, "times that a reader saw a counter of durable or committed frames shrink", _sum(seen, 0), 0),
        at_most(RANDOM, "committed frames that a reader saw change", _sum(seen, 1), 0),
    ]


def _sum(seen: list[episodes.Episode], which: int) -> int:
    return sum((episode.went_back, episode.changed)[which] for episode in seen)


def on_a_full_disk(context: ReliabilityContext, parent: Path) -> list[Row]:
    """While another program has filled the disk."""
    folder = _folder(parent, "full")
    recording = small_recording(folder, phases.FRAMES, phases.PERIOD_S)
    undisturbed = _undisturbed(folder, recording)
    unlike = tried = 0
    for victim in (*STAGES, "everything") if context.scale >= 1 else ("storage",):
        with small_disk(folder / f"disk-{victim}") as disk:
            if disk is None:
                return [Row(FULL, "no right to mount a small disk here", float("nan"))]
            store, code = filled_and_killed(recording, disk, victim)
            wrong = differences(undisturbed, store, deferred=True) if code == 0 else ["no store"]
            _tell(context, f"disk full: {victim} killed", code, wrong)
            unlike, tried = unlike + bool(wrong), tried + 1
    return [at_most(FULL, f"of {tried} runs, completed once there was room: those whose store differs", unlike, 0)]


def _tell(context: ReliabilityContext, what: str, code: int, wrong: list[str]) -> None:
    context.console.print(f"{what}, exit code {code}, unlike: {', '.join(wrong) or 'nothing'}", highlight=False)


def _undisturbed(folder: Path, recording: Path) -> Path:
    store = _folder(folder, "undisturbed") / "run.zarr"
    completed(str(recording), store)
    return store


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder
