"""Models under test, with what their stated height uncertainty rests on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from eclips4d.core.instrument import Instrument
from eclips4d.inference.closed_form import ClosedFormSlopes, closed_form_slopes
from eclips4d.inference.models import ANALYTIC, Model, load_model, load_networks
from eclips4d.inference.networks.model import NetworkModel
from eclips4d.inference.networks.pair import NetworkPair
from eclips4d.inference.networks.uncertainty import ErrorSpectrum

CLOSED = ANALYTIC
"""The model that the others are measured against."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A model for one instrument.

    Attributes
    ----------
    model : Model
    slopes : ClosedFormSlopes
        What it starts from.
    spectrum : ErrorSpectrum
        Of its slope errors, as its card states it.
    """

    model: Model
    slopes: ClosedFormSlopes
    spectrum: ErrorSpectrum


def judged(name: str, instrument: Instrument) -> Judged:
    """The model of that name; its networks are loaded once for all instruments.

    Raises
    ------
    InputError
        There is no such model, or its weights cannot be used.
    """
    networks = _networks(name)
    model = load_model(name, instrument, networks=networks)
    if networks is None or not isinstance(model, NetworkModel):
        return Judged(model, closed_form_slopes(instrument), ErrorSpectrum())
    return Judged(model, model.slopes, ErrorSpectrum.of(networks.slopes_card.coverage))


@lru_cache(maxsize=4)
def _networks(name: str) -> NetworkPair | None:
    return load_networks(name)
