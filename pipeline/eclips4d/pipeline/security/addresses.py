"""Which socket addresses other hosts, or other users of this one, can reach."""

from __future__ import annotations

from eclips4d.core.errors import InputError
from eclips4d.core.loopback import is_loopback


def is_private(address: str) -> bool:
    """Whether only this host can reach the address: an ipc path, tcp on a loopback address, or inproc.

    A wildcard, a name of a host or of an interface, and an abstract ipc name, which has no file permissions, are not.

    Raises
    ------
    InputError
        Another transport, or no address at all.
    """
    transport, found, rest = address.partition("://")
    if not found or not rest or transport not in ("ipc", "tcp", "inproc"):
        raise InputError(
            f"{address!r} is no address of a stage", where="endpoints", cure="use ipc:// or tcp://HOST:PORT"
        )
    if transport == "ipc":
        return not rest.startswith("@")
    return transport == "inproc" or is_loopback(rest.rpartition(":")[0].strip("[]"))


def check_address(address: str, *, has_keys: bool) -> None:
    """Refuse an address that others can reach while there are no keys.

    Raises
    ------
    InputError
    """
    if not is_private(address) and not has_keys:
        raise InputError(
            "others can reach this address, and there are no keys",
            where=address,
            cure="use ipc:// or tcp://127.0.0.1, or make keys (eclips4d keys make) and name them in [keys]",
        )
