"""Findings about this machine: processor, libraries, window system and engines; `disk_checkup` adds the file system."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from eclips4d.inference.engines.choose import described
from eclips4d.pipeline.disk_checkup import file_system
from eclips4d.pipeline.finding import Finding
from eclips4d.pipeline.window import can_show


def checkup(folder: Path) -> list[Finding]:
    """All findings; files are only written below `folder` and removed again."""
    return [_python(), _machine(), *_libraries(), _window(), *_engines(), *file_system(folder)]


def _python() -> Finding:
    good = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding("Python", good, f"{platform.python_version()} on {platform.system()} (3.11 to 3.13 are supported)")


def _machine() -> Finding:
    cores, memory = len(os.sched_getaffinity(0)), psutil.virtual_memory().total / 2**30
    return Finding("machine", cores >= 2, f"{cores} cores, {memory:.1f} GiB of memory (two cores or more)")


def _libraries() -> list[Finding]:
    needed = ("numpy", "scipy", "numba", "pyzmq", "zarr", "tensorstore", "xarray")
    optional = ("pyqtgraph", "PySide6-Essentials")
    return [_library(name, False) for name in needed] + [_library(name, True) for name in optional]


def _library(name: str, optional: bool) -> Finding:
    try:
        return Finding(name, True, version(name), optional)
    except PackageNotFoundError:
        return Finding(name, False, "not installed", optional)


def _window() -> Finding:
    if can_show():
        return Finding("window", True, "there is a display", True)
    return Finding("window", False, "no display, or no [viewer] extra: headless only", True)


def _engines() -> list[Finding]:
    """What runs networks here; one is enough, and OpenVINO runs everywhere."""
    return [
        Finding(f"engine {name}", usable, text, optional=name != "openvino")
        for name, (usable, text) in described().items()
    ]
