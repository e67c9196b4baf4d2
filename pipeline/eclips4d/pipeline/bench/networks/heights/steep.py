"""Steep simulated facets, 45 to 55 degrees and 35.26: copper's lobes, a calibration on an artefact, true gains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from eclips4d.physics.microscope.surface import Surface
from eclips4d.physics.scenes import build_scene
from eclips4d.pipeline.bench import scores
from eclips4d.pipeline.bench.networks.heights.models import CLOSED, judged
from eclips4d.pipeline.bench.networks.heights.rendering import rendered
from eclips4d.pipeline.bench.networks.integration.scores import BANDS, Score, score
from eclips4d.pipeline.bench.networks.judge.exposing import MARGIN_PX, Scenery, optical
from eclips4d.pipeline.bench.networks.judge.frame import JudgeFrame, frame_of
from eclips4d.pipeline.bench.networks.judge.setting import Setting, setting_of
from eclips4d.pipeline.bench.networks.slopes.errors import interval_row
from eclips4d.pipeline.bench.networks.slopes.scores import Interval, mean_interval, ratio_interval
from eclips4d.pipeline.bench.rows import Row

F64 = NDArray[np.float64]

ERROR = "Steep simulated facets, 45–55°: rms height error over the closed form's"
BAND = "Steep simulated facets, by wavelength: rms height error over the closed form's"
ANGLE = "Simulated facets: angle read minus true angle, degrees, mean over seeds"
SCALE = "Steep simulated facets: slope scale of resolved structure, mean over seeds"
OVER_CLOSED, ANGLE_WITHIN_DEG, SCALE_WITHIN = 0.5, 0.2, 0.005
ANGLES_DEG = (35.26, 45.0, 54.7)
DOSE, SIZE = 1500.0, 176
_EDGE_PX, _ALIKE, _LEAST = 3, 0.003, 60
"""Left out beside a face's edges; relative difference of true slopes of one face; pixels that make a face."""

Draw = Callable[[float, float, int], Surface]


@dataclass(frozen=True, slots=True)
class Read:
    """One frame through one model.

    Attributes
    ----------
    height : Score
    scale : float
        Slopes regressed on true ones.
    angles_deg : dict
        Angle read minus true one, by true angle; only those that the surface has.
    """

    height: Score
    scale: float
    angles_deg: dict[float, float]


def pyramids(faces_deg: tuple[float, ...], indent: bool) -> Draw:
    """One beside the other, turned by the seed."""

    def draw(field_nm: float, pixel_nm: float, seed: int) -> Surface:
        turn = float(np.random.default_rng([seed, 0x57EE]).uniform(0.0, 90.0))
        faces = ",".join(f"{face:g}" for face in faces_deg)
        options = {"face_deg": faces, "orientation_deg": turn, "indent": indent}
        return build_scene("pyramid", (field_nm, field_nm), seed, 12.0, **options)

    return draw


def islands(field_nm: float, pixel_nm: float, seed: int) -> Surface:
    """Crystals on a cube's face, with flat tops and sides of 45 and 54.7 degrees."""
    random = np.random.default_rng([seed, 0x15])
    options = {"height_nm": 14.0 * pixel_nm, "base_nm": 26.0 * pixel_nm, "least": 0.6, "top": "100"}
    options |= {"per_um2": 16.0 / (field_nm * 1e-3) ** 2, "orientation_deg": float(random.uniform(0.0, 90.0))}
    return build_scene("islands", (field_nm, field_nm), seed, 12.0, **options)


SCENES: Mapping[str, Draw] = {
    "pyramids": pyramids((45.0, 48.0, 50.0, 54.7), indent=False),
    "indents": pyramids((45.0, 48.0, 50.0, 54.7), indent=True),
    "islands": islands,
}
GENTLER: Mapping[str, Draw] = {
    "pyramids": pyramids((35.26,), indent=False),
    "indents": pyramids((35.26,), indent=True),
}
"""For angles alone."""
_GENTLER_SIZE = 96


def steep_rows(seeds: int, models: Sequence[str]) -> list[Row]:
    """All tables of simulated facets."""
    names = (CLOSED, *models)
    reads = {
        scene: {name: [read(name, frame(scene, seed)) for seed in range(seeds)] for name in names} for scene in SCENES
    }
    gentler = {
        scene: {name: [read(name, frame(scene, seed, True)) for seed in range(seeds)] for name in names}
        for scene in GENTLER
    }
    errors = [row for scene, of in reads.items() for row in error_rows(scene, of)]
    bands = [row for scene, of in reads.items() for row in band_rows(scene, of)]
    angles = [
        row
        for scene in GENTLER
        for angle in ANGLES_DEG
        for row in angle_rows(scene, angle, (gentler if angle == ANGLES_DEG[0] else reads)[scene])
    ]
    return [*errors, *bands, *angles, *(row for scene, of in reads.items() for row in scale_rows(scene, of))]


