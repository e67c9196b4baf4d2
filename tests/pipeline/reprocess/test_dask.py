"""The command on real Dask workers: killed workers, a killed client and a killed scheduler cost no frame and no bit."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import numpy as np
import psutil
import pytest
import xarray as xr

from eclips4d.core.errors import InputError, StageDiedError
from eclips4d.pipeline.cli import main
from eclips4d.pipeline.cluster.dask_pool import DaskPool, check_installed

T = TypeVar("T")
SHUT_DOWN_S = 20.0
GATED = """
import sys
import time
from pathlib import Path

from eclips4d.pipeline.cli import main
from eclips4d.pipeline.reprocess.new_store import NewStore

if __name__ == "__main__":
    gate, commit = Path(sys.argv[1]), NewStore.commit

    def gated(store, **how):
        commit(store, **how)
        while gate.exists():
            time.sleep(0.01)

    NewStore.commit = gated
    sys.exit(main(sys.argv[2:]))
"""
"""The command, which does not go on while a file is there: it cannot have ended before it is disturbed."""


def same(one: Path, other: Path) -> None:
    with xr.open_zarr(one) as a, xr.open_zarr(other) as b:
        assert set(a.variables) == set(b.variables)
        for name in set(a.variables) - {"latency_ms"}:
            np.testing.assert_array_equal(a[name].values, b[name].values, err_msg=name)


def until(look: Callable[[], T | None], what: str, seconds: float = 120.0) -> T:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError(f"no {what} within {seconds} s")


@contextlib.contextmanager
def process(*words: str, program: bool = False, start_new_session: bool = False) -> Iterator[subprocess.Popen[str]]:
    """A module with its words, or a program's file with its own, for the block."""
    started = subprocess.Popen(
        [sys.executable, *(() if program else ("-m",)), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=start_new_session,
    )
    try:
        yield started
    finally:
        # A nanny that is killed leaves its worker, which ends by itself a little later.
        children = psutil.Process(started.pid).children(recursive=True) if started.poll() is None else []
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        started.kill()
        started.wait()
        if started.stdout is not None:
            started.stdout.close()


def command(odd: Path, out: Path, *words: str) -> tuple[str, ...]:
    return "eclips4d.pipeline", "reprocess", str(odd), "--out", str(out), *words


def workers_of(running: subprocess.Popen[str]) -> list[psutil.Process]:
    children = psutil.Process(running.pid).children(recursive=True)
    with contextlib.suppress(psutil.NoSuchProcess):
        return [c for c in children if "spawn_main" in " ".join(c.cmdline())]
    return []


def committed(store: Path) -> int:
    if not (store / "zarr.json").exists():
        return 0
    with xr.open_zarr(store) as data:
        return int(data.attrs["committed"])


def test_a_killed_worker_costs_nothing(odd: Path, expected: Path, tmp_path: Path) -> None:
    out = tmp_path / "new.zarr"
    with process(*command(odd, out, "--workers", "1")) as running:
        until(lambda: (tmp_path / ".new.zarr.staged").exists(), "jobs")
        until(lambda: workers_of(running), "worker")[0].send_signal(signal.SIGKILL)
        said, _ = running.communicate(timeout=200)
    assert running.returncode == 0, said
    assert f"{out}: complete" in said.replace("\n", "") and "Traceback" not in said
    same(expected, out)
    assert main(["reprocess", str(odd), "--out", str(out), "--workers", "1"]) == 0, "nothing to do"


@pytest.mark.slow
def test_a_killed_client_goes_on_where_it_was(odd: Path, expected: Path, tmp_path: Path) -> None:
    out = tmp_path / "new.zarr"
    with process(*command(odd, out, "--workers", "1")) as running:
        until(lambda: committed(out), "commit")
        workers = workers_of(running)
        running.kill()
        running.wait()
    _, alive = psutil.wait_procs(workers, timeout=SHUT_DOWN_S)
    assert not alive, "workers end with whoever started them"
    with process(*command(odd, out, "--workers", "1")) as running:
        said, _ = running.communicate(timeout=200)
    assert running.returncode == 0, said
    same(expected, out)


@pytest.mark.slow
def test_one_ctrl_c_ends_it_with_one_line(odd: Path, tmp_path: Path) -> None:
    out, gated, gate = tmp_path / "new.zarr", tmp_path / "gated.py", tmp_path / "gate"
    gated.write_text(GATED)
    gate.touch()
    words = (str(gated), str(gate), *command(odd, out, "--workers", "1")[1:])
    with process(*words, program=True, start_new_session=True) as running:
        until(lambda: list(tmp_path.glob(".new.zarr.staged/*.staged")), "surface of a worker")
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to the workers as well
        said, _ = running.communicate(timeout=200)
    assert running.returncode == 130, said
    assert said.rstrip().endswith("the same command goes on from here") and "Traceback" not in said


@pytest.mark.slow
def test_a_killed_scheduler_is_waited_for(odd: Path, expected: Path, tmp_path: Path) -> None:
    out, port = tmp_path / "new.zarr", _free_port()
    address = f"tcp://127.0.0.1:{port}"
    scheduler = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    worker = ("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard")
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(process(*scheduler))
        until(lambda: _answers(port), "scheduler")
        stack.enter_context(process(*worker))
        running = stack.enter_context(process(*command(odd, out, "--scheduler", address)))
        until(lambda: (tmp_path / ".new.zarr.staged").exists(), "jobs")
        first.kill()
        first.wait()
        stack.enter_context(process(*scheduler))
        until(lambda: _answers(port), "scheduler")
        stack.enter_context(process(*worker))
        said, _ = running.communicate(timeout=200)
        assert running.returncode == 0, said
    same(expected, out)


def test_a_scheduler_that_does_not_answer_is_said_in_one_line(
    odd: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with process(*command(odd, tmp_path / "new.zarr", "--scheduler", f"tcp://127.0.0.1:{_free_port()}")) as running:
        said, _ = running.communicate(timeout=200)
    assert running.returncode == 2
    assert "no scheduler answers; start one" in said and said.count("\n") <= 1


def test_a_scheduler_of_our_own_that_is_gone_ends_the_command() -> None:
    client: Any = SimpleNamespace(status="closed")
    with pytest.raises(StageDiedError, match="the same command goes on"):
        DaskPool(client, None, 0.1)._hand_in_again()


def test_without_dask_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eclips4d.pipeline.cluster.dask_pool.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'eclips4d\[cluster\]'"):
        check_installed()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--workers", "0"), "0 workers; give at least 1"),
        (("--scheduler", "tcp://x:1", "--workers", "2"), "a scheduler has its own workers"),
        (("--model", "none"), "no model 'none'"),
    ],
)
def test_wrong_calls(
    odd: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], line: str
) -> None:
    assert main(["reprocess", str(odd), "--out", str(tmp_path / "new.zarr"), *words]) == 2
    assert line in capsys.readouterr().err


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
        return True
    return False
