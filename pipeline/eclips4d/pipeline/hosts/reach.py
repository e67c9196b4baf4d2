"""Why nothing is heard of another host, as far as one attempt to connect can tell."""

from __future__ import annotations

import socket

from eclips4d.core.errors import InputError
from eclips4d.pipeline.hosts.lab import Lab

PATIENCE_S = 2.0


def why_silent(address: str, key: str | None) -> str:
    """In one line, for somebody who can do something about it.

    Parameters
    ----------
    address
        Of storage's socket, tcp://HOST:PORT.
    key
        Name of the key that the other end has to own; None without keys.
    """
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    try:
        with socket.create_connection((host, int(port)), PATIENCE_S):
            pass
    except socket.gaierror:
        return f"{address}: no host of this name is known; correct it, or give its number"
    except ConnectionRefusedError:
        return f"{address}: the host is there, storage is not; start it there: it is waited for"
    except OSError as error:
        return f"{address}: not reached ({error.strerror or error}); see the network and the firewall there"
    if key is None:
        return f"{address}: it is reached, and says nothing yet; if that lasts, see there whether storage hangs"
    return f"{address}: it is reached, and does not speak to us; see there that it owns the key {key!r} we have of it"


def check_is_here(lab: Lab, host: str) -> None:
    """Refuse to serve on a machine that does not have the host's address.

    Raises
    ------
    InputError
    """
    own = lab.host(host)
    if own.listen is not None or not {"storage", "registration", "windows"} & set(own.stages):
        return
    try:
        found = socket.gethostbyname(own.address)
        with socket.socket() as probe:
            probe.bind((found, 0))
    except OSError as error:
        raise InputError(
            f"[hosts.{host}.address] {own.address} is no address of this machine",
            where=lab.where,
            cure=f"start {host!r} on its own machine, or say with listen where it binds",
        ) from error
