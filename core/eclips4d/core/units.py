"""Units and long names of every stored quantity: one spelling, used in attributes, tables and windows."""

from __future__ import annotations

UNITS: dict[str, tuple[str, str]] = {
    "raw": ("adu", "recorded segment signal"),
    "height": ("nm", "surface height towards the detector"),
    "slope": ("1", "surface slope dh/dx, dh/dy"),
    "slope_sd": ("1", "standard deviation of a slope component"),
    "height_sd": ("nm", "standard deviation of the height's random part"),
    "residual": ("1", "sqrt(chi2/dof) of measured against re-rendered segments"),
    "trust": ("1", "where to believe the surface, 0-100"),
    "drift": ("px", "displacement of the content at the start of the frame"),
    "drift_rate": ("px", "change of the drift from first to last row"),
    "drift_sd": ("px", "standard deviation of the drift"),
    "datum": ("nm, 1, 1", "plane off the reference frame's height: offset in the middle, slopes"),
    "datum_sd": ("nm, 1, 1", "standard deviation of the datum"),
    "time": ("s", "start of the first row since start_utc"),
    "time_end": ("s", "end of the last row since start_utc"),
    "line_time": ("s", "time from one row to the next"),
    "latency_ms": ("ms", "time from the last pixel to the stage's end"),
    "frame_id": ("1", "hardware frame number"),
    "status": ("1", "bits: 1 done, 2 gap, 4 duplicate dropped, 8 quarantined, 16 not aligned, 32 deferred"),
    "model": ("1", "index into the models of the run"),
    "calibration": ("1", "index into the calibrations of the run"),
    "reference": ("1", "frame whose grid is used"),
    "x": ("nm", "position along the image rows"),
    "y": ("nm", "position down the image columns"),
}

NM_PER_UNIT = {"pm": 1e-3, "nm": 1.0, "µm": 1e3, "μm": 1e3, "um": 1e3, "mm": 1e6, "cm": 1e7, "m": 1e9, "Å": 0.1}
S_PER_UNIT = {"ns": 1e-9, "µs": 1e-6, "μs": 1e-6, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}
