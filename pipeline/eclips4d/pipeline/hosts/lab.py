"""The file that describes a run over several hosts: what `run.toml` says, and `[hosts.NAME]` in place of addresses.

Everything that can be wrong with it is refused here, on every host alike, before anything starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, StringConstraints

from eclips4d.core.errors import InputError
from eclips4d.core.loopback import is_loopback
from eclips4d.core.settings import Settings, toml_values, validated
from eclips4d.pipeline.config import Endpoints, RunConfig

Part = Literal["acquisition", "storage", "registration", "inference", "windows"]
"""What a host can be given of a run; `inference` is as many processes as it has workers."""
FIRST_PORT, PORTS = 5551, 4
DERIVED = ("endpoints", "keys", "workers", "ready_dir", "parent_pid")
"""Keys of `run.toml` that follow from the hosts."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
ADDRESS = r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$"


class Host(Settings):
    """One host of the run."""

    address: Annotated[str, StringConstraints(pattern=ADDRESS)]
    """Name or IPv4 number by which the others reach it."""
    stages: tuple[Part, ...] = Field(min_length=1)
    workers: PositiveInt | None = None
    """Inference processes; one when not given."""
    listen: str | None = None
    """Number or interface that its stages bind to; absent: `address`, or all interfaces where that is a name."""
    key: str | None = None
    """Name of its key pair; absent: its own name."""


class _Hosts(Settings):
    port: int = Field(default=FIRST_PORT, ge=1, le=65_535 - PORTS)
    hosts: dict[str, Host] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Lab:
    """A run and its hosts.

    Attributes
    ----------
    hosts
        By name, in the order of the file.
    port
        First of four that stages listen at: storage, registration, notices, windows.
    run
        The other keys, as `run.toml` has them.
    where
        The file, for errors.
    """

    hosts: Mapping[str, Host]
    port: int
    run: Mapping[str, Any]
    where: str

    @property
    def record_only(self) -> bool:
        """Nothing is inverted: neither registration nor inference is started."""
        return bool(self.run.get("record_only"))

    def with_stage(self, part: Part) -> str:
        """Name of the host that has a stage of which there is one."""
        return next(name for name, host in self.hosts.items() if part in host.stages)

    def host(self, name: str) -> Host:
        """The host of that name.

        Raises
        ------
        InputError
            There is none.
        """
        if name not in self.hosts:
            known = ", ".join(self.hosts)
            raise InputError(f"no host {name!r} in [hosts]", where=self.where, cure=f"take one of: {known}")
        return self.hosts[name]


def load_lab(path: Path) -> Lab:
    """Read and check the file.

    Raises
    ------
    InputError
        What is wrong, and the key.
    """
    return lab_of(toml_values(path), str(path))


def lab_of(values: Mapping[str, Any], where: str) -> Lab:
    """As `load_lab`, of tables and keys that are read already."""
    derived = [key for key in DERIVED if key in values]
    if derived:
        raise InputError(f"[{derived[0]}] follows from [hosts]", where=where, cure="remove it")
    said = validated(_Hosts, {key: values[key] for key in ("hosts", "port") if key in values}, where)
    run = {key: value for key, value in values.items() if key not in ("hosts", "port")}
    validated(RunConfig, run | {"endpoints": Endpoints(hub="", surfaces="", notices="")}, where)
    lab = Lab(said.hosts, said.port, run, where)
    _check_hosts(lab)
    _check_stages(lab)
    return lab


def _check_hosts(lab: Lab) -> None:
    for name, host in lab.hosts.items():
        key = f"[hosts.{name}]"
        if not NAME.fullmatch(name):
            raise InputError(f"{key} is no name of a host", where=lab.where, cure="take letters, digits, - and _")
        if (twice := _twice(host.stages)) is not None:
            raise InputError(f"{key} has {twice!r} twice", where=lab.where, cure="remove one")
        if host.workers is not None and "inference" not in host.stages:
            raise InputError(f"{key} has workers, but no inference", where=lab.where, cure="add it to its stages")
    if (shared := _twice(host.address for host in lab.hosts.values())) is not None:
        names = " and ".join(f"[hosts.{name}]" for name, host in lab.hosts.items() if host.address == shared)
        raise InputError(f"{names} have one address, {shared}", where=lab.where, cure="make one host of them")
    here = [name for name, host in lab.hosts.items() if is_loopback(host.address)]
    if here and len(here) < len(lab.hosts):
        raise InputError(
            f"[hosts.{here[0]}.address] is loopback, which no other host reaches",
            where=lab.where,
            cure="give the address by which the others reach it",
        )


def _check_stages(lab: Lab) -> None:
    placed: dict[str, list[str]] = {}
    for name, host in lab.hosts.items():
        for part in host.stages:
            placed.setdefault(part, []).append(name)
    needed = ("acquisition", "storage", *(() if lab.record_only else ("registration", "inference")))
    lacking = [part for part in needed if part not in placed]
    if lacking:
        raise InputError(f"[hosts] no host has {lacking[0]}", where=lab.where, cure="add it to the stages of one")
    for twofold, names in placed.items():
        if twofold != "inference" and len(names) > 1:
            raise InputError(f"[hosts] {twofold} is on {' and '.join(names)}", where=lab.where, cure="leave it on one")
    if placed.get("windows", placed["storage"]) != placed["storage"]:
        raise InputError(
            f"[hosts.{placed['windows'][0]}.stages] windows are served where the store is",
            where=lab.where,
            cure=f"move it to [hosts.{placed['storage'][0]}]",
        )


def _twice(words: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for word in words:
        if word in seen:
            return word
        seen.add(word)
    return None
