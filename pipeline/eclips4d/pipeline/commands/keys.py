"""`eclips4d keys`: the keys that hosts of one run know each other by."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

keys = App(
    name="keys",
    help="""Make, list and let in the keys that the hosts of one run know each other by.

Needed only for a run over several hosts; docs/run-toml.md shows one.

Example: `eclips4d keys make`, then on the other host `eclips4d keys allow microscope.pub`

Keys are kept in the user's own configuration folder, or where `--folder` says.""",
)


@keys.command
def make(name: str | None = None, /, *, folder: Path | None = None) -> int:
    """Make a key pair for this host.

    Example: `eclips4d keys make microscope`

    Parameters
    ----------
    name
        What other hosts will know this one by; the host's own name when not given.
    folder
        Where keys are kept.
    """
    from rich.console import Console

    from eclips4d.pipeline.security.keys import PUBLIC_ENDING, KeyFolder, name_of_host

    found = KeyFolder(folder)
    pair = found.make(name or name_of_host())
    console = Console(markup=False, highlight=False)
    console.print(f"{pair.name}: {pair.public.decode()}", soft_wrap=True)
    public = found.path / f"{pair.name}{PUBLIC_ENDING}"
    console.print(f"give {public} to the other hosts; there: eclips4d keys allow {public.name}", soft_wrap=True)
    return 0


@keys.command(name="list")
def list_(*, folder: Path | None = None) -> int:
    """List the key pairs of this host, and the hosts that it lets in.

    Example: `eclips4d keys list`

    Parameters
    ----------
    folder
        Where keys are kept.
    """
    from rich.console import Console

    from eclips4d.pipeline.security.keys import KeyFolder

    found = KeyFolder(folder)
    console = Console(markup=False, highlight=False)
    console.print(f"{found.path}:", soft_wrap=True)
    lines = [f"  own      {name}  {found.pair(name).public.decode()}" for name in found.names()]
    lines += [f"  allowed  {name}  {public.decode()}" for public, name in found.allowed().items()]
    for line in lines or ["  no keys; make one with: eclips4d keys make"]:
        console.print(line, soft_wrap=True)
    return 0


@keys.command
def allow(file: Path, /, *, folder: Path | None = None) -> int:
    """Let another host in, by the public key that it was given.

    Example: `eclips4d keys allow microscope.pub`

    Parameters
    ----------
    file
        The other host's public key; it is known by the file's name from then on.
    folder
        Where keys are kept.
    """
    from rich.console import Console

    from eclips4d.pipeline.security.keys import KeyFolder

    name = KeyFolder(folder).allow(file)
    Console(markup=False).print(f"{name} may come in", highlight=False)
    return 0


@keys.command
def deny(name: str, /, *, folder: Path | None = None) -> int:
    """Let a host in no longer; stages that are connected stay until they are restarted.

    Example: `eclips4d keys deny microscope`

    Parameters
    ----------
    name
        Under which it was allowed.
    folder
        Where keys are kept.
    """
    from rich.console import Console

    from eclips4d.pipeline.security.keys import KeyFolder

    KeyFolder(folder).deny(name)
    Console(markup=False).print(f"{name} may come in no longer", highlight=False)
    return 0
