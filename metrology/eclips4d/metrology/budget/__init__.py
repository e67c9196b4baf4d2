"""Uncertainty budgets (GUM) of step heights, facet angles and velocities."""

from eclips4d.metrology.budget.angle import budget_of_angle
from eclips4d.metrology.budget.budget import Budget
from eclips4d.metrology.budget.conditions import Conditions, conditions_of
from eclips4d.metrology.budget.contribution import Contribution
from eclips4d.metrology.budget.declared import Declared, ScanCalibration
from eclips4d.metrology.budget.readings import AngleReading, GrowthReading, StepReading, VelocityReading
from eclips4d.metrology.budget.rendering import as_markdown, as_text
from eclips4d.metrology.budget.step import budget_of_growth, budget_of_step
from eclips4d.metrology.budget.velocity import budget_of_velocity

__all__ = [
    "AngleReading",
    "Budget",
    "Conditions",
    "Contribution",
    "Declared",
    "GrowthReading",
    "ScanCalibration",
    "StepReading",
    "VelocityReading",
    "as_markdown",
    "as_text",
    "budget_of_angle",
    "budget_of_growth",
    "budget_of_step",
    "budget_of_velocity",
    "conditions_of",
]
