"""What every test gets: no screen needed, nothing left behind, and the shared recordings where they are."""

from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings
from leaks import Before, watch_zeromq

# How long an example takes says more of the machine than of the code: nothing here is judged by it.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

REPOSITORY = Path(__file__).resolve().parents[1]

# Whole files go to one process each, in this order: one that takes long and comes last is waited for by all others.
LONG_FILES = (
    "pipeline/test_chain.py",
    "training/coverage/test_card.py",
    "viewer/measuring/test_readings.py",
    "training/test_begin.py",
    "training/test_run.py",
    "pipeline/bench/viewer/test_viewer_parts.py",
    "viewer/test_measuring_window.py",
    "pipeline/test_faulty_source.py",
    "pipeline/bench/networks/judge/test_frame.py",
    "metrology/spirals/test_detect.py",
    "pipeline/test_bench_accuracy.py",
    "viewer/exporting/test_export_window.py",
    "viewer/test_app.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--headed", action="store_true", help="show windows instead of painting them offscreen")


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--headed"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    # No test reads or writes what a user's window remembers.
    os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="eclips4d-tests-")
    watch_zeromq()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "shared_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.shared)
    early = {Path(__file__).parent / name: place for place, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: early.get(item.path, len(early)))


def pytest_collection_finish() -> None:
    """What is imported by now stays: half a million objects that no search for garbage has to go through again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the source tree."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with real and made recordings; the test is skipped where it is absent."""
    path = Path(os.environ.get("ECLIPS4D_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
    if not (path / "recordings").is_dir():
        pytest.skip(f"no recordings in {path} (set ECLIPS4D_SHARED_DATA)")
    return path


@pytest.fixture(autouse=True)
def nothing_left_behind():
    """Fail a test that leaves a thread, a process, a socket or a window."""
    before = Before()
    yield
    structlog.reset_defaults()  # a command sends the log to what was standard error during the test
    leaks = before.leaks()
    if leaks:
        pytest.fail("left behind: " + "; ".join(sorted(leaks)), pytrace=False)
