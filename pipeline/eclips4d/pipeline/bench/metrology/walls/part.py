"""Part `walls` of `eclips4d bench metrology`: heights of narrow walls by somebody who declares their angle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eclips4d.pipeline.bench.metrology.context import MetrologyContext
from eclips4d.pipeline.bench.metrology.profiles.cases import Case, cases
from eclips4d.pipeline.bench.metrology.walls.trials import NARROW_PX, RIGHT, WRONG, Declaration, Kind, kind_of
from eclips4d.pipeline.bench.rows import Row

SUMMARY = "Declared walls: all kinds of steps"
HEIGHT = "Declared walls: mean error of the height in per cent"
SEEDS, MANY, OTHERS = 5, 8, 2
"""Seeds; times as many with many electrons where walls are narrow, and elsewhere."""
BAR = 1.0


def rows(context: MetrologyContext) -> list[Row]:
    """All tables."""
    seeds, found = context.seeds or SEEDS, []
    for case in cases():
        with context.console.status(_told(case)):
            found.append(kind_of(case, seeds, seeds * (MANY if case.wall_px < NARROW_PX else OTHERS)))
    return [*summary_rows(found), *height_rows(found)]


def summary_rows(found: Sequence[Kind]) -> list[Row]:
    """How many kinds are right, and whether those that are not say so."""
    right = [abs(float(kind.errors(RIGHT).mean())) <= BAR for kind in found]
    plain = [abs(float(kind.errors().mean())) <= BAR for kind in found]
    off = [kind.says_open for kind, is_right in zip(found, plain, strict=True) if not is_right]
    made = [
        _all(f"declared {_words(RIGHT)}: share of {len(found)} kinds with a mean error ≤ {BAR:g} %, %", right),
        Row(SUMMARY, f"nothing declared: share of {len(found)} kinds with a mean error ≤ {BAR:g} %, %", _share(plain)),
    ]
    if off:
        made.append(_all(f"nothing declared: share of the {len(off)} others that say that the angle is open, %", off))
    return made + [_covered(found, said) for said in (RIGHT, *WRONG)]


def height_rows(found: Sequence[Kind]) -> list[Row]:
    """One row per kind whose wall is narrow."""
    made = []
    for kind in found:
        if kind.narrow:
            errors = kind.errors(RIGHT)
            mean, error = float(errors.mean()), float(errors.std() / np.sqrt(errors.size))
            others = "".join(
                f", {_words(said)} {kind.errors(said).mean():+.2g}" for said in WRONG if said in kind.declared
            )
            what = f"{_told(kind.case)}: ± {error:.2f}, own u {kind.own_u(RIGHT):.2g}"
            more = f"nothing declared {kind.errors().mean():+.2g}"
            made.append(Row(HEIGHT, f"{what}; {more}{others}", mean, f"within {BAR:g}", abs(mean) <= BAR))
    return made


def _covered(found: Sequence[Kind], said: Declaration) -> Row:
    normalised = np.concatenate([kind.normalised(said) for kind in found if kind.narrow and said in kind.declared])
    share = 100.0 * float((normalised <= 1.0).mean())
    what = f"declared {_words(said)}: share of ∣error∣/(2u) ≤ 1, {normalised.size} readings, %"
    # What is told is off by no more than one of its own standard uncertainties: more than 95 % may be within two.
    return Row(SUMMARY, what, share, "≥ 92", share >= 92.0)


def _words(said: Declaration) -> str:
    off, u = said
    return f"{f'{off:+g}' if off else 'right'} ± {u:g}°"


def _told(case: Case) -> str:
    size = f"{case.height_nm:g} nm, {case.pixel_nm:g} nm pixels"
    return f"{size}, {case.angle_deg:g} degrees, wall {case.wall_px:.3g} pixels"


def _all(what: str, yes: Sequence[bool]) -> Row:
    return Row(SUMMARY, what, _share(yes), "100", all(yes))


def _share(yes: Sequence[bool]) -> float:
    return 100.0 * float(np.mean(yes))
