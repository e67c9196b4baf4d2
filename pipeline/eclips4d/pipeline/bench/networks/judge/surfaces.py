"""The judge's surfaces: catalogue scenes with sizes drawn in pixels, and grains as in a film; none from training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates, spline_filter

from eclips4d.core.errors import InputError
from eclips4d.physics.microscope.surface import Surface
from eclips4d.physics.scenes import Lines, build_scene
from eclips4d.physics.scenes.scatter import scattered
from eclips4d.physics.scenes.still import Still, height_only, turned
from eclips4d.pipeline.bench.networks.judge.risers import named_risers

F64 = NDArray[np.float64]
Draw = Callable[[float, float, int], Surface]
"""(field, pixel, seed) -> surface; lengths in nm."""
_NARROWEST_SPIRAL = 0.063
"""Spacing over the field, above which the catalogue grows a spiral however it is turned."""


@dataclass(frozen=True, slots=True)
class Sum:
    """Surfaces on top of each other; yields multiply."""

    parts: tuple[Surface, ...]

    def lines(self, x0_nm: F64, step_nm: float, count: int, y_nm: F64, t_s: F64) -> Lines:
        """See `Scene.lines`."""
        made = [part.lines(x0_nm, step_nm, count, y_nm, t_s) for part in self.parts]
        height = np.asarray(sum(m.height for m in made))
        return Lines(height, np.prod([m.relative_yield for m in made], axis=0), made[0].grain)

    def side(self, t_s: float) -> dict[str, float]:
        """See `Scene.side`."""
        return {}


def _built(name: str, field_nm: float, seed: int, **options: object) -> Surface:
    return build_scene(name, (field_nm, field_nm), seed, 12.0, **options)


def gentle_steps(field_nm: float, pixel_nm: float, seed: int) -> Surface:
    """Meandering steps with risers 4 to 8 pixels wide (10–90 %) and slopes of some degrees, oxide patches between."""
    random = np.random.default_rng([seed, 0x6E1])
    return _stepflow(field_nm, pixel_nm, seed, random, random.uniform(1.5, 3.1), random.uniform(0.2, 1.0))


def sharp_steps(field_nm: float, pixel_nm: float, seed: int) -> Surface:
    """Risers of 0.5 to 2 pixels: in turn straight with plane walls, and meandering with rounded ones."""
    random = np.random.default_rng([seed, 0x5A9])
    if seed % 2:
        return _stepflow(field_nm, pixel_nm, seed, random, random.uniform(0.2, 0.8), random.uniform(0.2, 1.0))
    return Sum((_straight(field_nm, pixel_nm, random, 1.2), _straight(field_nm, pixel_nm, random, 0.4)))


def _straight(field_nm: float, pixel_nm: float, random: np.random.Generator, highest_px: float) -> Surface:
    """Parallel steps, no two alike: plane walls 0.5 to 2 pixels wide, up and down, terraces of 6 to 40 pixels."""
    reach = 0.75 * field_nm
    place = np.cumsum(random.uniform(6.0, 40.0, int(2.0 * reach / (6.0 * pixel_nm)))) * pixel_nm - reach
    place = place[place < reach]
    rise = random.uniform(0.1, 1.0, len(place)) * random.choice([-1.0, 1.0], len(place)) * highest_px * pixel_nm
    width = random.uniform(0.5, 2.0, len(place)) * pixel_nm
    turn = random.uniform(0.0, 180.0)
    corner = np.stack([place - width / 2.0, place + width / 2.0], axis=1).ravel()
    level = np.stack([np.cumsum(rise) - rise, np.cumsum(rise)], axis=1).ravel()
    return Still(height_only(lambda x, y: np.interp(turned(x, y, turn)[0], corner, level)))


def _stepflow(
    field_nm: float, pixel_nm: float, seed: int, random: np.random.Generator, riser_px: float, height_px: float
) -> Surface:
    spacing = random.uniform(12.0, 40.0)
    steps = _built(
        "stepflow",
        field_nm,
        seed,
        step_height_nm=height_px * pixel_nm,
        spacing_nm=spacing * pixel_nm,
        riser_nm=riser_px * pixel_nm,
        flow_deg=random.uniform(0.0, 360.0),
        bunching=random.uniform(0.0, 0.6),
        meander_nm=random.uniform(0.0, 3.0) * pixel_nm,
        meander_length_nm=random.uniform(40.0, 120.0) * pixel_nm,
        roughness_nm=0.0,
        particles_per_um2=0.0,
        patches_per_um2=15.0 / (field_nm * 1e-3) ** 2,
        patch_nm=12.0 * pixel_nm,
    )
    rough = _rough(field_nm, pixel_nm, seed, random.uniform(0.0, 0.05), 0.8, (10.0, 60.0))
    return Sum((steps, rough))


def _rough(
    field_nm: float, pixel_nm: float, seed: int, rms_px: float, hurst: float, waves_px: tuple[float, float]
) -> Surface:
    shortest, longest = (wave * pixel_nm for wave in waves_px)
    sizes = {"rms_nm": max(rms_px, 1e-3) * pixel_nm, "shortest_nm": shortest, "longest_nm": longest}
    return _built("rough", field_nm, seed, hurst=hurst, **sizes)


def granular(field_nm: float, pixel_nm: float, seed: int) -> Surface:
    """A film of rounded grains some ten pixels across, with roughness on them."""
    random = np.random.default_rng([seed, 0x6A2])
    grain = random.uniform(8.0, 18.0)
    film = _grains(field_nm, grain * pixel_nm, random.uniform(0.15, 0.3), random)
    roughness, hurst = random.uniform(0.1, 0.4), random.uniform(0.5, 0.9)
    rough = _rough(field_nm, pixel_nm, seed, roughness, hurst, (4.0, 2.0 * grain))
    return Sum((film, rough))


def _grains(field_nm: float, across_nm: float, rise: float, random: np.random.Generator) -> Surface:
    """The upper envelope of parabolic caps: at its rim a cap falls by four times `rise`."""
    per_um2 = 1e6 / across_nm**2
    x, y = scattered((field_nm, field_nm), per_um2, 0.7 * across_nm, random)
    top = random.normal(0.0, 0.15 * rise * across_nm, len(x))
    bend = 4.0 * rise / across_nm * random.uniform(0.7, 1.4, len(x))

    def height(at_x: F64, at_y: F64) -> F64:
        film = np.full(at_x.shape, -rise * across_nm)
        for cx, cy, t, b in zip(x, y, top, bend, strict=True):
            near_x, near_y = np.abs(at_x[0] - cx) < across_nm, np.abs(at_y[:, 0] - cy) < across_nm
            if near_x.any() and near_y.any():
                here = np.ix_(near_y, near_x)
                film[here] = np.maximum(film[here], t - b * ((at_x[here] - cx) ** 2 + (at_y[here] - cy) ** 2) / 2.0)
        return film

    return Still(height_only(height))


def facets(field_nm: float, pixel_nm: float, seed: int) -> Surface:
    """Pyramids and indents with faces of 35.26, 45, 54.7 and 50 degrees, in turn with oxide islands of cubic faces."""
    random = np.random.default_rng([seed, 0xFACE])
    turn = random.uniform(0.0, 90.0)
    if seed % 2 == 0:
        faces = ",".join(f"{face:g}" for face in random.permutation([35.26, 45.0, 54.7, 50.0]))
        return _built(
            "pyramid", field_nm, seed, face_deg=faces, orientation_deg=turn, indent=bool(random.integers(0, 2))
        )
    return _built(
        "islands",
        field_nm,
        seed,
        per_um2=20.0 / (field_nm * 1e-3) ** 2,
        height_nm=16.0 * pixel_nm,
        top=("100", "110")[seed // 2 % 2],
        orientation_deg=turn,
        base_nm=24.0 * pixel_nm,
        least=0.6,
    )


def spirals(field_nm: float, pixel_nm: float, seed: int) -> Surface:
    """Growth spirals with steps half a pixel to two high, risers of 2 to 5 pixels (10–90 %); sparser in wide fields."""
    random = np.random.default_rng([seed, 0x591])
    return _built(
        "spiral",
        field_nm,
        seed,
        spacing_nm=max(random.uniform(20.0, 36.0) * pixel_nm, _NARROWEST_SPIRAL * field_nm),
        step_height_nm=random.uniform(0.4, 1.6) * pixel_nm,
        cores=int(random.integers(1, 4)),
        riser_nm=random.uniform(0.8, 2.0) * pixel_nm,
        square=float(random.choice([0.0, 1.0])),
        orientation_deg=random.uniform(0.0, 90.0),
    )


def pits(field_nm: float, pixel_nm: float, seed: int) -> Surface:
    """Steep pits and trenches that hide part of the detector from their floors."""
    random = np.random.default_rng([seed, 0x917])
    options = {"depth_nm": random.uniform(6.0, 12.0) * pixel_nm, "across_nm": 22.0 * pixel_nm}
    return _built("pits", field_nm, seed, steepest_deg=75.0, pits=8, trenches=2, **options)


def flat(field_nm: float, pixel_nm: float, seed: int) -> Surface:
    """Nothing but noise."""
    return _built("flat", field_nm, seed)


SCENES: Mapping[str, Draw] = {
    "gentle-steps": gentle_steps,
    "sharp-steps": sharp_steps,
    "granular": granular,
    "facets": facets,
    "spirals": spirals,
    "pits": pits,
    "flat": flat,
}
"""All surfaces by name."""
ISSUED = ("gentle-steps", "sharp-steps", "granular", "facets", "spirals")
"""Those whose slope errors are compared."""


def surface_of(scene: str, field_nm: float, pixel_nm: float, seed: int) -> Surface:
    """A surface by its name.

    Parameters
    ----------
    scene
        Key of `SCENES`; `afm:FILE`, the first height map of a recording's truth; `faint:HEIGHT`, and what
        `named_risers` knows, in pixels.

    Raises
    ------
    InputError
        No such scene.
    """
    kind, _, told = scene.partition(":")
    if kind == "afm":
        return measured(Path(told), pixel_nm, seed)
    if kind == "faint":
        return faint_steps(field_nm, pixel_nm, seed, float(told))
    if kind in ("risers", "pairs"):
        return named_risers(scene, seed).surface(pixel_nm)
    if scene not in SCENES:
        raise InputError(f"no judge scene {scene!r}", cure=f"one of {', '.join(SCENES)}")
    return SCENES[scene](field_nm, pixel_nm, seed)


def faint_steps(field_nm: float, pixel_nm: float, seed: int, height_px: float) -> Surface:
    """Meandering steps 30 pixels apart with risers of 2 pixels (10–90 %), all down one way, on a level mean plane."""
    random = np.random.default_rng([seed, 0xFA1])
    return _built(
        "stepflow",
        field_nm,
        seed,
        step_height_nm=height_px * pixel_nm,
        spacing_nm=30.0 * pixel_nm,
        riser_nm=0.8 * pixel_nm,
        flow_deg=random.uniform(0.0, 360.0),
        bunching=0.2,
        meander_nm=3.0 * pixel_nm,
        meander_length_nm=80.0 * pixel_nm,
        roughness_nm=0.0,
        particles_per_um2=0.0,
        patches_per_um2=0.0,
    )


def measured(path: Path, pixel_nm: float, seed: int) -> Surface:
    """A measured film as a cubic spline, one of its pixels per pixel, turned and shifted by the seed."""
    random = np.random.default_rng([seed, 0xAF])
    with np.load(path, allow_pickle=False) as file:
        height, own_nm = np.asarray(file["height_nm"][0], dtype=np.float64), float(file["pixel_size_nm"])
    coefficients = spline_filter(height * (pixel_nm / own_nm), order=3, mode="mirror")
    middle = np.asarray(height.shape)[:, None, None] * random.uniform(0.35, 0.65, (2, 1, 1))
    turn = random.uniform(0.0, 360.0)

    def at(x: F64, y: F64) -> F64:
        along, aside = turned(x, y, turn)
        place = np.stack([aside, along]) / pixel_nm + middle
        return np.asarray(map_coordinates(coefficients, place, order=3, mode="mirror", prefilter=False))

    return Still(height_only(at))
