"""`eclips4d stage`: one stage alone, on another host or under systemd."""

from __future__ import annotations

from pathlib import Path


def stage(name: str, /, *, config: Path) -> int:
    """Run one stage of the chain alone until its work is done or it is told to end.

    Example: `eclips4d stage registration --config run.toml`

    Parameters
    ----------
    name
        `storage`, `acquisition`, `inference` (or `inference-1`, `inference-2`, …) or `registration`.
    config
        The run's TOML file, the same for all stages; docs/run-toml.md describes its keys.
    """
    from eclips4d.core.settings import load_toml
    from eclips4d.pipeline.config import RunConfig
    from eclips4d.pipeline.stage import run_stage

    run_stage(name, load_toml(RunConfig, config))
    return 0
