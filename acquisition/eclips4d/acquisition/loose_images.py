"""Images that are no recording yet, because nobody has said where the detector's segments are: what they tell."""

from __future__ import annotations

from pathlib import Path

from eclips4d.acquisition.data_bar import rows_above_bar
from eclips4d.acquisition.folder import INSTRUMENT_FILE
from eclips4d.acquisition.image_file import ImageFile, look_at, read_planes
from eclips4d.acquisition.recording import instrument_beside
from eclips4d.acquisition.stack_tiff import is_stack
from eclips4d.acquisition.tiff import TIFF_SUFFIXES, open_tiff
from eclips4d.acquisition.vendor.says import VendorSays, vendor_says

_NEEDED = {
    "energy of the beam ([beam] energy_kev)": ("high_voltage", "landing_energy"),
    "pixel size ([scan] pixel_size_nm)": ("pixel_width",),
    "distance of the detector ([detector] distance_mm or working_distance_mm)": ("working_distance",),
}


def loose_images(path: Path) -> list[Path]:
    """TIFF files here that have no instrument file; none where this is a recording, or something else."""
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in TIFF_SUFFIXES)
        return [] if (path / INSTRUMENT_FILE).exists() else files
    if path.suffix.lower() not in TIFF_SUFFIXES or instrument_beside(path, None).exists():
        return []
    with open_tiff(path) as tif:
        described = tif.is_ome
    return [] if described or is_stack(path) else [path]


def told_by(files: list[Path]) -> list[tuple[str, str]]:
    """What the headers of images say, and what a run still needs, in rows of name and value.

    Raises
    ------
    InputError
        A file that cannot be read, or segments of different scans.
    """
    images = {file.stem: look_at(file) for file in files}
    says = vendor_says({name: image.header for name, image in images.items()}, str(files[0].parent))
    first = next(iter(images.values()))
    rows = [
        ("kind", f"images of {says.vendor}" if says.vendor else "images without a maker's header"),
        ("files", f"{len(files)}: {', '.join(file.name for file in files[:8])}{' …' if len(files) > 8 else ''}"),
        ("image", _size(first)),
        ("specimen", _specimen(first, says)),
    ]
    rows += [(name.replace("_", " "), f"{value:.6g} {says.units[name]}") for name, value in says.side.items()]
    if says.start_utc:
        rows.append(("taken", f"{says.start_utc} (the microscope's clock, taken as UTC)"))
    missing = ["azimuths of the segments ([detector] azimuths_deg)"]
    missing += [what for what, names in _NEEDED.items() if not set(names) & set(says.side)]
    rows.append(("not told", "; ".join(missing)))
    rows.append(("to run it", "write what is not told into a TOML file and give --instrument FILE.toml"))
    return rows


def _size(image: ImageFile) -> str:
    planes = f"{image.planes} planes of " if image.planes > 1 else ""
    return f"{planes}{image.shape[1]} × {image.shape[0]} pixels, {image.dtype}"


def _specimen(image: ImageFile, says: VendorSays) -> str:
    rows = says.rows if says.rows and says.rows < image.shape[0] else None
    told = "by the header"
    if rows is None:
        rows, told = rows_above_bar(read_planes(image.path)), "as it looks"
    return f"{rows} rows, a data bar below, {told}" if rows else f"{image.shape[0]} rows, no data bar"
