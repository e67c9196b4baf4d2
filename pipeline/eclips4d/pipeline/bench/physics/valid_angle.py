"""The valid solid angle: field, flights, the table of directions against area quadrature, its time, and effects."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from eclips4d.core.instrument import Instrument
from eclips4d.physics.detector import kappa, segment_response
from eclips4d.physics.emission.tables import load_tables
from eclips4d.physics.valid_angle.acceptance import Acceptance
from eclips4d.physics.valid_angle.directions import acceptance
from eclips4d.physics.valid_angle.electrons import MEAN_ENERGY
from eclips4d.physics.valid_angle.flight import landing_tables
from eclips4d.physics.valid_angle.flight_table import field_of, fly_table
from eclips4d.physics.valid_angle.gap import Gap
from eclips4d.physics.valid_angle.landing import landing_from
from eclips4d.physics.valid_angle.trajectories import fly
from eclips4d.pipeline.bench.physics.valid_angle_field import closed_form, flight_rows, potential_rows
from eclips4d.pipeline.bench.physics.valid_angle_pictures import draw
from eclips4d.pipeline.bench.rows import Row, at_most

F64 = NDArray[np.float64]

TABLE = "Valid angle: the table of directions"
EFFECTS = "Valid angle: what a bias does"
_L = ((1.0, 1.0), (6.0, 1.0), (6.0, 3.0), (3.0, 3.0), (3.0, 6.0), (1.0, 6.0))


def _turned(quarters: int) -> list[tuple[float, float]]:
    turned = [complex(*corner) * 1j**quarters for corner in _L]
    return [(corner.real, corner.imag) for corner in turned]


_CASES: dict[str, tuple[dict[str, object], float, tuple[float, float]]] = {
    "four quadrants": ({}, 0.0, (0.0, 0.0)),
    "offset 0.4 mm, scan rotation": ({"offset_mm": (0.4, -0.2)}, 0.0, (0.1, 0.0)),
    "three unequal segments": ({"azimuths_deg": (210, 90, 330), "openings_deg": (100, 80, 110)}, 0.0, (0.1, 0.2)),
    "L-shaped polygons": ({"polygons_mm": [_L, *(_turned(k) for k in (1, 2, 3))]}, 0.0, (0.1, 0.0)),
    "+500 V": ({}, 500.0, (0.0, 0.0)),
    "-500 V, offset 0.3 mm": ({"offset_mm": (0.3, 0.1)}, -500.0, (0.05, 0.02)),
}


def instrument(
    detector: dict[str, object], volts: float = 0.0, dead_layer_kev: float | None = None, material: str = "Cu"
) -> Instrument:
    """Four quadrants of 1.75 to 7 mm at 6 mm unless said otherwise, 10 keV, scan turned by 20 degrees."""
    given: dict[str, object] = {"distance_mm": 6.0, "azimuths_deg": (45, 135, 225, 315)}
    if "polygons_mm" not in detector:
        given |= {"inner_radius_mm": 1.75, "outer_radius_mm": 7.0, "gap_mm": 0.3}
    said = {
        "beam": {"energy_kev": 10.0},
        "scan": {"pixel_size_nm": 4.0, "rotation_deg": 20.0},
        "detector": given | detector | {"dead_layer_kev": dead_layer_kev},
        "electrodes": {"detector_v": volts},
        "specimen": {"material": material},
    }
    return Instrument.model_validate(said)


def rows(console: Console) -> list[Row]:
    """All tables of this part."""
    with console.status("potential and flights"):
        found = potential_rows() + flight_rows()
    with console.status("tables of directions"):
        found += _table_rows()
    with console.status("bias"):
        found += _effect_rows()
    return found


def pictures(folder: Path) -> None:
    """Write `physics-valid-angle.png`."""
    draw(folder, [instrument({}, volts) for volts in (1500.0, -1500.0)])


def _table_rows() -> list[Row]:
    found = []
    for name, (detector, volts, at_mm) in _CASES.items():
        said = instrument(detector, volts)
        off = _off(acceptance(said, at_mm), said, at_mm)
        found.append(at_most(TABLE, f"{name}: cells against area quadrature, flat and contrast", off, 2e-5))
    found.append(
        at_most(TABLE, "±500 V, 2.6 keV: table against flights, µm on the detector", 1e3 * _table_error(), 5.0)
    )
    with _empty_cache():
        biased = instrument({}, 500.0)
        landing_tables.cache_clear()
        found.append(
            Row(TABLE, "time for the first table of an electrode set, s", _seconds(lambda: acceptance(biased)))
        )
        landing_tables.cache_clear()
        found.append(Row(TABLE, "time with the flights on disk, s", _seconds(lambda: acceptance(biased))))
        landing_tables.cache_clear()
    straight = instrument({})
    found.append(Row(TABLE, "time without a field, s", _seconds(lambda: acceptance(straight))))
    return found


def _effect_rows() -> list[Row]:
    found, theta = [], np.radians(np.array([42.0]))
    for share in (0.05, -0.05):
        shift = float(closed_form(share, theta)[0] / (6.0 * np.tan(theta[0])) - 1.0)
        what = f"U/E = {share:+.0%}, uniform field, 42 degrees: landing radius, %"
        found.append(Row(EFFECTS, what, 100.0 * shift, "∓2.3 ± 0.2", abs(abs(100.0 * shift) - 2.3) <= 0.2))
        gap = Gap(6.0, 1.75, 7.0, 7.0, 1.75, share * 1e4, 0.0)
        landing, _, _ = fly(field_of(gap), 1e4, 0.0, theta, np.zeros(1), 6.0, np.empty((1, 0, 3)))
        real = float(abs(landing[0]) / (6.0 * np.tan(theta[0])) - 1.0)
        found.append(
            Row(EFFECTS, f"U/E = {share:+.0%}, detector with its hole, 42 degrees: landing radius, %", 100 * real)
        )
    free = instrument({})
    for volts in (500.0, -500.0):
        biased = instrument({}, volts)
        found.append(
            Row(EFFECTS, f"{volts:+g} V, 10 keV: kappa, % of {kappa(free):.4f}", _percent(kappa(biased), kappa(free)))
        )
        share, without = segment_response(biased).flat.sum(), segment_response(free).flat.sum()
        found.append(
            Row(EFFECTS, f"{volts:+g} V, 10 keV: electrons collected, % of {without:.4f}", _percent(share, without))
        )
        counted = kappa(instrument({}, volts, 2.0))
        found.append(
            Row(EFFECTS, f"{volts:+g} V, dead layer of 2 keV: kappa, % of without it", _percent(counted, kappa(biased)))
        )
    return found + _energy_rows()


def _energy_rows() -> list[Row]:
    """Mean energies against the Monte Carlo tables, and what another material's would do to kappa."""
    tables = load_tables()
    off = [abs(float(tables.at(tables.energy, name, 10.0)[0]) - mean) for name, mean in MEAN_ENERGY.items()]
    found = [
        at_most(EFFECTS, "mean energies against the Monte Carlo, all materials, 10 keV, of the beam's", max(off), 0.02)
    ]
    for name in ("SiO2", "Au"):
        change = _percent(*(kappa(instrument({}, 500.0, material=material)) for material in (name, "Cu")))
        found.append(Row(EFFECTS, f"+500 V, 10 keV: kappa with the energies of {name}, % of copper's", change))
    return found


