"""Runs in a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
from rich.table import Table

from eclips4d.pipeline.campaign.entry import RunEntry, SideRange


def runs_table(runs: Iterable[RunEntry]) -> Table:
    """One line per run."""
    table = Table(box=None, pad_edge=False)
    for name in ("begun (UTC)", "run", "material", "gas", "model"):
        table.add_column(name, overflow="fold")
    for name in ("frames", "minutes"):
        table.add_column(name, justify="right")
    table.add_column("health", overflow="fold")
    for run in runs:
        growing = "" if run.ended else " +"
        table.add_row(
            run.begun_utc[:16].replace("T", " "),
            Path(run.path).name,
            run.material or "–",
            run.gas or "–",
            ", ".join(dict.fromkeys(model.name for model in run.models)) or "–",
            f"{run.frames}{growing}",
            f"{run.seconds / 60.0:.1f}",
            run.health,
        )
    return table


def run_rows(run: RunEntry) -> list[tuple[str, str]]:
    """All that is known of one run, captions first."""
    fluence = (
        "unknown: current or dwell time is not given" if run.fluence_nm2 is None else f"{run.fluence_nm2:.3g} e/nm²"
    )
    scale = f"± {100 * run.scale_u:.2g} %" if run.calibrated else "NOT calibrated"
    models = [f"{m.name} on {m.engine}: {m.frames} frames (fingerprint {m.fingerprint[:16]})" for m in run.models]
    return [
        ("store", run.path),
        ("run", f"{run.run_id}, eclips4d {run.version}"),
        ("begun", f"{run.begun_utc}, {run.seconds:.6g} s"),
        ("frames", f"{run.frames} committed, {run.recorded} recorded, {'ended' if run.ended else 'not ended'}"),
        ("frame", f"{run.segments} segments of {run.columns} × {run.rows} pixels of {run.pixel_nm:g} nm"),
        ("source", run.source),
        ("specimen", _specimen(run.specimen)),
        ("gas", run.gas or "nothing said, no gauge"),
        ("beam", f"{run.energy_kev:g} keV, detector {run.distance_mm:g} mm away"),
        ("dose", fluence),
        ("instrument", f"fingerprint {run.instrument}"),
        ("height scale", scale),
        *(("models" if k == 0 else "", line) for k, line in enumerate(models or ["none"])),
        *(("side values" if k == 0 else "", _side(value)) for k, value in enumerate(run.side)),
        ("health", run.health),
    ]


def _specimen(text: str) -> str:
    said = msgspec.json.decode(text)
    return ", ".join(f"{name} {value}" for name, value in said.items()) or "nothing said"


def _side(value: SideRange) -> str:
    if value.mean is None:
        return f"{value.name}: no frame had it"
    return f"{value.name}: {value.least:.5g} to {value.most:.5g} {value.unit}, mean {value.mean:.5g}"
