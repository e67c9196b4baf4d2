"""A budget as text for the terminal and as Markdown."""

from __future__ import annotations

import math

from eclips4d.metrology.budget.budget import COVERAGE_FACTOR, Budget
from eclips4d.metrology.budget.contribution import Contribution

HEADER = ("source", "input quantity", "u", "type", "sensitivity", "contribution", "share", "kind")
ASSUMED = "ASSUMED"
"""Stands beside every number that nobody stated or measured."""


def as_text(budget: Budget) -> str:
    """The budget in columns of plain text."""
    lines = [HEADER, *_cells(budget)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(HEADER))]
    drawn = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([_headline(budget), *drawn, *_foot(budget)])


def as_markdown(budget: Budget) -> str:
    """The budget as a Markdown table under its result."""
    lines = ["| " + " | ".join(HEADER) + " |", "|---|---|---:|---|---:|---:|---:|---|"]
    lines += ["| " + " | ".join(cell.replace("|", "∣") for cell in line) + " |" for line in _cells(budget)]
    return "\n".join([f"**{_headline(budget)}**", "", *lines, "", *(f"- {line}" for line in _foot(budget))])


def _headline(budget: Budget) -> str:
    value, u = _number(budget.value), _number(budget.expanded_u)
    return f"{budget.measurand}: {value} ± {u} {budget.unit} (U, k = {COVERAGE_FACTOR:g})"


def _cells(budget: Budget) -> list[tuple[str, ...]]:
    total = budget.u**2
    return [_line(c, budget.unit, c.of_result**2 / total if total > 0.0 else 0.0) for c in budget.contributions]


def _line(c: Contribution, unit: str, share: float) -> tuple[str, ...]:
    said = f"{ASSUMED}, {c.quantity}" if c.assumed else c.quantity
    sensitivity = f"{_number(c.sensitivity)} {unit}/({c.unit})"
    kind = f"{c.evaluation}, {c.distribution}"
    return (
        c.source,
        said,
        f"{_number(c.u)} {c.unit}",
        kind if math.isinf(c.degrees_of_freedom) else f"{kind}, {c.degrees_of_freedom:.0f} dof",
        sensitivity,
        f"{_number(c.of_result)} {unit}",
        f"{100 * share:.1f} %",
        c.kind,
    )


def _foot(budget: Budget) -> list[str]:
    made = [
        f"random {_number(budget.random_u)}, systematic {_number(budget.systematic_u)}, "
        f"combined u = {_number(budget.u)} {budget.unit}"
    ]
    dof = budget.degrees_of_freedom
    if math.isfinite(dof) and dof < 100.0:
        made.append(f"effective degrees of freedom {dof:.1f}: 95 % needs k = {budget.coverage_factor:.2f}")
    if budget.assumed:
        made.append(f"{ASSUMED}, neither stated nor measured: " + ", ".join(c.source for c in budget.assumed))
    made += [f"{c.source} errs together with {c.correlated}" for c in budget.contributions if c.correlated]
    return made + list(budget.notes)


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "–"
