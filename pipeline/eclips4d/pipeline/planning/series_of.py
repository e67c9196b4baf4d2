"""From what is asked to a series of frames: dose, times and lengths filled in, contradictions refused."""

from __future__ import annotations

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.physics.emission.choose import LAMBERT, emission_law
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.emission.materials import material
from eclips4d.physics.limits.dose import beam_electrons
from eclips4d.physics.limits.plan import electrons_to_beam
from eclips4d.physics.limits.series import Series
from eclips4d.physics.signal.gas_scattering import GASES
from eclips4d.physics.signal.gas_skirt import PRESSURE_PREFIX, gas_dilution
from eclips4d.pipeline.planning.detector import planned_instrument
from eclips4d.pipeline.planning.wish import Wish

_LINE_PX, _EDGE_PX, _FACET_PX = 32.0, 3.0, 20.0
_SLACK = 1.0 + 1e-9
_SIZES = (16, 16384)
_MOST_GAS = 0.99
"""Beyond it nothing is left of an image."""
_MOST_ELECTRONS = 1e15
_POSITIVE = (
    *("current_na", "dwell_us", "electrons", "energy_kev", "pixel_nm", "frame_s", "sigma", "line_nm", "edge_nm"),
    *("step_nm", "facet_nm", "spacing_nm", "velocity_nm_s", "pressure_pa", "gas_path_mm", "scale_u_percent"),
)


def planned_series(wish: Wish) -> Series:
    """The series that is asked for.

    Raises
    ------
    InputError
        Something is missing, given twice, contradictory or impossible.
    """
    _check_numbers(wish)
    instrument = planned_instrument(wish)
    name = wish.material or str((instrument.specimen or {}).get("material", "Cu"))
    law = _law(wish.law, material(name).name, instrument)
    dwell_us = wish.dwell_us or (None if wish.electrons else instrument.beam.dwell_us)
    electrons = _beam_electrons(wish, instrument, law, name, dwell_us)
    pixel = max(instrument.scan.pixel_size_xy_nm)
    series = Series(
        instrument=instrument,
        law=law,
        material=name,
        shape=(wish.size, wish.size),
        beam_electrons=electrons,
        frame_s=_frame_s(wish, instrument, dwell_us),
        frames=wish.frames,
        excess_noise=wish.excess_noise,
        sigma=wish.sigma,
        line_nm=wish.line_nm or _LINE_PX * pixel,
        edge_nm=wish.edge_nm or _EDGE_PX * pixel,
        step_nm=wish.step_nm,
        facet_nm=wish.facet_nm or _FACET_PX * pixel,
        facet_deg=wish.facet_deg,
        spacing_nm=wish.spacing_nm,
        velocity_nm_s=wish.velocity_nm_s,
        gas_share=_gas_share(wish, instrument),
        scale_u=_scale_u(wish, instrument),
        distance_u_mm=wish.distance_u_mm,
    )
    _check_lengths(series)
    return series


def _check_numbers(wish: Wish) -> None:
    for name in _POSITIVE:
        value = getattr(wish, name)
        if value is not None and not 0.0 < value < float("inf"):
            raise InputError(f"{value:g} is no number above 0", where=f"--{name.replace('_', '-')}", cure="correct it")
    if wish.excess_noise < 1.0:
        raise InputError(f"{wish.excess_noise:g}", where="--excess-noise", cure="1 is pure counting; give 1 or more")
    if not _SIZES[0] <= wish.size <= _SIZES[1]:
        cure = f"give {_SIZES[0]} to {_SIZES[1]}"
        raise InputError(f"{wish.size} pixels along a side", where="--size", cure=cure)
    if not 0.0 <= wish.distance_u_mm < float("inf"):
        raise InputError(f"{wish.distance_u_mm:g}", where="--distance-u-mm", cure="give 0 or more")
    if wish.frames < 2:
        raise InputError("a velocity needs two frames", where="--frames", cure="give 2 or more")
    if not 0.0 <= wish.facet_deg < 90.0:
        raise InputError(f"{wish.facet_deg:g}°", where="--facet-deg", cure="give an angle from 0 to below 90")
    if (wish.gas is None) != (wish.pressure_pa is None):
        raise InputError("a gas and its pressure belong together", where="--gas", cure="give --gas and --pressure-pa")
    if wish.velocity_nm_s is not None and wish.spacing_nm is None:
        cure = "give --spacing-nm too"
        raise InputError(
            "whether a velocity can be followed depends on the spacing", where="--velocity-nm-s", cure=cure
        )


