"""What the instrument adds to a frame: the size of every effect, and a gas switch without growth."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from eclips4d.pipeline.bench.physics.signal_blur import blur_rows
from eclips4d.pipeline.bench.physics.signal_gas import gas_rows
from eclips4d.pipeline.bench.physics.signal_pictures import draw
from eclips4d.pipeline.bench.physics.signal_sizes import size_rows
from eclips4d.pipeline.bench.rows import Row


def rows(console: Console) -> list[Row]:
    """All tables of this part."""
    with console.status("effects of the instrument"):
        return [*size_rows(), *blur_rows(), *gas_rows()]


def pictures(folder: Path) -> None:
    """One frame with its effects one after another, blur by energy, height over a gas switch."""
    draw(folder)
