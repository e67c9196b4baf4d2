"""One stage as a process of its own: `python -m eclips4d.pipeline.stage NAME --config FILE.toml`.

NAME is acquisition, storage, inference (or inference-K) or registration. Ctrl-C and SIGTERM ask a stage to end; the
acquisition stage then stops its source and sees what it has into the store first.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable
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
KeepGoing = Callable[[], bool]


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
        metrics.serve(config.metrics_port + STAGES.index(role))
    with zmq.Context() as context:
        runners[role](name, config, context, metrics)


def _storage(name: str, config: RunConfig, context: Context, metrics: StageMetrics) -> None:
    from eclips4d.pipeline.hub import Hub

    hub = Hub(config, context, metrics)
    try:
        hub.run(_until_told(config))
    finally:
        hub.close()


def _acquisition(name: str, config: RunConfig, context: Context, metrics: StageMetrics) -> None:
    from eclips4d.pipeline.acquire import Sender

    sender = Sender(config, context, metrics)
    try:
        sender.run(_until_told(config))
    finally:
        sender.close()


def _inference(name: str, config: RunConfig, context: Context, metrics: StageMetrics) -> None:
    from eclips4d.pipeline.work import Worker

    worker = Worker(config, context, name, metrics)
    try:
        worker.run(_until_told(config))
    finally:
        worker.close()


def _registration(name: str, config: RunConfig, context: Context, metrics: StageMetrics) -> None:
    from eclips4d.pipeline.align import Aligner

    aligner = Aligner(config, context, metrics)
    try:
        aligner.run(_until_told(config))
    finally:
        aligner.close()


def _until_told(config: RunConfig) -> KeepGoing:
    """True until SIGINT or SIGTERM comes or the supervising process is gone."""
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # A handler that does nothing but set a flag: logging here could wait for a lock that the thread already holds.
        signal.signal(number, lambda _number, _frame: told.set())
    parent = config.parent_pid

    def keep_going() -> bool:
        return not told.is_set() and (parent is None or os.getppid() == parent)

    return keep_going


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
