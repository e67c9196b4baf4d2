"""The keys that one stage needs: its host's own pair, and who the stages must be that it connects to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import zmq

from eclips4d.core.errors import InputError
from eclips4d.pipeline.config import Endpoints, RunConfig
from eclips4d.pipeline.security.addresses import check_address
from eclips4d.pipeline.security.keys import KeyFolder, KeyPair


@dataclass(frozen=True, slots=True)
class ServerKey:
    """With what a stage connects: its own pair, and the public key that the other end has to own."""

    own: KeyPair
    server: bytes

    def put_on(self, socket: zmq.Socket[bytes]) -> None:
        """Have a socket that is not connected yet speak CURVE."""
        socket.setsockopt(zmq.CURVE_SERVERKEY, self.server)
        socket.setsockopt(zmq.CURVE_PUBLICKEY, self.own.public)
        socket.setsockopt(zmq.CURVE_SECRETKEY, self.own.secret)


@dataclass(frozen=True, slots=True)
class Keyring:
    """All keys of a run, as this host knows them.

    Attributes
    ----------
    own : KeyPair
    hub, surfaces : bytes
        Public keys of the hosts on which storage and registration run.
    """

    own: KeyPair
    hub: bytes
    surfaces: bytes
    folder: KeyFolder

    def to_hub(self) -> ServerKey:
        """For storage's sockets."""
        return ServerKey(self.own, self.hub)

    def to_surfaces(self) -> ServerKey:
        """For registration's socket."""
        return ServerKey(self.own, self.surfaces)

    def allowed(self) -> Mapping[bytes, str]:
        """Who is let in now: the hosts that were allowed, and this one."""
        return self.folder.allowed() | {self.own.public: self.own.name}


def keyring_of(config: RunConfig) -> Keyring | None:
    """The keys that `[keys]` of the run names; None without that table.

    Raises
    ------
    InputError
        A key that is missing or that others can read.
    """
    if config.keys is None:
        return None
    folder = KeyFolder(config.keys.folder)
    own, hub = folder.pair(config.keys.own), config.keys.hub
    return Keyring(own, folder.public(hub), folder.public(config.keys.surfaces or hub), folder)


def hub_key(config: RunConfig) -> ServerKey | None:
    """What a stage connects to storage with; None without keys. Errors as of `keyring_of`."""
    keyring = keyring_of(config)
    return None if keyring is None else keyring.to_hub()


def surfaces_key(config: RunConfig) -> ServerKey | None:
    """What a worker connects to registration with; None without keys. Errors as of `keyring_of`."""
    keyring = keyring_of(config)
    return None if keyring is None else keyring.to_surfaces()


def check_endpoints(config: RunConfig, stage: str) -> None:
    """Refuse addresses that others can reach without keys, and a host whose key is not the one that others expect.

    Parameters
    ----------
    stage
        Role of the stage that is about to start.

    Raises
    ------
    InputError
    """
    keyring = keyring_of(config)
    for address in addresses(config.endpoints):
        check_address(address, has_keys=keyring is not None)
    served = {} if keyring is None else {"storage": keyring.hub, "registration": keyring.surfaces}
    if keyring is not None and served.get(stage, keyring.own.public) != keyring.own.public:
        raise InputError(
            f"the others expect another key of {stage} than {keyring.own.name!r}",
            where="[keys]",
            cure="name this host's key pair there, or start this stage on the other host",
        )


def addresses(endpoints: Endpoints) -> tuple[str, ...]:
    """All of them."""
    optional = (endpoints.notes, endpoints.windows)
    return endpoints.hub, endpoints.surfaces, endpoints.notices, *(address for address in optional if address)
