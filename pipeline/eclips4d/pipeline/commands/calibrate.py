"""`eclips4d calibrate`: gains, dark levels, azimuths and contrast over tilt from an artefact of known shape."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from eclips4d.core.errors import InputError
from eclips4d.core.frame import Frame
from eclips4d.core.instrument import Instrument, load_instrument, parse_instrument

if TYPE_CHECKING:
    from eclips4d.physics.calibration.artefact import Outcome


def calibrate(
    recording: str,
    /,
    *,
    artefact: str,
    out: Path | None = None,
    check: Path | None = None,
    instrument: Path | None = None,
    plot: Path | None = None,
    chart: Path | None = None,
) -> int:
    """Fit the detector to an artefact of known shape and write an instrument file that holds the result.

    Example: `eclips4d calibrate vickers/ --artefact pyramid:22 --out calibrated.toml`

    Then `eclips4d run RECORDING --instrument calibrated.toml`: beam and scan stay those of the recording, detector and
    calibration are those of the file, and heights are marked calibrated. A recording taken with other settings says so.

    Parameters
    ----------
    recording
        `NAME.ome.tif`, a folder with one file per segment, or a `RUN.zarr`; its first four frames are used.
    artefact
        `pyramid:DEGREES` (angle of the faces; an indent or a bump), `sphere:RADIUS_NM`, `grating:PITCH_NM` (pixel size
        and, from a cross grating, shear), or `height:FILE.npz` with `height_nm` [Y, X] or [T, Y, X] and
        `pixel_size_nm`.
    out
        The instrument file to write, `FILE.toml`.
    check
        An older calibration: print every change in units of its uncertainty, add it to the control chart, and exit
        with code 1 when one is out of limits.
    instrument
        Instrument file to use instead of the one beside the recording.
    plot
        Picture of the residuals; `FILE.png` beside `--out` when not given.
    chart
        Table of all checks; `OLD.control.csv` beside `--check` when not given, with a `.png` of the same name.
    """
    from eclips4d.physics.calibration.artefact import calibrate_on, parse_artefact

    known = parse_artefact(artefact)
    _check_paths(out, check)
    frames, description = _first_frames(recording, instrument)
    names = frames[0].header.segments
    outcome = calibrate_on([f.data for f in frames], description, known, frames[0].header.side)
    console = Console(markup=False)
    _say(console, outcome, names)
    if out is not None:
        _write(outcome, out)
        console.print(f"written: {out}", soft_wrap=True, highlight=False)
    picture = plot or (out.with_suffix(".png") if out is not None else None)
    if picture is not None and outcome.fit is not None:
        from eclips4d.pipeline.calibration_plots import residual_plot

        residual_plot(outcome, names, picture)
        console.print(f"residuals: {picture}", soft_wrap=True, highlight=False)
    return 0 if check is None else _checked(console, outcome, check, chart, names, recording)


def _check_paths(out: Path | None, check: Path | None) -> None:
    if out is None and check is None:
        raise InputError("nowhere to write to", where="--out", cure="give --out FILE.toml, or --check OLD.toml")
    if out is not None:
        if out.exists():
            raise InputError("exists already", where=str(out), cure="choose another --out")
        if not out.parent.is_dir():
            raise InputError("no such folder", where=str(out.parent), cure="create it or choose another --out")


def _first_frames(recording: str, instrument: Path | None) -> tuple[list[Frame], Instrument]:
    from eclips4d.acquisition.open import open_source
    from eclips4d.inference.calibrate import check_first_frame
    from eclips4d.physics.calibration.artefact import MOST_FRAMES

    with open_source(recording, instrument=instrument) as source:
        description = parse_instrument(source.info.instrument_toml, recording)
        frames = list(islice(source.frames(), MOST_FRAMES))
    if not frames:
        raise InputError("no frames", where=recording, cure="give a recording of the artefact")
    check_first_frame(frames[0].data, description)
    return frames, description


def _write(outcome: Outcome, out: Path) -> None:
    from eclips4d.core.instrument_text import to_toml

    section = outcome.section.model_copy(update={"made_utc": datetime.now(UTC).isoformat(timespec="seconds")})
    text = to_toml(outcome.instrument.model_copy(update={"calibration": section}))
    partial = out.with_name(f".{out.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(out)


def _say(console: Console, outcome: Outcome, names: tuple[str, ...]) -> None:
    if outcome.grating is not None:
        _say_grating(console, outcome)
        return
    section, detector = outcome.section, outcome.instrument.detector
    table = Table("segment", "azimuth, degrees", "gain", "dark level, adu", box=None, title=section.artefact)
    for k, name in enumerate(names):
        table.add_row(
            name,
            _with_u(detector.azimuths_deg[k], (section.azimuths_u_deg or ())[k], 2),
            _with_u((detector.gain or ())[k], (section.gain_u or ())[k], 4),
            _with_u((detector.offset_adu or ())[k], (section.offset_u_adu or ())[k], 0),
        )
    console.print(table, highlight=False)
    curve = Table("tilt, degrees", "kappa", "±", box=None)
    for degrees, kappa, u in list(zip(section.tilt_deg, section.kappa, section.kappa_u, strict=True))[::2]:
        curve.add_row(f"{degrees:g}", f"{kappa:.3f}", f"{100 * u / kappa:.2g} %")
    console.print(curve, highlight=False)
    assert outcome.fit is not None, "what is no grating has a fit"
    chi = f"chi²/dof {outcome.fit.reduced_chi2:.2g}, rms residual {100 * outcome.fit.rms:.2g} % of the flat signal"
    tilt = (
        "" if section.mean_tilt_deg is None else "; axis tilted by ({:g}, {:g}) degrees".format(*section.mean_tilt_deg)
    )
    for line in (
        f"slope scale ± {100 * section.scale_u:.2g} % (the artefact's own uncertainty included); {chi}{tilt}",
        *outcome.notes,
        *(f"not fixed: {words}" for words in section.not_fixed),
        f"valid for {_validity(outcome)}",
    ):
        console.print(line, soft_wrap=True, highlight=False)


def _say_grating(console: Console, outcome: Outcome) -> None:
    found = outcome.grating
    assert found is not None, "asked for a grating"
    x, y = outcome.instrument.scan.pixel_size_xy_nm
    u, seen = outcome.section.pixel_scale_u or 0.0, found.pixel_scale_u
    lines = [
        f"pixel size {x:.6g} × {y:.6g} nm, ± {100 * u:.2g} % (of it {100 * seen:.2g} % of the image, else the pitch's)"
    ]
    if found.shear is None:
        lines.append("not fixed: lines in one direction tell one factor; x and y are taken alike, shear is unknown")
    else:
        lines.append(f"shear {found.shear:+.2e} columns per row (not corrected, only told)")
    lines.append("not fixed: a grating tells nothing of contrast, gains or dark levels")
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)


def _validity(outcome: Outcome) -> str:
    valid = outcome.section.valid
    said = [f"{valid.energy_kev:g} keV"] if valid.energy_kev else []
    said += [f"{valid.distance_mm:g} mm to the detector"] if valid.distance_mm else []
    said += [valid.material] if valid.material else []
    said += [f"{name.replace('_', ' ')} {value:g} %" for name, value in valid.side.items()]
    return ", ".join(said)


def _with_u(value: float, u: float, digits: int) -> str:
    return f"{value:.{digits}f} ± {u:.2g}"


def _checked(
    console: Console, outcome: Outcome, old: Path, chart: Path | None, names: tuple[str, ...], recording: str
) -> int:
    from eclips4d.physics.calibration.control import changes
    from eclips4d.pipeline.calibration_plots import append_changes, control_chart

    found = changes(outcome.instrument, load_instrument(old), names)
    table = Table("", "now", "before", "change / uncertainty", "", box=None, title=f"against {old}")
    for change in found:
        now, before = _with_u(change.now, change.now_u, 4), _with_u(change.before, change.before_u, 4)
        table.add_row(change.name, now, before, f"{change.z:+.2f}", "" if change.within else "OUT OF LIMITS")
    console.print(table, highlight=False)
    history = chart or old.with_suffix(".control.csv")
    append_changes(history, found, recording)
    control_chart(history, history.with_suffix(".png"))
    console.print(f"control chart: {history.with_suffix('.png')}", soft_wrap=True, highlight=False)
    return 0 if all(change.within for change in found) else 1
