"""What decides the bytes of a simulated frame, in sixteen hex digits."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec
import xxhash

import eclips4d.acquisition
import eclips4d.physics
from eclips4d.acquisition.simulated import NO_MATTER, SimulatedMicroscope


def simulation_fingerprint(simulation: SimulatedMicroscope) -> str:
    """Over the scene, the settings and the code that renders."""
    settings = simulation.settings.model_dump(mode="json", exclude=set(NO_MATTER))
    options = {name: [value, _content(value)] for name, value in simulation.options.items()}
    said = msgspec.json.encode([simulation.scene_name, options, settings, _code()], order="sorted")
    return xxhash.xxh3_64_hexdigest(said)


def _content(value: str) -> str:
    """Checksum of the file that an option names; nothing for other options."""
    try:
        return xxhash.xxh3_64_hexdigest(Path(value).read_bytes())
    except OSError:
        return ""


@cache
def _code() -> str:
    """Over the files of `physics`, its tables included, and the simulated microscope's own."""
    digest = xxhash.xxh3_64()
    for library in ("numpy", "scipy", "numba"):
        digest.update(f"{library} {version(library)}".encode())
    physics = (file for folder in eclips4d.physics.__path__ for file in Path(folder).rglob("*"))
    own = (file for folder in eclips4d.acquisition.__path__ for file in Path(folder).glob("sim*.py"))
    for file in sorted([*physics, *own]):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(file.read_bytes())
    return digest.hexdigest()
