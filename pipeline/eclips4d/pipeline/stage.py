"""One stage as a process of its own: `python -m eclips4d.pipeline.stage NAME --config FILE.toml`.

NAME is acquisition, storage, inference (or inference-K) or registration. Ctrl-C and SIGTERM ask a stage to end; the
acquisition stage then stops its source and sees what it has into the store first.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import zmq

from eclips4d.core.errors import EclipsError, InputError
from eclips4d.core.log import configure_logging, get_logger
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.settings import load_toml
from eclips4d.pipeline.config import RunConfig

STAGES = ("storage", "acquisition", "inference", "registration")

Context = zmq.Context[zmq.Socket[bytes]]


def run_stage(name: str, config: RunConfig) -> None:
    """Run the stage `name` until its work is done or it is told to end.

    Raises
    ------
    InputError
        There is no such stage.
    """
    role = name.partition("-")[0]
    runners = {"storage": _storage, "acquisition": _acquisition, "inference": _inference, "registration": _registration}
    if role not in runners:
        raise InputError(f"no stage {name!r}", cure=f"take one of {', '.join(STAGES)}")
    metrics = StageMetrics(name)
    if config.metrics_port is not None:
        serve_metrics(metrics, port_of(name, config.metrics_port))
    with zmq.Context() as context:
        runners[role](name, config, context, metrics)


def say_ready(config: RunConfig, name: str) -> None:
    """Tell the supervisor that this stage will lose no time over the first frame."""
    if config.ready_dir is not None:
        (config.ready_dir / f"{name}.ready").touch()


def port_of(name: str, first: int) -> int:
    """Where a stage answers /metrics: storage, acquisition and registration first, then one port per worker."""
    role, _, number = name.partition("-")
    return first + ("storage", "acquisition", "registration", "inference").index(role) + int(number or 0)


def serve_metrics(metrics: StageMetrics, port: int) -> None:
    """Answer /metrics on loopback.

    Raises
    ------
    InputError
        The port is taken.
    """
    try:
        metrics.serve(port)
    except OSError as error:
        raise InputError(f"port {port} is taken", where="--metrics-port", cure="choose another first port") from error


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


def _storage(name: str, config: RunConfig, context: Context, metrics: StageMetrics) -> None:
    from eclips4d.pipeline.hub import Hub

    hub = Hub(config, context, metrics)
    with closing(hub):
        hub.run(Told(config.parent_pid).go_on)


def _acquisition(name: str, config: RunConfig, context: Context, metrics: StageMetrics) -> None:
    from eclips4d.pipeline.acquire import Sender

    told = Told(config.parent_pid)
    with closing(Sender(config, context, metrics)) as sender:
        sender.run(told.go_on_draining, told.once)


def _inference(name: str, config: RunConfig, context: Context, metrics: StageMetrics) -> None:
    from eclips4d.pipeline.warm_up import warm_networks, warm_up_inference
    from eclips4d.pipeline.work import Worker

    networks = warm_networks(config)
    warm_up_inference(config, networks)
    say_ready(config, name)
    with closing(Worker(config, context, name, metrics, networks)) as worker:
        worker.run(Told(config.parent_pid).go_on)


def _registration(name: str, config: RunConfig, context: Context, metrics: StageMetrics) -> None:
    from eclips4d.pipeline.align import Aligner
    from eclips4d.pipeline.warm_up import warm_up_registration

    warm_up_registration(config)
    say_ready(config, name)
    with closing(Aligner(config, context, metrics)) as aligner:
        aligner.run(Told(config.parent_pid).go_on)


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
    log = config.log_dir / f"{arguments.name}.jsonl" if config.log_dir else None
    configure_logging(stage=arguments.name, file=log)
    try:
        run_stage(arguments.name, config)
    except EclipsError as error:
        get_logger().error("stage ended", error=str(error))
        if config.parent_pid is None:
            sys.stderr.write(f"{error}\n")
        leave_error(arguments.config.parent, arguments.name, error)
        return error.exit_code
    return 0


def leave_error(folder: Path, name: str, error: EclipsError) -> None:
    """Write the error where the supervisor looks for it."""
    text = msgspec.json.encode({"line": str(error), "exit_code": error.exit_code})
    (folder / f"{name}.error").write_bytes(text)


if __name__ == "__main__":
    sys.exit(main())
