"""How the specimen of the simulated microscope emits, and how many electrons that gives per pixel."""

from __future__ import annotations

from eclips4d.acquisition.sim_effects import parse_effects
from eclips4d.acquisition.sim_settings import LEAST_DOSE, MOST_DOSE, SimSettings
from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.physics.emission.choose import emission_law
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.emission.materials import material
from eclips4d.physics.emission.spread import exit_spread
from eclips4d.physics.limits.dose import backscatter_yield, beam_electrons
from eclips4d.physics.microscope.microscope import COPPER_Z
from eclips4d.physics.microscope.optics import flat_signal

DEFAULT_DOSE = 1500.0
LAMBERT = "lambert"


def law_of(settings: SimSettings) -> EmissionLaw:
    """Lambert's cosine with copper's yield over tilt, or a material's own law.

    Raises
    ------
    InputError
        No such law, none for this energy, or a dead layer with a law that knows no energies.
    """
    if settings.emission == LAMBERT:
        if settings.dead_layer_kev is not None:
            raise InputError(
                "Lambert's law knows no energies", where="dead_layer_kev", cure="give emission= a material, such as Cu"
            )
        return lambert_law(COPPER_Z)
    return emission_law(settings.emission, settings.energy_kev, settings.dead_layer_kev)


def dose_of(settings: SimSettings, geometry: Instrument) -> float:
    """Electrons counted on a flat area, per pixel and segment: as asked for, or what a current makes of it.

    Parameters
    ----------
    geometry
        An instrument with this detector, whatever dose it tells.

    Raises
    ------
    InputError
        A current that gives more or fewer electrons than can be simulated.
    """
    if settings.current_na is None:
        return settings.dose or DEFAULT_DOSE
    law = law_of(settings)
    # Lambert's law does not know how much is backscattered; it stands for copper.
    known = settings.emission != LAMBERT
    emitted = law.yield_flat if known else backscatter_yield(material("Cu"), settings.energy_kev)
    beam = beam_electrons(settings.current_na, settings.line_time_s / settings.columns * 1e6)
    dose = float(f"{beam * emitted * flat_signal(geometry, law):.6g}")
    if not LEAST_DOSE <= dose <= MOST_DOSE:
        raise InputError(
            f"{settings.current_na:g} nA give {dose:.3g} electrons per pixel and segment, "
            f"not {LEAST_DOSE:g} to {MOST_DOSE:g}",
            where="current_na",
            cure="change current_na or dwell_us",
        )
    return dose


def check_blur(settings: SimSettings) -> None:
    """Look up how far electrons spread, if the effects ask for it.

    Raises
    ------
    InputError
        No such material, or nothing known for this energy.
    """
    effects = parse_effects(settings.effects)
    if effects.blur:
        exit_spread(effects.blur_material, settings.energy_kev)
