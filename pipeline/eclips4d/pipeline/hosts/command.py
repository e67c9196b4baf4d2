"""One host's share from the first check to the last line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from eclips4d.pipeline.crew import Stage
from eclips4d.pipeline.hosts.lab import Lab
from eclips4d.pipeline.hosts.reach import check_is_here
from eclips4d.pipeline.hosts.share import WATCH, Share
from eclips4d.pipeline.hosts.watch import HostWatch
from eclips4d.pipeline.lifecycle import State
from eclips4d.pipeline.plan_run import log_folder, make_folder
from eclips4d.pipeline.progress import RunProgress
from eclips4d.pipeline.security.keyring import check_endpoints
from eclips4d.pipeline.systemd import notifying


def run_share(lab: Lab, host: str, keys: Path | None, console: Console) -> int:
    """Run the stages of a host until the run is complete; returns the exit code.

    Raises
    ------
    InputError
        The host is not in the file, it is another machine's, or a key is missing.
    ReportedError, StageDiedError, PeerTimeoutError
        See `HostWatch.run`.
    """
    lab.host(host)
    check_is_here(lab, host)
    with _private_folder() as folder:
        logs = None if "log_dir" in lab.run else log_folder(str(lab.run["run_id"]))
        share = Share(lab, host, folder, keys, logs)
        for role in (WATCH, *share.names):
            check_endpoints(share.config_of(role), role.partition("-")[0])
        _announce(share, console)
        progress = RunProgress(console, f"{host}: {lab.run['run_id']}")

        def changed(stage: Stage) -> None:
            progress.changed(stage.life)
            if stage.error is not None and stage.life.state is State.RESTARTING:
                console.print(f"{stage.life.name}: {stage.error}", soft_wrap=True)

        def say(words: str) -> None:
            console.print(words, soft_wrap=True)

        watch = HostWatch(share, progress.show, changed, say)
        with progress.live(), notifying(watch.pulse, watch.config.patience_s):
            code = watch.run()
        said = "stopped; the same command goes on from here" if code else progress.closing_line()
        console.print(f"{host}: {said}", soft_wrap=True)
    return code


def _announce(share: Share, console: Console) -> None:
    console.print(f"{share.host} runs {', '.join(share.names) or 'nothing'}", soft_wrap=True)
    address = share.windows_address()
    if address is not None and "windows" in share.names:
        owner = share.config_of(WATCH).keys
        key = f" --host {owner.hub}" if owner is not None else ""
        console.print(f"windows anywhere: eclips4d view {address}{key}", soft_wrap=True)


@contextmanager
def _private_folder() -> Iterator[Path]:
    folder = make_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
