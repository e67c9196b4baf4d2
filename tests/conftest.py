"""What every test gets: no screen needed, nothing left behind, and the shared recordings where they are."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings
from leaks import Before, watch_zeromq
from s3_server import s3_server

# How long an example takes says more of the machine than of the code: nothing here is judged by it.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

REPOSITORY = Path(__file__).resolve().parents[1]

MEMORY, ROOM_BYTES = Path("/dev/shm"), 4 << 30
"""Where files of tests lie if there is so much room: a disk would be waited for some hundred times a store."""

# Whole files go to one process each, in this order: one that takes long and comes last is waited for by all others.
LONG_FILES = (
    "pipeline/test_chain.py",
    "pipeline/bench/reliability/test_kills.py",
    "pipeline/test_model_swap.py",
    "pipeline/bench/reliability/test_crashes.py",
    "test_examples.py",
    "storage/test_live_readers.py",
    "storage/test_resume.py",
    "pipeline/reprocess/test_once.py",
    "pipeline/reprocess/test_dask.py",
    "training/coverage/test_card.py",
    "pipeline/bench/viewer/test_viewer_parts.py",
    "metrology/coregistration/test_coregister.py",
    "training/test_run.py",
    "viewer/test_measuring_window.py",
    "pipeline/test_faulty_source.py",
    "viewer/measuring/test_readings.py",
    "viewer/test_window.py",
    "pipeline/bench/networks/judge/test_frame.py",
    "metrology/spirals/test_detect.py",
    "pipeline/test_bench_accuracy.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--headed", action="store_true", help="show windows instead of painting them offscreen")


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--headed"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    # A shell lets what it runs in the background ignore Ctrl-C, and so would every program that a test interrupts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if "TMPDIR" not in os.environ and MEMORY.is_mount() and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
        os.environ["TMPDIR"], tempfile.tempdir = str(MEMORY), None
    # No test reads or writes what a user's window remembers.
    os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="eclips4d-tests-")
    # With Dask installed xarray reads through it: here without the threads that it keeps for the life of a process.
    os.environ["DASK_SCHEDULER"] = "synchronous"
    watch_zeromq()


def pytest_unconfigure() -> None:
    shutil.rmtree(os.environ["XDG_CONFIG_HOME"], ignore_errors=True)


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


@pytest.fixture(scope="session")
def s3_process():
    """An S3 server with an empty bucket, for all tests of this process."""
    with s3_server() as server:
        yield server


@pytest.fixture
def s3(s3_process, monkeypatch):
    """The server, which the environment leads to."""
    for name, value in s3_process.environment().items():
        monkeypatch.setenv(name, value)
    return s3_process


@pytest.fixture(autouse=True)
def signals_as_before():
    """A stage that a test runs in this process keeps the signals for itself, as it may in a process of its own."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def nothing_left_behind():
    """Fail a test that leaves a thread, a process, a socket or a window."""
    before = Before()
    yield
    structlog.reset_defaults()  # a command sends the log to what was standard error during the test
    leaks = before.leaks()
    if leaks:
        pytest.fail("left behind: " + "; ".join(sorted(leaks)), pytrace=False)
