"""One run over hosts in namespaces: its keys, its file, and the commands that the hosts are started with."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from eclips4d.core.errors import EclipsError
from eclips4d.pipeline.bench.scaling.hosts.namespaces import Namespaces
from eclips4d.pipeline.security.keys import KeyFolder
from eclips4d.storage.reader import summary


@dataclass(frozen=True, slots=True)
class LabRun:
    """A run in a folder, whose hosts have each a folder of keys there.

    Attributes
    ----------
    stages
        Of each host.
    settings
        Lines of the file besides the hosts.
    behind
        Hosts that take what processors the others leave: where the benchmark is run with a real-time priority
        (`chrt --rr`), since hosts of their own would share none, these are run without.
    """

    folder: Path
    network: Namespaces
    stages: Mapping[str, Sequence[str]]
    settings: str
    behind: frozenset[str] = frozenset()

    @property
    def store(self) -> Path:
        """What is recorded."""
        return self.folder / "run.zarr"

    @property
    def file(self) -> Path:
        """The one for all hosts."""
        return self.folder / "lab.toml"

    def write(self) -> None:
        """The file, and keys that all hosts have exchanged."""
        lines = ['run_id = "hosts"', f'out = "{self.store}"', f'spill_dir = "{self.folder}/spill"']
        lines += [f'log_dir = "{self.folder}/log"', self.settings]
        for name, stages in self.stages.items():
            listed = ", ".join(f'"{stage}"' for stage in stages)
            lines += ["", f"[hosts.{name}]", f'address = "{self.network.addresses[name]}"', f"stages = [{listed}]"]
        self.file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        exchange_keys({name: self.keys(name) for name in self.stages})

    def keys(self, host: str) -> KeyFolder:
        """Of the host."""
        return KeyFolder(self.folder / f"keys-{host}")

    @contextmanager
    def host(self, name: str, keys: KeyFolder | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """`eclips4d host` in its namespace; killed with its stages when the block is left before it has ended."""
        folder = (keys or self.keys(name)).path
        words = ["host", name, "--config", str(self.file), "--keys", str(folder)]
        priority = ["chrt", "--other", "0"] if name in self.behind else []
        command = [*self.network.inside(name), *priority, sys.executable, "-m", "eclips4d.pipeline", *words]
        with self.said_by(name).open("ab") as said:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            yield process
        finally:
            _kill_tree(process)

    def said_by(self, name: str) -> Path:
        """What the host's command has printed."""
        return self.folder / f"{name}.txt"

    def counts(self) -> tuple[int, int]:
        """Frames committed and recorded, as a reader sees them."""
        with suppress(EclipsError, OSError, ValueError):
            held = summary(self.store)
            return held.committed, held.recorded
        return 0, 0


def exchange_keys(folders: Mapping[str, KeyFolder]) -> None:
    """Make a pair for every host, and let each into all others."""
    for name, folder in folders.items():
        folder.make(name)
    for name, folder in folders.items():
        for other, theirs in folders.items():
            if other != name:
                folder.allow(theirs.path / f"{other}.pub")


def _kill_tree(process: subprocess.Popen[bytes]) -> None:
    """The command first, or it would start its stages again."""
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs(children, timeout=10)
    process.wait()
