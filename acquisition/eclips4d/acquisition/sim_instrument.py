"""The instrument file that an experimenter at the simulated microscope would have."""

from __future__ import annotations

from eclips4d.acquisition.sim_settings import SimSettings

ADU_PER_ELECTRON = 8.0
_FULL_SCALE_ADU = 28000.0


def instrument_text(settings: SimSettings, gain: tuple[float, ...], offset_adu: tuple[float, ...], dose: float) -> str:
    """The file's text; gains and dark levels stand in it when the instrument is calibrated."""
    current = "" if settings.current_na is None else f"current_na = {settings.current_na!r}\n"
    n = settings.segments
    azimuths = [round((45.0 + 360.0 * k / n) % 360.0, 6) for k in range(n)]
    dead = "" if settings.dead_layer_kev is None else f"dead_layer_kev = {settings.dead_layer_kev!r}\n"
    field = f"\n[electrodes]\ndetector_v = {settings.detector_v!r}\n" if settings.detector_v else ""
    known = f"gain = {list(gain)}\noffset_adu = {list(offset_adu)}\n" if settings.calibrated else ""
    return f"""# the simulated microscope
[beam]
energy_kev = {settings.energy_kev!r}
dwell_us = {settings.line_time_s / settings.columns * 1e6!r}
{current}electrons_per_pixel = {dose!r}
adu_per_electron = {min(ADU_PER_ELECTRON, _FULL_SCALE_ADU / dose)!r}

[scan]
pixel_size_nm = {settings.pixel_nm!r}
rotation_deg = {settings.rotation_deg!r}
line_time_s = {settings.line_time_s!r}

[detector]
distance_mm = {settings.distance_mm!r}
inner_radius_mm = {settings.inner_mm!r}
outer_radius_mm = {settings.outer_mm!r}
gap_mm = {settings.gap_mm!r}
offset_mm = {list(settings.offset_mm)!r}
azimuths_deg = {azimuths}
{dead}{known}{field}"""
