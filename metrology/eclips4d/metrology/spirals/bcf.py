"""Whether a spiral is one of Burton, Cabrera and Frank's: ratios that their law fixes, each with its probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from eclips4d.metrology.quantity import Quantity
from eclips4d.metrology.spirals.shape import excess, spacing_over_critical_radius
from eclips4d.metrology.spirals.track import Track


@dataclass(frozen=True, slots=True)
class BcfTest:
    """One relation of the law.

    Attributes
    ----------
    relation : str
    ratio : Quantity
        Measured over what the law says; 1 under the law.
    p : float
        Probability of a ratio at least as far from 1 under the law, both uncertainties counted; two-sided.
    """

    relation: str
    ratio: Quantity
    p: float


def bcf_test(
    track: Track,
    critical_radius_nm: Quantity | None = None,
    velocity_nm_s: Quantity | None = None,
    growth_nm_s: Quantity | None = None,
) -> tuple[BcfTest, ...]:
    """Ratios of what was measured to V = v_inf·(1 − r_c·curvature), solved for a steadily turning spiral.

    Parameters
    ----------
    track : Track
    critical_radius_nm : Quantity or None
        From elsewhere, such as the law of velocity and curvature of edges; without it the bend of the arms near the
        core, which is r_c under the law.
    velocity_nm_s : Quantity or None
        Of straight steps, measured elsewhere. Without it the rotation is not tested: spacing times passages is a
        velocity of arms whatever the law.
    growth_nm_s : Quantity or None
        Measured rise of the surface, where a static datum exists. Tested against step height times v_inf over
        spacing, v_inf being `velocity_nm_s` or spacing times passages.

    Returns
    -------
    tuple of BcfTest
        18.99 r_c over the spacing of one arm's own turns (N arms: N times that of neighbours); rotation (rad/s) over
        0.3309 v_inf/r_c; growth over H·v_inf/spacing.
    """
    radius = track.bend_nm if critical_radius_nm is None else critical_radius_nm
    tests = [_spacing(track, radius, shared=critical_radius_nm is None)]
    if velocity_nm_s is not None and np.isfinite(track.rotation_per_s.value):
        turning = _times(track.rotation_per_s, 2.0 * np.pi / excess().omega)
        tests.append(_tested("rotation over 0.331 v_inf/r_c", _ratio([turning, radius], [velocity_nm_s])))
    if growth_nm_s is not None:
        expected = [track.step_height_nm, track.passage.per_s]
        if velocity_nm_s is not None:
            expected = [track.step_height_nm, velocity_nm_s, _inverse(track.spacing_nm)]
        tests.append(_tested("growth over step height v_inf/spacing", _ratio([growth_nm_s], expected)))
    return tuple(tests)


def _spacing(track: Track, radius: Quantity, shared: bool) -> BcfTest:
    relation = "18.99 r_c over spacing"
    spacing = _times(track.spacing_nm, track.arms / spacing_over_critical_radius())
    if not shared:
        return _tested(relation, _ratio([radius], [spacing]))
    # Spacing and bend come from one fit and err together.
    value = radius.value / spacing.value
    gradient = np.array([-value / track.spacing_nm.value, 1.0 / spacing.value])
    random, model = (float(gradient @ part @ gradient) for part in (track.shape_random, track.shape_model))
    return _tested(relation, Quantity(value, float(np.sqrt(max(random, 0.0))), float(np.sqrt(max(model, 0.0)))))


def _tested(relation: str, ratio: Quantity) -> BcfTest:
    return BcfTest(relation, ratio, float(2.0 * norm.sf(abs(ratio.value - 1.0) / ratio.u)))


def _times(quantity: Quantity, factor: float) -> Quantity:
    return Quantity(quantity.value * factor, quantity.random_u * abs(factor), quantity.systematic_u * abs(factor))


def _inverse(quantity: Quantity) -> Quantity:
    return Quantity(
        1.0 / quantity.value, quantity.random_u / quantity.value**2, quantity.systematic_u / quantity.value**2
    )


def _ratio(over: list[Quantity], under: list[Quantity]) -> Quantity:
    """Product of `over` divided by that of `under`, errors independent."""
    value = float(np.prod([q.value for q in over]) / np.prod([q.value for q in under]))
    random = float(np.sqrt(sum((q.random_u / q.value) ** 2 for q in over + under)))
    systematic = float(np.sqrt(sum((q.systematic_u / q.value) ** 2 for q in over + under)))
    return Quantity(value, abs(value) * random, abs(value) * systematic)
