"""Addresses of view services, and the keys for them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import zmq

from eclips4d.core.errors import InputError
from eclips4d.pipeline.security.addresses import check_address, is_private
from eclips4d.pipeline.security.gate import Gate
from eclips4d.pipeline.security.keyring import ServerKey
from eclips4d.pipeline.security.keys import KeyFolder
from eclips4d.viewer.remote.link import Place

USUAL = "tcp://127.0.0.1:5760"
_TCP = re.compile(r"(?P<address>tcp://(?P<host>\[[^]/]*\]|[^:/\[]+):\d{1,5})(?:/(?P<name>[^/]*))?/?")
_IPC = re.compile(r"(?P<address>ipc://[^#]+)(?:#(?P<name>[^/]*))?")
_NAME_OF_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")


def place_of(address: str, keys: Path | None = None, own: str | None = None, host: str | None = None) -> Place:
    """What `tcp://HOST:PORT/NAME` or `ipc://PATH#NAME` means.

    Parameters
    ----------
    address : str
    keys : Path, optional
        Folder of keys; the user's own when not given.
    own : str, optional
        This host's key pair there; the only one when not given.
    host : str, optional
        Name of the other host's public key; as the host in the address when not given.

    Raises
    ------
    InputError
        It is no address, or another host's and the keys are not there.
    """
    found = _TCP.fullmatch(address) or _IPC.fullmatch(address)
    if found is None:
        raise InputError("no address of a view service", where=address, cure="give tcp://HOST:PORT/NAME")
    plain, name = found["address"], unquote(found["name"] or "")
    if is_private(plain) and keys is None and own is None and host is None:
        return Place(plain, name)
    folder = KeyFolder(keys)
    key = ServerKey(folder.pair(own), folder.public(host or _name_in(found)))
    return Place(plain, name, key.put_on)


def gate_before(
    address: str, context: zmq.Context[zmq.Socket[bytes]], keys: Path | None = None, own: str | None = None
) -> Gate | None:
    """Who stands before the address that a view service is going to bind; `keys` and `own` as of `place_of`.

    Raises
    ------
    InputError
        Others can reach it and there are no keys, or it is no address.
    """
    if is_private(address) and keys is None and own is None:
        return Gate(context) if address.startswith("tcp://") else None
    folder = KeyFolder(keys)
    if not folder.names():
        check_address(address, has_keys=False)
    pair = folder.pair(own)
    return Gate(context, pair, lambda: folder.allowed() | {pair.public: pair.name})


def _name_in(found: re.Match[str]) -> str:
    name = found.groupdict().get("host", "").partition(".")[0]
    if not _NAME_OF_KEY.fullmatch(name):
        raise InputError("whose key it is cannot be told from the address", where=found[0], cure="name it: --host NAME")
    return name
