"""What is said of heights that depend on how steep a wall is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eclips4d.metrology.profiles.wall import Wall, contradicted_words, open_words

if TYPE_CHECKING:
    import pandas as pd


def wall_lines(steps: pd.DataFrame) -> list[str]:
    """Which steps are too narrow for their pixels, and which are not as steep as was said; nothing of all others.

    Parameters
    ----------
    steps : pandas.DataFrame
        As `metrology.steps.table.step_table` or `metrology.steps.summary.step_summary` make it.
    """
    grouped = [(int(str(step)), own) for step, own in steps.groupby("step_id")]
    unknown = [(step, own) for step, own in grouped if own["wall_open"].mean() > 0.5]
    lines = []
    if unknown:
        share = max(float((own["height_wall_u_nm"] / own["height_nm"]).median()) for _, own in unknown)
        lines.append(f"{_steps(unknown)}: {open_words(share)}; give --wall DEG if you know")
    if others := [(step, own) for step, own in grouped if _is_another(own)]:
        read = float(np.median([own["angle_deg"].median() for _, own in others]))
        lines.append(f"{_steps(others)}: {contradicted_words(_told(others[0][1]), read)}")
    return lines


def _told(own: pd.DataFrame) -> Wall:
    return Wall(float(own["wall_deg"].iloc[0]), float(own["wall_u_deg"].iloc[0]))


def _is_another(own: pd.DataFrame) -> bool:
    return bool(own["wall_deg"].notna().all()) and _told(own).contradicts(float(own["angle_deg"].median()))


def _steps(found: list[tuple[int, pd.DataFrame]]) -> str:
    names = ", ".join(str(step) for step, _ in found)
    return f"step {names}" if len(found) == 1 else f"steps {names}"
