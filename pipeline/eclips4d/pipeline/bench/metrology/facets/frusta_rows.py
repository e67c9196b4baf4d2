"""Tables of the frusta: angles, their uncertainty, names, and the Wulff test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from eclips4d.pipeline.bench.metrology.facets.frusta_trials import GROUND, Trial
from eclips4d.pipeline.bench.rows import Row, at_most

ANGLES = "Facets: angles of frusta"
NAMES = "Facets: which plane, or none"
TEST = "Facets: the Wulff test"

_TILT_BAR, _PLANE_BAR = 0.2, 0.3
_SURE_LOW, _SURE_HIGH = 92.0, 98.0
_DRAWS = 200


def frusta_rows(trials: Sequence[Trial]) -> list[Row]:
    """All three tables."""
    every = pd.concat(
        [t.table.assign(dose=t.dose, top=t.top, trial=k) for k, t in enumerate(trials)], ignore_index=True
    )
    every["error"] = every["tilt_deg"] - every["true_tilt_deg"]
    return [*_angles(every, trials), *_names(every, trials), *_test(trials)]


def _angles(every: pd.DataFrame, trials: Sequence[Trial]) -> list[Row]:
    sides = every[(every["true"] != GROUND) & (every["true_tilt_deg"] > 5.0)]
    rows = []
    for (tilt, dose), part in sides.groupby([sides["true_tilt_deg"].round(2), "dose"]):
        rms = float(np.sqrt((part["error"] ** 2).mean()))
        what = f"sides of {tilt:.2f}°, {dose} electrons: rms error of the angle, degrees, of {len(part)}"
        rows.append(at_most(ANGLES, what, rms, _TILT_BAR))
        rows.append(
            Row(ANGLES, f"sides of {tilt:.2f}°, {dose} electrons: mean error, degrees", float(part["error"].mean()))
        )
    for dose, part in sides.groupby("dose"):
        rms = float(np.sqrt((part["azimuth_error_deg"] ** 2).mean()))
        rows.append(at_most(ANGLES, f"direction in the plane, {dose} electrons: rms error, degrees", rms, _PLANE_BAR))
    rows.append(
        _share(
            ANGLES,
            "angle within 2 u without the slope scale's, % of sides",
            np.abs(sides["error"]) <= 2 * sides["tilt_u"],
        )
    )
    within = np.abs(sides["azimuth_error_deg"]) <= 2 * sides["azimuth_u"]
    rows.append(_share(ANGLES, "direction in the plane within 2 u, % of sides", within))
    rows.append(
        _share(ANGLES, "angle within 2 u, slope scale off by what is stated of it, % of sides", _scaled(sides, trials))
    )
    return rows


def _scaled(sides: pd.DataFrame, trials: Sequence[Trial]) -> np.ndarray:
    """Whether angles are within two combined standard uncertainties when the scale errs as its uncertainty says."""
    random = np.random.default_rng(7)
    held = []
    for k, part in sides.groupby("trial"):
        scale_u = trials[int(str(k))].systematic.scale_u
        slope = part["slope"].to_numpy()[:, None] * (1.0 + scale_u * random.standard_normal(_DRAWS))
        error = np.degrees(np.arctan(slope)) - part["true_tilt_deg"].to_numpy()[:, None]
        systematic = np.degrees(scale_u * slope / (1.0 + slope**2))
        held.append((np.abs(error) <= 2.0 * np.hypot(part["tilt_u"].to_numpy()[:, None], systematic)).ravel())
    return np.concatenate(held)


def _names(every: pd.DataFrame, trials: Sequence[Trial]) -> list[Row]:
    crystal = every[every["true"].str.startswith("{")]
    strangers = every[every["true"] == "none"]
    ground = every[every["true"] == GROUND]
    rows = []
    for column, how in (("family", "orientation given"), ("own_family", "orientation from the facets")):
        right = 100.0 * float((crystal[column] == crystal["true"]).mean())
        wrong = 100.0 * float(((crystal[column] != crystal["true"]) & crystal[column].str.startswith("{")).mean())
        false = 100.0 * float(strangers[column].str.startswith("{").mean())
        rows += [
            Row(NAMES, f"{how}: named right, % of {len(crystal)} facets", right, "≥ 99", right >= 99.0),
            at_most(NAMES, f"{how}: given another family, %", wrong, 1.0),
            at_most(NAMES, f"{how}: decoys at 43.31° and 40.00° given a family, % of {len(strangers)}", false, 1.0),
        ]
    ups = {t.top: "{" + t.top + "}" for t in trials}
    other = ground["family"].str.startswith("{") & (ground["family"] != ground["top"].map(ups))
    rows.append(
        Row(
            NAMES,
            f"pieces of the shaded ground given a family not its own, % of {len(ground)}",
            100.0 * float(other.mean()),
        )
    )
    rows.append(Row(NAMES, "expected of facets of any direction, %", 100.0 * float(every["false_rate"].mean())))
    errors = [t.orientation_error_deg for t in trials]
    rows.append(
        Row(NAMES, "orientation from the facets: rms error, degrees", float(np.sqrt(np.mean(np.square(errors)))))
    )
    return rows


def _test(trials: Sequence[Trial]) -> list[Row]:
    p = np.array([t.wulff_p for t in trials])
    spoiled = np.array([t.decoys_p for t in trials])
    spoiled = spoiled[np.isfinite(spoiled)]
    least = float(-np.log10(max(spoiled.max(), 1e-300))) if spoiled.size else float("nan")
    small = 100.0 * float((p < 0.05).mean())
    return [
        Row(TEST, f"images of true planes refused at 5 %, % of {len(p)}", small, "≤ 12", small <= 12.0),
        Row(TEST, "median p of true planes", float(np.median(p))),
        Row(TEST, "one decoy among them: least -log10 p", least, "≥ 3", least >= 3.0),
    ]


def _share(table: str, what: str, held: pd.Series | np.ndarray) -> Row:
    share = 100.0 * float(np.mean(held))
    return Row(table, what, share, "95 ± 3", _SURE_LOW <= share <= _SURE_HIGH)
