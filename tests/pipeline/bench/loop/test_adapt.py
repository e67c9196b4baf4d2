"""Part `adapt` of the bench of the closed loop: ratios are ratios, and the cases are what they say."""

from __future__ import annotations

import numpy as np
import pytest
from rich.console import Console

from eclips4d.inference.finetune.module import FineTune
from eclips4d.pipeline.adaptation.adapting import Adapted
from eclips4d.pipeline.bench.loop.adapt import part
from eclips4d.pipeline.bench.loop.adapt.cases import Case, one_angle, unknown
from eclips4d.pipeline.bench.loop.adapt.trials import Trial
from eclips4d.pipeline.bench.loop.context import LoopContext


def drawn(ratio: float, off: float, turned: float) -> Trial:
    nothing = FineTune(np.zeros((4, 9)), np.zeros(12), 1.0)
    adapted = Adapted(nothing, (0, 2), (1, 3), np.full(9, 2.0), np.full(9, 1.0), (2.0, 1.0), turned)
    return Trial(off, ratio * off, off, ratio * off, turned, adapted)


def test_errors_are_over_those_without(monkeypatch: pytest.MonkeyPatch) -> None:
    ratios, asked = {"pyramids": 0.5, "islands": 0.4, "granular": 0.9}, []

    def trial(case: Case, scene: str, seed: int) -> Trial:
        asked.append(seed)
        return drawn(ratios[scene], 0.01 * (1 + seed % 3), -0.004)

    monkeypatch.setattr(part, "trial", trial)
    for name in part.CASES:
        monkeypatch.setitem(part.CASES, name, (lambda seed: None, *part.CASES[name][1:]))
    rows = part.rows(LoopContext(Console(quiet=True), seeds=3))
    found = {row.what.split(" [")[0]: row for row in rows}
    first = "moved, radii and law unknown"
    assert found[f"{first}: islands: on over off"].value == pytest.approx(0.4)
    pooled = found[f"{first}: all: on over off"]
    assert pooled.value == pytest.approx(np.prod(list(ratios.values())) ** (1 / 3)) and pooled.met
    assert any(row.value == pytest.approx(0.4) and row.met for row in rows if "mean tilt" in row.what)
    assert min(asked) >= part.FIRST_SEED, "not those on which the fit was chosen"


def test_the_file_does_not_say_what_the_instrument_is() -> None:
    case = unknown(100)
    detector, true = case.stated.detector, case.true
    assert np.hypot(*np.subtract(true.offset_mm, detector.offset_mm or (0.0, 0.0))) == pytest.approx(0.35)
    assert (detector.outer_radius_mm or 0.0) < true.radii_mm[1] and detector.gain is None
    section = one_angle(100).stated.calibration
    assert section is not None and set(section.kappa) == {section.kappa[0]} and section.third == 0.0
