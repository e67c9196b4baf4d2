"""`eclips4d stage`: one stage alone, on another host or under systemd."""

from __future__ import annotations

from pathlib import Path

from eclips4d.core.log import Level


def stage(name: str, /, *, config: Path, metrics_port: int | None = None, log_level: Level | None = None) -> int:
    """Run one stage of the chain alone until its work is done or it is told to end.

    Example: `eclips4d stage registration --config run.toml`

    Exit code 75 means that storage was told to end before the run was complete; the same command goes on from there.

    Parameters
    ----------
    name
        `storage`, `acquisition`, `inference` (or `inference-1`, `inference-2`, …), `registration`, or `windows`,
        which lets windows elsewhere look.
    config
        The run's TOML file, the same for all stages; docs/run-toml.md describes its keys.
    metrics_port
        First of the loopback ports on which the stages answer /metrics, /health and /ready, instead of the file's.
    log_level
        Least severe lines of the log that are kept, instead of the file's: `debug`, `info`, `warning`, `error`.
    """
    from eclips4d.core.settings import load_toml
    from eclips4d.pipeline.config import RunConfig
    from eclips4d.pipeline.stage import check_port, run_logged

    check_port(metrics_port)
    said = {"metrics_port": metrics_port, "log_level": log_level}
    given = {key: value for key, value in said.items() if value is not None}
    return run_logged(name, load_toml(RunConfig, config).model_copy(update=given))
