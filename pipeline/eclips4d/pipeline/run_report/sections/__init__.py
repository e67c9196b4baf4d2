"""The page's parts: one module each, with `section(content) -> Section`. Another part is a module and a line here."""

from __future__ import annotations

from collections.abc import Callable

from eclips4d.pipeline.run_report.content import Content
from eclips4d.pipeline.run_report.section import Section
from eclips4d.pipeline.run_report.sections import (
    calibration,
    change,
    dose,
    drift,
    facets,
    heights,
    provenance,
    roughness,
    side_values,
    spirals,
    steps,
    terraces,
    uncertainty,
)

Maker = Callable[[Content], Section]

MAKERS: dict[str, Maker] = {
    heights.TITLE: heights.section,
    change.TITLE: change.section,
    drift.TITLE: drift.section,
    side_values.TITLE: side_values.section,
    steps.TITLE: steps.section,
    terraces.TITLE: terraces.section,
    facets.TITLE: facets.section,
    spirals.TITLE: spirals.section,
    roughness.TITLE: roughness.section,
    calibration.TITLE: calibration.section,
    uncertainty.TITLE: uncertainty.section,
    dose.TITLE: dose.section,
    provenance.TITLE: provenance.section,
}
"""By title, in the order of the page."""
