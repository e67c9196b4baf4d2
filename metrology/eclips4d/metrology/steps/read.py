"""The steps of one profile: found, fitted, and what is left looked at again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.profiles.profile import Profile
from eclips4d.metrology.steps.edge import Edge
from eclips4d.metrology.steps.find import Seed, filters_of, find_seeds, least_of, response_of, texture_of
from eclips4d.metrology.steps.fit import HumpFit, amplitudes, fit_humps
from eclips4d.metrology.steps.texture import texture_shift

F64 = NDArray[np.float64]

ROUNDS = 4
MODEL_ERROR = 0.1
"""Share of a hump by which it may differ from a Gaussian; no step is looked for in that."""
LEAST = 3.0
"""Heights of fitted steps over their uncertainties."""
NEIGHBOURS = 3.0
"""Standard deviations within which humps have a say in each other's uncertainty."""
STRONG, LEFT = 0.35, 3.0
"""Humps above this share of the strongest are tried as steps; texture is at most so many times what they leave. When
there is texture alone, they leave a third of it."""
STRETCH = 0.5, 2.0
"""Between which shares of its height a step may be when it is fitted without its false neighbours."""
END = 1.0
"""Standard deviations of a riser from the profile's end within which its position is not believed."""


def find_steps(profile: Profile, false_steps: float = 0.01) -> tuple[Edge, ...]:
    """The steps of a profile, in the order of their places.

    Parameters
    ----------
    profile : Profile
    false_steps : float
        Expected number of false ones per profile of noise.
    """
    seeds, fit = _seeds_and_fit(profile.slope_along, profile.slope_sd, false_steps)
    return () if fit is None else _edges(profile, fit, [seed.significance for seed in seeds])


def fit_steps(profile: Profile, known: Sequence[Edge]) -> tuple[Edge, ...]:
    """The steps of a profile when it is known which there are: fitted from there on.

    One that the fit leads far away stays as it was.
    """
    if not known:
        return ()
    nm = profile.spacing_nm
    first = profile.distance_nm[0]
    place = np.array([(edge.position_nm - first) / nm for edge in known])
    area, width = (np.array([getattr(edge, name) for edge in known]) / nm for name in ("height_nm", "sd_nm"))
    seeds = [Seed(p, a, w, edge.significance) for p, a, w, edge in zip(place, area, width, known, strict=True)]
    fitted = fit_humps(profile.slope_along, profile.slope_sd, place, area, width)
    seeds, fit = _sure(profile.slope_along, profile.slope_sd, seeds, fitted)
    again = () if fit is None else _edges(profile, fit, [seed.significance for seed in seeds])
    return tuple(next((edge for edge in again if _same(edge, before)), before) for before in known)


def _same(edge: Edge, before: Edge) -> bool:
    near = abs(edge.position_nm - before.position_nm) < before.sd_nm
    return near and STRETCH[0] < edge.height_nm / before.height_nm < STRETCH[1]


def _edges(profile: Profile, fit: HumpFit, significance: list[float]) -> tuple[Edge, ...]:
    slope = profile.slope_along
    across, across_u = amplitudes(profile.slope_across, profile.slope_sd, fit)
    nm, at = profile.spacing_nm, np.arange(slope.size)
    seen = np.flatnonzero(np.isfinite(slope))
    inside = (fit.place > seen[0] + END * fit.sd) & (fit.place < seen[-1] - END * fit.sd)
    left = slope - fit.model - fit.background
    shift = [texture_shift(left, profile.slope_sd, a, w) for a, w in zip(fit.area, fit.sd, strict=True)]
    edges = [
        Edge(
            position_nm=float(profile.distance_nm[0] + fit.place[k] * nm),
            position_u_nm=float(fit.place_u[k] / fit.misfit[k] * nm),
            texture_u_nm=shift[k][0] * nm,
            texture_nm=shift[k][1] * nm,
            height_nm=float(fit.area[k] * nm),
            height_u_nm=float(fit.area_u[k] * nm),
            across_nm=float(across[k] * nm),
            across_u_nm=float(across_u[k] * nm),
            sd_nm=float(fit.sd[k] * nm),
            time_s=float(np.interp(fit.place[k], at[seen], profile.row_time_s[seen])),
            significance=significance[k],
        )
        for k in np.flatnonzero(inside)
    ]
    return tuple(sorted(edges, key=lambda edge: edge.position_nm))