def frame(scene: str, seed: int, gentler: bool = False) -> JudgeFrame:
    """A frame of a steep scene, by a detector whose gains and dark levels are known as well as its artefact tells."""
    setting = replace(setting_of(seed), gain_error=0.0, dark_error=0.0)
    return frame_of(_scenery(scene, seed, optical(setting), gentler), scene, DOSE, seed, setting)


@lru_cache(maxsize=64)
def _scenery(scene: str, seed: int, setting: Setting, gentler: bool) -> Scenery:
    size = _GENTLER_SIZE if gentler else SIZE
    field_nm = (size + 2 * MARGIN_PX) * setting.pixel_nm
    return rendered((GENTLER if gentler else SCENES)[scene](field_nm, setting.pixel_nm, seed), setting, size)


def read(name: str, seen: JudgeFrame) -> Read:
    """Invert and compare."""
    surface = judged(name, seen.instrument).model(seen.raw, seen.calibration)
    height, truth = (np.asarray(h, dtype=np.float64) for h in (surface.height, seen.height))
    scale = scores.slope_scale([surface.slope], [seen.height], seen.setting.pixel_nm)
    scored = score(height / seen.setting.pixel_nm, truth / seen.setting.pixel_nm, scores.inner(height.shape))
    return Read(scored, scale, face_errors(np.asarray(surface.slope), seen.slope))


def face_errors(slope: NDArray[np.floating], truth: NDArray[np.floating]) -> dict[float, float]:
    """Angle read minus true angle, degrees, inside the faces of each angle; mean slope along the true direction."""
    steep = np.hypot(*truth)
    found = {}
    for angle in ANGLES_DEG:
        wanted = np.tan(np.radians(angle))
        face = binary_erosion(np.abs(steep - wanted) < _ALIKE * wanted, iterations=_EDGE_PX) & scores.inner(steep.shape)
        if face.sum() >= _LEAST:
            along = float(((slope * truth).sum(axis=0)[face] / steep[face]).mean())
            found[angle] = float(np.degrees(np.arctan(along)) - angle)
    return found


def error_rows(scene: str, of: Mapping[str, Sequence[Read]]) -> list[Row]:
    """Height errors in pixels, and over the closed form's."""
    closed = _each(of[CLOSED], lambda r: r.height.rms)
    rows = [Row(ERROR, f"{scene}: closed form, rms error, px", float(np.exp(np.log(closed).mean())))]
    for name in _networks(of):
        found = ratio_interval(_each(of[name], lambda r: r.height.rms), closed)
        rows.append(interval_row(ERROR, f"{scene}: {name}", found, OVER_CLOSED))
    return rows


def band_rows(scene: str, of: Mapping[str, Sequence[Read]]) -> list[Row]:
    """The same by wavelength; nothing is demanded."""
    rows = []
    for name in _networks(of):
        for k, band in enumerate(BANDS):
            ours, theirs = (np.array([r.height.bands[k] for r in of[n]]) for n in (name, CLOSED))
            rows.append(interval_row(BAND, f"{scene}, {band}: {name}", ratio_interval(ours, theirs), None))
    return rows


def angle_rows(scene: str, angle: float, of: Mapping[str, Sequence[Read]]) -> list[Row]:
    """Bias of one angle, and the worst of the detectors, on which nothing is demanded."""
    rows = []
    for name, reads in of.items():
        errors = np.array([r.angles_deg.get(angle, np.nan) for r in reads])
        met = None if name == CLOSED else bool(abs(np.nanmean(errors)) <= ANGLE_WITHIN_DEG)
        what = f"{scene}, {angle}°: {_said(name)}"
        rows.append(_row(ANGLE, what, mean_interval(errors), f"± {ANGLE_WITHIN_DEG}", met))
        rows.append(Row(ANGLE, f"{what}, largest of all seeds and detectors", float(np.nanmax(np.abs(errors)))))
    return rows


def scale_rows(scene: str, of: Mapping[str, Sequence[Read]]) -> list[Row]:
    """Slope scale."""
    rows = []
    for name, reads in of.items():
        found = mean_interval(_each(reads, lambda r: r.scale))
        met = None if name == CLOSED else abs(found.mean - 1.0) <= SCALE_WITHIN
        rows.append(_row(SCALE, f"{scene}: {_said(name)}", found, "1 ± 0.005", met, digits=4))
    return rows


def _row(table: str, what: str, found: Interval, target: str, met: bool | None, digits: int = 2) -> Row:
    said = f"{what} [{found.low:.{digits}f}, {found.high:.{digits}f}]" if np.isfinite(found.low) else what
    return Row(table, said, found.mean, target, met)


def _said(name: str) -> str:
    return "closed form" if name == CLOSED else name


def _networks(of: Mapping[str, Sequence[Read]]) -> list[str]:
    return [name for name in of if name != CLOSED]


def _each(reads: Sequence[Read], value: Callable[[Read], float]) -> F64:
    return np.array([value(r) for r in reads])
