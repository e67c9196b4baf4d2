"""What a worker does to one frame."""

from __future__ import annotations

import msgspec
import numpy as np
from made_frames import clean_frame, make_calibration, make_instrument

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import FrameHeader
from eclips4d.core.gas_dilution import GasDilution
from eclips4d.core.messages import Work
from eclips4d.core.results import Surface
from eclips4d.inference.analytic import analytic_model
from eclips4d.pipeline.work import surface_of

INSTRUMENT = make_instrument()
GAS = GasDilution(per_unit=(("pressure_o2", 2e-3),))


def work(calibration: Calibration, side: dict[str, float], raw: np.ndarray) -> Work:
    header = FrameHeader(
        run_id="r",
        sequence=0,
        frame_id=0,
        start_s=0.0,
        end_s=1.0,
        line_time_s=0.0,
        segments=("A", "B", "C", "D"),
        dtype="uint16",
        shape=raw.shape,
        pixel_size_nm=(4.0, 4.0),
        rotation_deg=0.0,
        instrument=INSTRUMENT.fingerprint,
        side=side,
    )
    return Work(header=header, calibration=calibration, model="analytic", after=-1, stamps={})


def inverted(gas: GasDilution | None, side: dict[str, float]) -> Surface:
    y, x = np.mgrid[:40, :50] / 6.0
    raw = clean_frame(INSTRUMENT, np.stack([0.2 * np.sin(x), 0.2 * np.cos(y)]))
    calibration = msgspec.structs.replace(make_calibration(INSTRUMENT), gas=gas)
    return surface_of(analytic_model(INSTRUMENT), work(calibration, side, raw), raw)


def test_a_frame_is_inverted_in_the_gas_of_its_own_header() -> None:
    """The same pixels mean steeper slopes when a fifth of the beam was scattered."""
    vacuum, oxygen = inverted(GAS, {"pressure_o2": 0.0}), inverted(GAS, {"pressure_o2": 100.0})
    grown = (vacuum.slope * oxygen.slope).sum() / (vacuum.slope**2).sum()
    assert 1.19 < grown < 1.0 / (1.0 - GAS.share({"pressure_o2": 100.0})) + 0.01
    assert (inverted(None, {"pressure_o2": 100.0}).slope == vacuum.slope).all()