def _seeds_and_fit(slope: F64, sd: F64, false_steps: float) -> tuple[list[Seed], HumpFit | None]:
    seeds, fit, left, explained = _NONE, None, slope, None
    texture = _texture_between(slope, sd, false_steps)
    for _ in range(ROUNDS):
        fresh = find_seeds(left, sd, explained, false_steps, texture)
        if not fresh:
            break
        seeds = [*seeds, *fresh]
        seeds, fit = _sure(slope, sd, seeds, fit)
        if fit is None:
            break
        left, explained = slope - fit.model, MODEL_ERROR * np.abs(fit.model)
    if fit is not None:
        above = _above_texture(slope, fit, least_of(slope.size, false_steps))
        if not above.all():
            kept = [seed for seed, good in zip(seeds, above, strict=True) if good]
            seeds, fit = _sure(slope, sd, kept, None) if kept else (_NONE, None)
    return seeds, fit


def _texture_between(slope: F64, sd: F64, false_steps: float) -> list[tuple[float, float]] | None:
    """What texture can be at most: several times what is left without the strongest humps.

    Where steps are dense, filters see no terrace by itself and would take the steps for texture.
    """
    seen = np.isfinite(slope + sd)
    if not seen.any():
        return None
    nothing = [(width, 0.0) for width in filters_of(slope.size)]
    seeds = find_seeds(slope, sd, None, false_steps, nothing)
    strongest = max((abs(seed.slope) for seed in seeds), default=0.0)
    seeds = [seed for seed in seeds if abs(seed.slope) > STRONG * strongest]
    if not seeds:
        return None
    _, fit = _sure(slope, sd, seeds, None)
    return None if fit is None else [(w, LEFT * t) for w, t in texture_of(slope - fit.model - fit.background)]


def _above_texture(slope: F64, fit: HumpFit, least: float) -> NDArray[np.bool_]:
    """Whether each hump stands out of what the profile has besides its steps."""
    texture = texture_of(slope - fit.model - fit.background)
    top = fit.area / (np.sqrt(2.0 * np.pi) * fit.sd)
    best = [
        max(abs(response_of(h, sd, width)) / max(spread, 1e-300) for width, spread in texture)
        for h, sd in zip(top, fit.sd, strict=True)
    ]
    return np.asarray(np.array(best) >= least, np.bool_)


_NONE: list[Seed] = []


def _sure(slope: F64, sd: F64, seeds: list[Seed], before: HumpFit | None) -> tuple[list[Seed], HumpFit | None]:
    """Fit, drop what is not sure, and fit again until all are."""
    known = 0 if before is None else before.place.size
    place = np.array([seed.place for seed in seeds])
    width = np.array([seed.sd for seed in seeds])
    area = np.array([seed.slope * seed.sd * 2.5 for seed in seeds])
    if before is not None:
        place[:known], width[:known], area[:known] = before.place, before.sd, before.area
    while seeds:
        fit = fit_humps(slope, sd, place, area, width)
        kept = _believed(fit)
        if kept.all():
            return seeds, fit
        kept = _one_of_each(fit, kept)
        seeds = [seed for seed, good in zip(seeds, kept, strict=True) if good]
        place, area, width = fit.place[kept], fit.area[kept], fit.sd[kept]
    return seeds, None


def _one_of_each(fit: HumpFit, good: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of those not believed, only the least sure of each neighbourhood goes: together they may be one that is sure."""
    dropped: list[int] = []
    sure = np.abs(fit.area) / np.maximum(fit.area_u, 1e-300)
    for k in sorted(np.flatnonzero(~good), key=lambda k: (sure[k], abs(fit.area[k]))):
        if not any(abs(fit.place[j] - fit.place[k]) < NEIGHBOURS * (fit.sd[j] + fit.sd[k]) for j in dropped):
            dropped.append(int(k))
    kept = np.ones(good.size, np.bool_)
    kept[dropped] = False
    return kept


def _believed(fit: HumpFit) -> NDArray[np.bool_]:
    """Sure of its height and its place; of two that cannot be told apart only the surer one."""
    good = (np.abs(fit.area) > LEAST * fit.area_u) & (fit.place_u < fit.sd)
    order = np.argsort(-np.abs(fit.area) / np.maximum(fit.area_u, 1e-300))
    close = np.abs(fit.place[:, None] - fit.place) < np.maximum(fit.sd[:, None], fit.sd)
    for n, k in enumerate(order):
        good[k] &= not (close[k, order[:n]] & good[order[:n]]).any()
    return np.asarray(good, np.bool_)
