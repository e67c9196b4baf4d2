"""Facets, measured on pixel means as a metrologist would, and volumes from another description of the same solid."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import ConvexHull, HalfspaceIntersection

from eclips4d.physics.scenes.facets import facets, family, inclination_deg
from eclips4d.physics.scenes.islands import Islands, IslandsOptions, islands

FIELD = (1500.0, 1500.0)
FULL_S = 7.2


def built(**options: object) -> Islands:
    return islands(FIELD, 4, 12.0, IslandsOptions(height_nm=90.0, **options))


def pixel_means(scene: Islands, pixel_nm: float = 4.0, t_s: float = FULL_S) -> tuple[np.ndarray, np.ndarray]:
    """Means over 4 × 4 points a pixel, and the island each pixel wholly belongs to (else 0)."""
    n, fine = 360, pixel_nm / 4.0
    y = (np.arange(4 * n) + 0.5) * fine - 2.0 * n * fine
    made = scene.lines(np.full(4 * n, y[0]), fine, 4 * n, y, np.full(4 * n, t_s))
    blocks = (n, 4, n, 4)
    grain = made.grain.reshape(blocks)
    pure = (grain.min(axis=(1, 3)) == grain.max(axis=(1, 3))) * grain.max(axis=(1, 3))
    return made.height.reshape(blocks).mean(axis=(1, 3)), pure


def fitted_normals(height: np.ndarray, pure: np.ndarray, pixel_nm: float = 4.0) -> np.ndarray:
    """Unit normals (x, y, up; array axes) of planes through 3 × 3 pixels that are plane indeed."""
    q, p = np.gradient(height, pixel_nm)
    second = [np.diff(height, 2, axis=1)[1:-1], np.diff(height, 2, axis=0)[:, 1:-1]]
    corner = height[2:, 2:] - height[2:, :-2] - height[:-2, 2:] + height[:-2, :-2]
    plane = np.max(np.abs([*second, corner]), axis=0) < 1e-9
    inside = plane & (pure[1:-1, 1:-1] > 0)
    normals = np.stack([-p[1:-1, 1:-1][inside], -q[1:-1, 1:-1][inside], np.ones(inside.sum())], axis=1)
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("top", "wanted"),
    [
        ("100", {45.0: 4, 54.7356: 4}),
        ("110", {45.0: 2, 35.2644: 2, 60.0: 4}),
        ("111", {54.7356: 3, 35.2644: 3, 70.5288: 3}),
    ],
)
def test_crystallography(top: str, wanted: dict[float, int]) -> None:
    """Angles between cubic planes by their integer indices, and how many facets there are of each."""
    found = np.concatenate([inclination_deg(facets(top, face)) for face in ("100", "110", "111")])
    assert {round(a, 4): int((np.abs(found - a) < 1e-3).sum()) for a in found} == wanted
    assert [len(family(face)) for face in ("100", "110", "111")] == [6, 12, 8]


@pytest.mark.parametrize(("top", "wanted"), [("100", (45.0, 54.7356)), ("111", (35.2644, 54.7356, 70.5288))])
def test_plane_fits_give_the_exact_angles(top: str, wanted: tuple[float, ...]) -> None:
    height, pure = pixel_means(built(top=top))
    angles = np.degrees(np.arccos(fitted_normals(height, pure)[:, 2]))
    nearest = np.abs(angles[:, None] - np.array([0.0, *wanted]))
    assert nearest.min(axis=1).max() < 1e-4
    assert all((nearest[:, k] < 1e-4).sum() > 5 for k in range(1 + len(wanted)))


def test_traces_of_the_two_families_cross_at_45_and_135_degrees() -> None:
    scene = built(second_share=0.0, orientation_deg=20.0)
    normals = fitted_normals(*pixel_means(scene))
    tilt = np.degrees(np.arccos(normals[:, 2]))
    direction = np.degrees(np.arctan2(-normals[:, 1], normals[:, 0]))
    for family_deg, offset in ((45.0, 0.0), (54.7356, 45.0)):
        of_family = direction[np.abs(tilt - family_deg) < 1e-3]
        assert np.abs((of_family - 20.0 - offset + 45.0) % 90.0 - 45.0).max() < 1e-3


def test_volume_is_that_of_the_polyhedron() -> None:
    """Half-spaces cut by qhull against the mean height of the rendered surface."""
    scene = built(second_share=1.0, per_um2=3.0)
    size = float(scene.size(np.array([FULL_S]))[0])
    n = 3000
    y = (np.arange(n) + 0.5) * 0.75 - n * 0.375
    rows = scene.lines(np.full(n, y[0]), 0.75, n, y, np.full(n, FULL_S)).height
    wanted = 0.0
    for planes in scene.planes:
        scaled = np.column_stack([planes[:, :3], -planes[:, 3] * size])
        solid = HalfspaceIntersection(np.vstack([scaled, [0.0, 0.0, -1.0, 0.0]]), np.array([0.0, 0.0, 1.0]))
        wanted += ConvexHull(solid.intersections).volume
    assert rows.sum() * 0.75**2 == pytest.approx(wanted, rel=1e-4)


def test_they_grow_in_oxygen_and_shrink_in_hydrogen() -> None:
    scene = built()
    volume = [pixel_means(scene, t_s=t)[0].sum() for t in (0.0, 3.0, FULL_S, 12.0)]
    assert volume[0] == pytest.approx(volume[3], rel=1e-3) and volume[2] > 2.0 * volume[0]
    assert scene.size(np.array([FULL_S]))[0] <= 1.0


def test_none_touches_another() -> None:
    scene = built(per_um2=30.0)
    _, pure = pixel_means(scene)
    number = np.unique(pure)
    assert len(number) - 1 >= 10
    for k in number[number > 0]:
        reach = np.hypot(*(np.argwhere(pure == k)[:, ::-1] * 4.0 - 718.0 - scene.centres[k - 1, :2]).T)
        assert reach.max() < scene.centres[k - 1, 2]


def test_yield_and_grain_follow_the_oxide() -> None:
    made = built(oxide_yield=0.7).lines(np.full(90, -720.0), 8.0, 180, np.linspace(-700, 700, 90), np.full(90, FULL_S))
    assert np.array_equal(made.relative_yield == 0.7, made.grain > 0) and np.array_equal(
        made.height > 0, made.grain > 0
    )
