"""`eclips4d host`: this host's share of a run over several hosts."""

from __future__ import annotations

from pathlib import Path


def host(name: str | None = None, /, *, config: Path, keys: Path | None = None, own: str | None = None) -> int:
    """Run this host's stages of a run over several hosts; without NAME, say which host does what and how it is.

    Example: `eclips4d host recorder --config lab.toml`, and `eclips4d host --config lab.toml` to look

    The same file serves all hosts; docs/scaling.md shows one. The hosts are started in any order, wait for each other,
    and go on where they were when one is started again. Ctrl-C on the host of the source ends the run, on another one
    its share of it.

    Parameters
    ----------
    name
        Which of the file's hosts this is.
    config
        TOML file with the run and a table `[hosts.NAME]` for each host.
    keys
        Where keys are kept; the user's own folder when not given.
    own
        To look from elsewhere: name of the key pair; the only one when not given.
    """
    from rich.console import Console

    from eclips4d.pipeline.hosts.command import run_share
    from eclips4d.pipeline.hosts.lab import load_lab
    from eclips4d.pipeline.hosts.standing import show_standing

    lab, console = load_lab(config), Console(markup=False, highlight=False)
    if name is None:
        return show_standing(lab, keys, own, console)
    return run_share(lab, name, keys, console)