def _law(wanted: str, name: str, instrument: Instrument) -> EmissionLaw:
    if wanted not in ("material", LAMBERT):
        raise InputError(f"no law {wanted!r}", where="--law", cure=f"take material or {LAMBERT}")
    return emission_law(
        name if wanted == "material" else LAMBERT, instrument.beam.energy_kev, instrument.detector.dead_layer_kev
    )


def _beam_electrons(wish: Wish, instrument: Instrument, law: EmissionLaw, name: str, dwell_us: float | None) -> float:
    if wish.electrons is not None:
        if wish.current_na is not None:
            raise InputError("--electrons and --current-na both give the dose", cure="leave one of them out")
        return electrons_to_beam(law, name, instrument, wish.electrons)
    beam = instrument.beam
    asked_current = wish.current_na is not None or wish.dwell_us is not None
    if beam.electrons_per_pixel is not None and not asked_current:
        return electrons_to_beam(law, name, instrument, beam.electrons_per_pixel)
    current = wish.current_na or beam.current_na
    if current is None or dwell_us is None:
        missing = "--current-na" if current is None else "--dwell-us"
        raise InputError(
            "the dose is not known", where=missing, cure="give --current-na and --dwell-us, or --electrons"
        )
    electrons = beam_electrons(current, dwell_us)
    if not 1.0 <= electrons <= _MOST_ELECTRONS:
        said = f"{current:g} nA for {dwell_us:g} µs are {electrons:.3g} electrons in the beam per pixel"
        raise InputError(said, where="--current-na", cure=f"give 1 to {_MOST_ELECTRONS:g}")
    return electrons


def _frame_s(wish: Wish, instrument: Instrument, dwell_us: float | None) -> float:
    scanning_s = wish.size**2 * (dwell_us or 0.0) * 1e-6
    times = instrument.scan.frame_times_s or ()
    given = wish.frame_s or (times[1] - times[0] if len(times) > 1 and wish.dwell_us is None else None)
    if given is None:
        if not scanning_s:
            raise InputError("the frame time is not known", where="--frame-s", cure="give it, or --dwell-us")
        return scanning_s
    if scanning_s > given * _SLACK:
        raise InputError(
            f"{wish.size} × {wish.size} pixels of {dwell_us:g} µs take {scanning_s:.3g} s, a frame only {given:g} s",
            where="--dwell-us" if wish.dwell_us else "--size",
            cure="dwell shorter, scan fewer pixels, or give a longer --frame-s",
        )
    return given


def _scale_u(wish: Wish, instrument: Instrument) -> float | None:
    if wish.scale_u_percent is not None:
        return wish.scale_u_percent / 100.0
    return instrument.calibration.scale_u if instrument.calibration is not None else None


def _gas_share(wish: Wish, instrument: Instrument) -> float:
    if wish.gas is None or wish.pressure_pa is None:
        return 0.0
    if wish.gas.lower() not in GASES:
        raise InputError(f"no gas {wish.gas!r}", where="--gas", cure=f"one of {', '.join(GASES)}")
    dilution = gas_dilution(wish.gas_path_mm, instrument.beam.energy_kev)
    share = dilution.share({PRESSURE_PREFIX + wish.gas.lower(): wish.pressure_pa})
    if share > _MOST_GAS:
        said = f"{wish.pressure_pa:g} Pa over {wish.gas_path_mm:g} mm scatter {share:.4%} of the beam"
        raise InputError(said, where="--pressure-pa", cure="take a lower pressure, a shorter path, or more energy")
    return share


def _check_lengths(series: Series) -> None:
    pixel = series.instrument.scan.pixel_size_xy_nm
    field = min(pixel) * min(series.shape)
    for name, length in (
        ("--line-nm", series.line_nm),
        ("--facet-nm", series.facet_nm),
        ("--edge-nm", 2.0 * series.edge_nm),
        ("--spacing-nm", series.spacing_nm or 0.0),
    ):
        if length > field * _SLACK:
            raise InputError(f"{length:g} nm do not fit into a field of {field:g} nm", where=name, cure="shorten it")
    for name, length in (("--line-nm", series.line_nm), ("--facet-nm", series.facet_nm)):
        if length < max(pixel):
            raise InputError(
                f"{length:g} nm are less than a pixel", where=name, cure="lengthen it, or take finer pixels"
            )
    if series.spacing_nm is not None and series.spacing_nm < 2.0 * max(pixel):
        raise InputError(
            f"steps {series.spacing_nm:g} nm apart fall below two pixels of {max(pixel):g} nm",
            where="--spacing-nm",
            cure="take finer pixels",
        )
