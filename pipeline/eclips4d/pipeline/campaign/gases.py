"""In which gases a run was: what the instrument file says of it, and the gauges that showed some."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from eclips4d.pipeline.campaign.entry import SideRange

GAUGES = ("pressure_", "partial_pressure_", "gas_", "flow_")
"""What the name of a gas gauge's side value begins with; the rest is the gas."""


def gases(specimen: Mapping[str, object], side: Iterable[SideRange]) -> list[str]:
    """Names in lower case, those of `[specimen] gas` first, each once.

    A gauge counts when it was ever above zero: `pressure_o2` tells that there was `o2`.
    """
    said = specimen.get("gas", "")
    words = said if isinstance(said, list) else str(said).split(",")
    names = [str(word).strip().lower() for word in words]
    names += [gas for value in side if (value.most or 0.0) > 0.0 for gas in _of(value.name)]
    return list(dict.fromkeys(name for name in names if name))


def _of(gauge: str) -> list[str]:
    for beginning in GAUGES:
        if gauge.lower().startswith(beginning):
            return [gauge.lower().removeprefix(beginning)]
    return []
