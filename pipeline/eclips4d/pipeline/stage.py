"""One stage as a process of its own: `python -m eclips4d.pipeline.stage NAME --config FILE.toml`.

NAME is acquisition, storage, inference (or inference-K), registration or windows. Ctrl-C and SIGTERM ask a stage to
end; the acquisition stage then stops its source and sees what it has into the store first.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import closing
from pathlib import Path

import zmq

from eclips4d.core.errors import EclipsError, InputError
from eclips4d.core.log import configure_logging, get_logger
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.pulse import Pulse
from eclips4d.core.settings import load_toml
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.heartbeat import beating
from eclips4d.pipeline.lifecycle import PATIENCE
from eclips4d.pipeline.own_version import VERSION
from eclips4d.pipeline.process import leave_error
from eclips4d.pipeline.security.keyring import check_endpoints
from eclips4d.pipeline.systemd import notifying
from eclips4d.pipeline.vital_signs import answering

STAGES = ("storage", "acquisition", "inference", "registration", "windows")

Context = zmq.Context[zmq.Socket[bytes]]


UNFINISHED = 75
"""Exit code of a storage stage that was told to end before the run was complete; a supervisor starts it again."""


def run_stage(name: str, config: RunConfig) -> bool:
    """Run the stage `name` until its work is done or it is told to end; False when the store is not complete then.

    Raises
    ------
    InputError
        There is no such stage.
    """
    role = name.partition("-")[0]
    runners = {
        "storage": _storage,
        "acquisition": _acquisition,
        "inference": _inference,
        "registration": _registration,
        "windows": _windows,
    }
    if role not in runners:
        raise InputError(f"no stage {name!r}", cure=f"take one of {', '.join(STAGES)}")
    check_endpoints(config, role)
    metrics = StageMetrics(name)
    metrics.belongs_to(config.run_id, VERSION)
    pulse = Pulse()
    port = None if config.metrics_port is None or role == "windows" else port_of(name, config.metrics_port)
    patience_s = config.patience_s * PATIENCE.get(name, 1.0)
    with (
        beating(config.ready_dir, name, pulse),
        answering(metrics, pulse, port, patience_s),
        notifying(pulse, patience_s),
        zmq.Context() as context,
    ):
        return runners[role](name, config, context, metrics, pulse)


def run_logged(name: str, config: RunConfig) -> int:
    """As `run_stage`, with a log of its own; returns the exit code.

    The log is `NAME.jsonl` in the run's folder of logs, or standard error when it has none.
    """
    file = None
    if config.log_dir is not None:
        config.log_dir.mkdir(parents=True, exist_ok=True)
        file = config.log_dir / f"{name}.jsonl"
    configure_logging(stage=name, run_id=config.run_id, file=file, level=config.log_level)
    get_logger().info("stage starts", version=VERSION, pid=os.getpid())
    try:
        complete = run_stage(name, config)
    except EclipsError as error:
        get_logger().error("stage ended", error=str(error))
        raise
    get_logger().info("stage ends", complete=complete)
    return 0 if complete else UNFINISHED


def say_ready(config: RunConfig, name: str) -> None:
    """Tell the supervisor that this stage will lose no time over the first frame."""
    if config.ready_dir is not None:
        (config.ready_dir / f"{name}.ready").touch()


def port_of(name: str, first: int) -> int:
    """Where a stage answers over HTTP: storage, acquisition and registration first, then one port per worker."""
    role, _, number = name.partition("-")
    return first + ("storage", "acquisition", "registration", "inference").index(role) + int(number or 0)


def check_port(port: int | None) -> None:
    """Refuse a number that cannot be the first of the stages' ports.

    Raises
    ------
    InputError
    """
    if port is not None and not 0 < port < 65_000:
        raise InputError(f"port {port}", where="--metrics-port", cure="give one from 1 to 64999")


class Told:
    """How often this process was asked to end; SIGINT and SIGTERM ask, and so does the end of the supervisor."""

    def __init__(self, parent: int | None) -> None:
        self._times, self._parent = 0, parent
        for number in (signal.SIGINT, signal.SIGTERM):
            # Nothing but a counter here: logging in a handler could wait for a lock that its own thread holds.
            signal.signal(number, self._ask)
        # The supervisor starts stages with both blocked, so that none is lost before this line.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})

    def _ask(self, _number: int, _frame: object) -> None:
        self._times += 1

    def _orphaned(self) -> bool:
        return self._parent is not None and os.getppid() != self._parent

    def once(self) -> bool:
        """Asked to end, gently or not."""
        return self._times > 0

    def go_on(self) -> bool:
        """Not asked to end."""
        return self._times == 0 and not self._orphaned()

    def go_on_draining(self) -> bool:
        """Asked at most once."""
        return self._times < 2 and not self._orphaned()


def _storage(name: str, config: RunConfig, context: Context, metrics: StageMetrics, pulse: Pulse) -> bool:
    from eclips4d.pipeline.hub import Hub

    hub = Hub(config, context, metrics, pulse)
    with closing(hub):
        return hub.run(Told(config.parent_pid).go_on)


def _acquisition(name: str, config: RunConfig, context: Context, metrics: StageMetrics, pulse: Pulse) -> bool:
    from eclips4d.pipeline.acquire import Sender
    from eclips4d.pipeline.beginning import rehearse_until_begin

    told = Told(config.parent_pid)
    if not rehearse_until_begin(config, lambda: not told.go_on()):
        return True
    with closing(Sender(config, context, metrics, pulse)) as sender:
        sender.run(told.go_on_draining, told.once)
    return True


def _inference(name: str, config: RunConfig, context: Context, metrics: StageMetrics, pulse: Pulse) -> bool:
    from eclips4d.pipeline.compiling import compiling
    from eclips4d.pipeline.warm_up import warm_worker
    from eclips4d.pipeline.work import Worker

    with compiling():
        warm = warm_worker(config)
    say_ready(config, name)
    with closing(Worker(config, context, name, metrics, warm, pulse)) as worker:
        worker.run(Told(config.parent_pid).go_on)
    return True


def _registration(name: str, config: RunConfig, context: Context, metrics: StageMetrics, pulse: Pulse) -> bool:
    from eclips4d.pipeline.align import Aligner
    from eclips4d.pipeline.compiling import compiling
    from eclips4d.pipeline.warm_up import warm_up_registration

    with compiling():
        warm_up_registration(config)
    say_ready(config, name)
    with closing(Aligner(config, context, metrics, pulse)) as aligner:
        aligner.run(Told(config.parent_pid).go_on)
    return True


def _windows(name: str, config: RunConfig, context: Context, metrics: StageMetrics, pulse: Pulse) -> bool:
    """Let windows elsewhere look at the store, until it is told to end."""
    from numcodecs import blosc

    from eclips4d.pipeline.security.gate import gate_of
    from eclips4d.pipeline.view_service.notes import NotePost
    from eclips4d.pipeline.view_service.service import ViewService
    from eclips4d.pipeline.view_service.shelf import Shelf

    address = config.endpoints.windows
    if address is None:
        raise InputError("no address to serve windows at", where="[endpoints]", cure="add windows")
    blosc.set_nthreads(1)  # the other processor cores are the run's
    shelf, told = Shelf(config.out), Told(config.parent_pid)
    gate = gate_of(config, (address,), context, metrics)
    try:
        with closing(ViewService(shelf, context, address, gate, notes=NotePost(shelf.find))) as service:
            pulse.ready()

            def go_on() -> bool:
                pulse.tick()
                return told.go_on()

            service.run(go_on)
    finally:
        if gate is not None:
            gate.close()
    return True


def main() -> int:
    """Entry point of a stage process; its last error is left beside the log for the supervisor to read."""
    parser = argparse.ArgumentParser(prog="eclips4d.pipeline.stage")
    parser.add_argument("name")
    parser.add_argument("--config", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        config = load_toml(RunConfig, arguments.config)
    except EclipsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    try:
        return run_logged(arguments.name, config)
    except EclipsError as error:
        if config.parent_pid is None:
            sys.stderr.write(f"{error}\n")
        leave_error(arguments.config.parent, arguments.name, error)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