def _percent(value: float, of: float) -> float:
    return 100.0 * (value / of - 1.0)


def _off(table: Acceptance, said: Instrument, at_mm: tuple[float, float]) -> float:
    """Greatest difference of the cells' Lambert sums from the quadrature, relative to flat and to contrast."""
    edges, share, width = table.theta_edges, table.share.astype(float), 2.0 * np.pi / table.azimuths
    flat = (share * np.diff(np.sin(edges) ** 2) / 2.0).sum((1, 2)) * width / np.pi
    slope = share * np.diff(edges - np.sin(edges) * np.cos(edges)) / 2.0 * width / np.pi
    along = [(slope * side(table.phi)[:, None]).sum((1, 2)) for side in (np.cos, np.sin)]
    want = segment_response(said, at_mm)
    contrast = np.column_stack([along[0], -along[1]]) - want.contrast
    return float(max(np.abs(flat / want.flat - 1.0).max(), np.abs(contrast).max() / np.hypot(*want.contrast.T).max()))


def _table_error() -> float:
    """Greatest distance between a table's landing places off the axis and flights, mm."""
    worst = 0.0
    for volts in (500.0, -500.0):
        gap = Gap(6.0, 1.75, 7.0, 7.0, 1.75, volts, 0.0)
        field = field_of(gap)
        table = fly_table(field, gap, 2.6e3, 0.25)
        theta, phi = np.linspace(0.0, 0.999 * table.theta_top, 60), np.linspace(0.0, 6.0, 12)
        polar, azimuth = (grid.ravel() for grid in np.meshgrid(theta, phi))
        landing, _, _ = fly(field, 2.6e3, 0.15, polar, azimuth, 6.0, np.empty((polar.size, 0, 3)))
        inside = np.abs(landing) < gap.outer
        read = landing_from(table, 0.15 + 0j).at(theta, phi).ravel()
        worst = max(worst, float(np.abs(read - landing)[inside].max()))
    return worst


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


@contextmanager
def _empty_cache() -> Iterator[None]:
    before = os.environ.get("XDG_CACHE_HOME")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["XDG_CACHE_HOME"]
            else:
                os.environ["XDG_CACHE_HOME"] = before
