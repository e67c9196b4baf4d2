"""Uncertainty budgets of a step height, a slope angle and a velocity of this run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from eclips4d.metrology.budget import (
    AngleReading,
    Budget,
    Conditions,
    StepReading,
    VelocityReading,
    budget_of_angle,
    budget_of_step,
    budget_of_velocity,
    conditions_of,
)
from eclips4d.pipeline.run_report.content import Content
from eclips4d.pipeline.run_report.markup import Html, heading, joined, listed, paragraph
from eclips4d.pipeline.run_report.measuring import words as words_of
from eclips4d.pipeline.run_report.numbers import number, quantity
from eclips4d.pipeline.run_report.section import Section, nothing
from eclips4d.pipeline.run_report.tables import Column, table

TITLE = "Uncertainty budget"
_COLUMNS = (
    Column("source", "source"),
    Column("quantity", "quantity"),
    Column("standard", "standard uncertainty"),
    Column("evaluation", "type"),
    Column("contribution", "contribution"),
    Column("percent", "of the variance, %", digits=2),
    Column("kind", "kind"),
    Column("origin", "from"),
    Column("assumed", "assumed"),
)


def section(content: Content) -> Section:
    """One budget each, for the step that was seen most often."""
    if content.measured is None:
        return nothing(TITLE, content.why_not)
    tables = content.measured.analysis.tables()
    if "steps" not in tables:
        return nothing(TITLE, "no step was followed to which a budget would belong")
    conditions = conditions_of(content.path)
    step = _most_seen(tables["step summary"])
    sight = tables["steps"][tables["steps"]["step_id"] == step["step_id"]]
    budgets, missing = _made(_makers(step, sight, conditions))
    words = (
        f"For step {step['step_id']}, seen most often. Noise differs from frame to frame and averages out; what is "
        "systematic is common to all frames. Type A is from scatter, type B from anything else. Other tables of this "
        "page hold what the store states; here what nobody has stated is added, as assumed."
    )
    assumed = {c.source: c.quantity for budget in budgets.values() for c in budget.assumed}
    missing += tuple(
        f"Uncertainty of the {source} ({quantity}): neither stated nor measured, assumed."
        for source, quantity in assumed.items()
    )
    return Section(TITLE, joined([paragraph(words), *(_told(name, made) for name, made in budgets.items())]), missing)


def _most_seen(summary: pd.DataFrame) -> pd.Series:
    alone = summary[summary["members"] == ""]
    chosen = alone if len(alone) else summary
    return chosen.loc[chosen["sights"].idxmax()]


def _made(makers: dict[str, Callable[[], Budget]]) -> tuple[dict[str, Budget], tuple[str, ...]]:
    """Budgets that can be made, and why others cannot."""
    budgets, missing = {}, []
    for name, maker in makers.items():
        try:
            budget = maker()
        except ValueError as error:
            missing.append(f"{TITLE}, {name.lower()}: {words_of(error)}.")
            continue
        if np.isfinite(budget.value):
            budgets[name] = budget
        else:
            missing.append(f"{TITLE}, {name.lower()}: the step has none.")
    return budgets, tuple(missing)


def _makers(step: pd.Series, sight: pd.DataFrame, conditions: Conditions) -> dict[str, Callable[[], Budget]]:
    middle = sight.iloc[len(sight) // 2]
    azimuth = float(middle["normal_deg"])
    told = f"--wall {middle['wall_deg']:g}:{middle['wall_u_deg']:g}" if np.isfinite(middle["wall_deg"]) else ""
    height = StepReading(
        height_nm=float(middle["height_nm"]),
        noise_u_nm=float(middle["height_random_u_nm"]),
        angle_deg=float(middle["angle_deg"]),
        azimuth_deg=azimuth,
        wall_u_nm=float(middle["height_wall_u_nm"]),
        wall_origin=told,
    )
    angle = AngleReading(
        angle_deg=float(middle["angle_deg"]),
        noise_u_deg=float(middle["angle_random_u_deg"]),
        azimuth_deg=azimuth,
        wall_u_deg=float(middle["angle_wall_u_deg"]),
        wall_origin=told,
    )
    velocity = VelocityReading(
        velocity_nm_s=float(step["velocity_normal_nm_s"]),
        noise_u_nm_s=float(step["velocity_normal_random_u_nm_s"]),
        azimuth_deg=azimuth,
        frames=int(step["sights"]),
        duration_s=float(np.ptp(sight["time_s"])),
    )
    return {
        "Height of the step": lambda: budget_of_step(height, conditions),
        "Angle of its riser": lambda: budget_of_angle(angle, conditions),
        "Velocity along its normal": lambda: budget_of_velocity(velocity, conditions),
    }


def _told(name: str, budget: Budget) -> Html:
    rows = budget.table().sort_values("contribution", ascending=False, kind="stable")
    silent = list(dict.fromkeys(rows.loc[rows["contribution"] <= 0.0, "source"]))
    rows = rows[rows["contribution"] > 0.0]
    rows = rows.assign(
        standard=[_with_unit(u, unit) for u, unit in zip(rows["u"], rows["u_unit"], strict=True)],
        contribution=[_with_unit(u, budget.unit) for u in rows["contribution"]],
        percent=[number(100.0 * share, 2) if share > 1e-4 else "< 0.01" for share in rows["share"]],
    )
    result = quantity(budget.quantity(), budget.unit)
    expanded = f"expanded U = {_with_unit(budget.coverage_factor * budget.u, budget.unit)} for 95 %"
    lines = [f"Adds nothing here: {', '.join(silent)}."] if silent else []
    lines += [f"{remark[:1].upper()}{remark[1:]}." for remark in budget.notes]
    return joined(
        [
            heading(name),
            paragraph(f"{result}; {expanded}."),
            table(rows, _COLUMNS, "Contributions, the largest first"),
            listed(lines),
        ]
    )


def _with_unit(u: float, unit: str) -> str:
    if unit == "1":
        return f"{number(100.0 * u, 2)} %"
    return f"{number(u, 2)}°" if unit == "degrees" else f"{number(u, 2)} {unit}"
