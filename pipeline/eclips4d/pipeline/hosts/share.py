"""One host's share of a run: its processes by name, and the configuration that each of them gets."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from eclips4d.core.loopback import is_loopback
from eclips4d.core.settings import validated
from eclips4d.pipeline.config import Endpoints, Keys, RunConfig
from eclips4d.pipeline.hosts.lab import Host, Lab, Part

WATCH = "watch"
"""Who starts a host's stages; it binds to nothing."""


def processes(lab: Lab, host: str) -> tuple[str, ...]:
    """Names of the stages that a host runs, acquisition last. Workers are numbered through all hosts."""
    own, names = lab.host(host), list[str]()
    for part in ("storage", "windows", "registration"):
        if part in own.stages and not (lab.record_only and part == "registration"):
            names.append(part)
    if "inference" in own.stages and not lab.record_only:
        first = _workers_before(lab, host)
        names += [f"inference-{first + k}" for k in range(own.workers or 1)]
    return (*names, *(["acquisition"] if "acquisition" in own.stages else []))


def workers(lab: Lab) -> int:
    """Inference processes on all hosts together; at least one, as `run.toml` has it."""
    return max(1, sum(_workers(host) for host in lab.hosts.values()))


def has_keys(lab: Lab, folder: Path | None) -> bool:
    """Whether the hosts know each other by keys: always, unless all are this one; then where a folder is named."""
    return folder is not None or not all(is_loopback(host.address) for host in lab.hosts.values())


@dataclass(frozen=True, slots=True)
class Share:
    """What one host does.

    Attributes
    ----------
    folder
        Private folder for heartbeats, configurations and last errors; absent: nobody watches.
    keys
        Folder of keys; absent: the user's own.
    log_dir
        Absent: what the file says.
    """

    lab: Lab
    host: str
    folder: Path | None = None
    keys: Path | None = None
    log_dir: Path | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Its stages."""
        return processes(self.lab, self.host)

    def config_of(self, stage: str) -> RunConfig:
        """What a stage of this host, or `WATCH`, has to know.

        Where it binds, the address is of this host, where it connects, of another. Only inference counts its own
        host's workers, which share the processors; the others count all, which bound the frames under way.
        """
        role = stage.partition("-")[0]
        derived: dict[str, object] = {
            "endpoints": self._endpoints(role),
            "keys": self._keys(),
            "workers": (self.lab.host(self.host).workers or 1) if role == "inference" else workers(self.lab),
            "ready_dir": self.folder,
            "parent_pid": os.getpid(),
        }
        logs = {} if self.log_dir is None else {"log_dir": self.log_dir}
        return validated(RunConfig, {**self.lab.run, **derived, **logs}, self.lab.where)

    def windows_address(self) -> str | None:
        """Where windows elsewhere find the store; None where no host serves them."""
        owner = self.lab.hosts[self.lab.with_stage("storage")]
        return f"tcp://{owner.address}:{self.lab.port + 3}" if "windows" in owner.stages else None

    def _endpoints(self, role: str) -> Endpoints:
        lab = self.lab
        storage = lab.with_stage("storage")
        registration = storage if lab.record_only else lab.with_stage("registration")
        serves = role == "storage"
        notes = f"ipc://{self.folder}/notes" if self.folder is not None and self.host == storage else None
        windows = "windows" in lab.hosts[storage].stages and self.host == storage
        return Endpoints(
            hub=_address(lab.hosts[storage], lab.port, binds=serves),
            surfaces=_address(lab.hosts[registration], lab.port + 1, binds=role == "registration"),
            notices=_address(lab.hosts[storage], lab.port + 2, binds=serves),
            windows=_address(lab.hosts[storage], lab.port + 3, binds=True) if windows else None,
            notes=notes,
        )

    def _keys(self) -> Keys | None:
        if not has_keys(self.lab, self.keys):
            return None
        return Keys(
            hub=self._key_of("storage"),
            surfaces=None if self.lab.record_only else self._key_of("registration"),
            own=_key(self.lab, self.host),
            folder=self.keys,
        )

    def _key_of(self, part: Part) -> str:
        return _key(self.lab, self.lab.with_stage(part))


def _key(lab: Lab, host: str) -> str:
    return lab.hosts[host].key or host


def _workers(host: Host) -> int:
    return (host.workers or 1) if "inference" in host.stages else 0


def _workers_before(lab: Lab, host: str) -> int:
    before = list(lab.hosts)[: list(lab.hosts).index(host)]
    return sum(_workers(lab.hosts[name]) for name in before)


def _address(host: Host, port: int, *, binds: bool) -> str:
    return f"tcp://{_listens_at(host) if binds else host.address}:{port}"


def _listens_at(host: Host) -> str:
    """ZeroMQ binds to numbers and interfaces, not to names of hosts."""
    if host.listen is not None:
        return host.listen
    try:
        return str(ipaddress.IPv4Address(host.address))
    except ValueError:
        return "127.0.0.1" if is_loopback(host.address) else "*"
