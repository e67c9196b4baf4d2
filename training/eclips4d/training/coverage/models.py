"""Networks whose card says other factors than on the disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.inference.models import load_networks
from eclips4d.inference.networks.card import SdTable
from eclips4d.inference.networks.model import NetworkModel, network_model
from eclips4d.inference.networks.pair import NetworkPair


@dataclass(frozen=True)
class Recalibrated:
    """A pair of networks whose stated sd are calibrated by tables of one's own."""

    networks: NetworkPair
    _models: dict[str, NetworkModel] = field(default_factory=dict, repr=False)

    def model(self, instrument: Instrument) -> NetworkModel:
        """Ready for frames of this instrument."""
        if instrument.fingerprint not in self._models:
            self._models[instrument.fingerprint] = network_model(instrument, self.networks)
        return replace(self._models[instrument.fingerprint], networks=self.networks)

    def saying(self, coverage: Mapping[str, float]) -> Recalibrated:
        """The same networks with other factors."""
        return self._with(coverage=dict(coverage))

    def asking(self, table: SdTable | None) -> Recalibrated:
        """The same networks with another table of what surroundings tell."""
        return self._with(surroundings=table)

    def _with(self, **changed: object) -> Recalibrated:
        card = self.networks.slopes_card.model_copy(update=changed)
        return Recalibrated(replace(self.networks, slopes_card=card), self._models)


def recalibrated(path: Path) -> Recalibrated:
    """Networks without any factors or table.

    Parameters
    ----------
    path
        Of the ONNX file of a slopes network, whose card names the integrator that goes with it.

    Raises
    ------
    InputError
        Weights that are missing, damaged or for something else.
    """
    networks = load_networks(str(path))
    if networks is None:
        raise InputError("has no networks, so no card", where=str(path), cure="give the file of a slopes network")
    return Recalibrated(networks).saying({}).asking(None)
