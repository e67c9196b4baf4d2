"""Frames to compress: of the simulated microscope with its noise, and recorded ones where they are at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from eclips4d.core.source import SourceInfo
from eclips4d.pipeline.bench.reliability.frames import Made, made, simulated
from eclips4d.storage.layout import PRODUCTS
from eclips4d.storage.rounding import stored_planes

BESIDE = Path("../shared/data/real")
RECORDED = ("facets", "vickers")


@dataclass(frozen=True, slots=True)
class Case:
    """One raw frame and the products of its inversion, as they are stored."""

    name: str
    source: SourceInfo
    raw: NDArray[Any]
    products: Mapping[str, NDArray[Any]]


def cases(seed: int) -> list[Case]:
    """The simulated frame, and recorded ones where there are any."""
    beside = {f"recorded {name}": str(BESIDE / name) for name in RECORDED if (BESIDE / name).exists()}
    return [_case("simulated copper", simulated(1024, 1, seed)), *(_case(name, made(p)) for name, p in beside.items())]


def _case(name: str, found: Made) -> Case:
    products = stored_planes(found.results[0].surface, PRODUCTS)
    return Case(name, found.source, found.frames[0].data, products)
