"""What the specimen had to bear: beam electrons per area, of a frame and of the whole run."""

from __future__ import annotations

from dataclasses import dataclass

from eclips4d.core.instrument import Instrument
from eclips4d.physics.limits.dose import beam_electrons, charge_c_cm2, fluence_nm2
from eclips4d.pipeline.run_report.content import Content
from eclips4d.pipeline.run_report.markup import facts, joined, note, paragraph
from eclips4d.pipeline.run_report.numbers import counted, number
from eclips4d.pipeline.run_report.section import Section

TITLE = "Dose per area"


@dataclass(frozen=True, slots=True)
class Dose:
    """Beam electrons on the field.

    Attributes
    ----------
    per_pixel : float
        Beam electrons per pixel and frame.
    frame_nm2 : float
        Beam electrons per nm² and frame.
    frames : int
        That were scanned, whether or not anything came of them.
    """

    per_pixel: float
    frame_nm2: float
    frames: int

    @property
    def total_nm2(self) -> float:
        """Beam electrons per nm² of all frames."""
        return self.frame_nm2 * self.frames


def section(content: Content) -> Section:
    """Fluence of a frame and of all, where current and dwell time are given."""
    # Gaps were scanned all the same; a frame that came twice was not scanned twice.
    beam, scanned = content.instrument.beam, content.run.sizes["time"]
    lacking = missing_keys(content.instrument)
    detected = _detected_rows(content)
    if lacking:
        why = f"the instrument file does not give {' and '.join(lacking)} in [beam]"
        told = note(f"Unknown: {why}. The fluence is current_na · dwell_us over the area of a pixel.")
        return Section(TITLE, joined([told, facts(detected)]), (f"{TITLE}: {why}.",))
    dose = dose_of(content.instrument, scanned)
    assert dose is not None
    rows = [
        ("beam", f"{beam.energy_kev:g} keV, {beam.current_na:g} nA, {beam.dwell_us:g} µs per pixel"),
        ("beam electrons", f"{number(dose.per_pixel)} per pixel and frame"),
        ("a frame", f"{number(dose.frame_nm2)} e/nm² = {number(charge_c_cm2(dose.frame_nm2))} C/cm²"),
        ("all frames", f"{number(dose.total_nm2)} e/nm² = {number(charge_c_cm2(dose.total_nm2))} C/cm²"),
        ("frames scanned", counted(scanned, "frame")),
        *detected,
    ]
    remark = paragraph("What was scanned before, after or between the recorded frames is not in these numbers.")
    headline = f"{number(dose.total_nm2)} e/nm² ({number(charge_c_cm2(dose.total_nm2))} C/cm²) in {scanned} frames"
    return Section(TITLE, joined([facts(rows), remark]), headlines=(("dose", headline),))


def missing_keys(instrument: Instrument) -> list[str]:
    """Keys of `[beam]` that the dose needs and that are not given."""
    return [name for name in ("current_na", "dwell_us") if getattr(instrument.beam, name) is None]


def dose_of(instrument: Instrument, frames: int) -> Dose | None:
    """None where current or dwell time is not given."""
    beam = instrument.beam
    if beam.current_na is None or beam.dwell_us is None:
        return None
    electrons = beam_electrons(beam.current_na, beam.dwell_us)
    return Dose(electrons, fluence_nm2(electrons, instrument.scan.pixel_size_xy_nm), frames)


def _detected_rows(content: Content) -> list[tuple[str, str]]:
    detected = content.instrument.beam.electrons_per_pixel
    if detected is None:
        return []
    return [("detected", f"{number(detected)} electrons per pixel and segment on a flat area, as stated")]
