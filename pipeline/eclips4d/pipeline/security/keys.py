"""Key pairs of this host and the public keys it lets in: small TOML files in one private folder.

```
keys/                  0700
  lab.key              0600  the pair of this host
  lab.pub                    what other hosts are given
  allowed/recorder.pub       a host whose stages may talk to ours
```

Names come from the command line and from files, never from a socket.
"""

from __future__ import annotations

import os
import re
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import platformdirs
import zmq
from pydantic import StringConstraints

from eclips4d.core.errors import InputError, MissingInputError
from eclips4d.core.settings import Settings, load_toml

SECRET_ENDING, PUBLIC_ENDING = ".key", ".pub"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
Z85 = Annotated[str, StringConstraints(pattern=r"^[0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}$")]
"""A key of 32 bytes as text."""


class _PublicFile(Settings):
    public: Z85


class _SecretFile(Settings):
    public: Z85
    secret: Z85


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Who a host is; `public` and `secret` are Z85 text of 40 characters."""

    name: str
    public: bytes
    secret: bytes = field(repr=False)


def keys_folder() -> Path:
    """The system's place for a user's keys: on Linux `$XDG_CONFIG_HOME/eclips4d/keys`, by default in `~/.config`."""
    return platformdirs.user_config_path("eclips4d", appauthor=False) / "keys"


def name_of_host() -> str:
    """The name of this host, as far as it can be the name of a key."""
    name = re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname().partition(".")[0]).lstrip("-_")
    return name[:63] or "host"


class KeyFolder:
    """The keys in one folder.

    Parameters
    ----------
    path
        Made when the first key is; absent is the user's own folder.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or keys_folder()
        self._allowed = self.path / "allowed"

    def make(self, name: str) -> KeyPair:
        """Make a key pair.

        Raises
        ------
        InputError
            The name is none, or there is such a pair already.
        """
        _check_name(name)
        self._make_folders()
        public, secret = zmq.curve_keypair()
        made = KeyPair(name, public, secret)
        own = f"# The secret key of {name}: it stays on this host.\n"
        _write_new(self._secret_file(name), own + _line("public", public) + _line("secret", secret), 0o600)
        self._public_file(name).write_text(_line("public", public), encoding="utf-8")
        return made

    def names(self) -> list[str]:
        """Of the pairs of this host."""
        return sorted(file.stem for file in self.path.glob(f"*{SECRET_ENDING}"))

    def pair(self, name: str | None = None) -> KeyPair:
        """The pair of that name, or the only one there is.

        Raises
        ------
        InputError
            There is none, several when no name is given, or others can read the secret.
        """
        if name is None:
            name = self._only_name()
        _check_name(name)
        file = self._secret_file(name)
        if not file.exists():
            raise MissingInputError(
                "no such key pair", where=str(file), cure=f"make it with: eclips4d keys make {name}"
            )
        _check_secret(file)
        found = load_toml(_SecretFile, file)
        return KeyPair(name, found.public.encode(), found.secret.encode())

    def public(self, name: str) -> bytes:
        """The public key of that name: of a host that is allowed, or of this one.

        Raises
        ------
        InputError
            There is none.
        """
        _check_name(name)
        for file in (self._allowed / f"{name}{PUBLIC_ENDING}", self._public_file(name)):
            if file.exists():
                return _read_public(file)
        raise MissingInputError(
            f"no public key {name!r}", where=str(self.path), cure=f"take it in with: eclips4d keys allow {name}.pub"
        )

    def allow(self, file: Path) -> str:
        """Let the owner of this public key in; its name is the file's. Twice is once.

        Raises
        ------
        InputError
            It is no public key, or another key of that name is allowed or is this host's own.
        """
        name = file.name.removesuffix(PUBLIC_ENDING)
        _check_name(name)
        public = _read_public(file)
        self._make_folders()
        kept = self._allowed / f"{name}{PUBLIC_ENDING}"
        if name in self.names() and self.pair(name).public != public:
            raise InputError(f"this host has a key pair called {name!r}", where=str(file), cure="rename the file")
        if kept.exists() and _read_public(kept) != public:
            cure = f"first: eclips4d keys deny {name}"
            raise InputError(f"another key is allowed under the name {name!r}", where=str(kept), cure=cure)
        kept.write_text(_line("public", public), encoding="utf-8")
        return name

    def deny(self, name: str) -> None:
        """Let it in no longer; connections that are open stay.

        Raises
        ------
        InputError
            It was not allowed.
        """
        _check_name(name)
        file = self._allowed / f"{name}{PUBLIC_ENDING}"
        if not file.exists():
            raise MissingInputError("no such key is allowed", where=str(file), cure="see: eclips4d keys list")
        file.unlink()

    def allowed(self) -> dict[bytes, str]:
        """Names of the hosts that are let in, by public key, as the folder says now."""
        return dict(self._read_allowed())

    def _read_allowed(self) -> Iterator[tuple[bytes, str]]:
        for file in sorted(self._allowed.glob(f"*{PUBLIC_ENDING}")):
            yield _read_public(file), file.stem

    def _only_name(self) -> str:
        names = self.names()
        if len(names) != 1:
            made = f"there are {', '.join(names)}" if names else "there is none"
            cure = "say which in [keys] own" if names else "make one with: eclips4d keys make"
            raise InputError(f"which key pair is this host's? {made}", where=str(self.path), cure=cure)
        return names[0]

    def _make_folders(self) -> None:
        for folder in (self.path, self._allowed):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)

    def _secret_file(self, name: str) -> Path:
        return self.path / f"{name}{SECRET_ENDING}"

    def _public_file(self, name: str) -> Path:
        return self.path / f"{name}{PUBLIC_ENDING}"


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is no name of a key", cure="take letters, digits, - and _, at most 63 of them")


def _check_secret(file: Path) -> None:
    seen = file.stat()
    if stat.S_IMODE(seen.st_mode) & 0o077:
        raise InputError(
            "others can read this secret key", where=str(file), cure=f"chmod 600 {file}, or make a new one"
        )
    if seen.st_uid not in (os.getuid(), 0):
        raise InputError("this secret key belongs to another user", where=str(file), cure="make one of your own")


def _write_new(file: Path, text: str, mode: int) -> None:
    try:
        number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise InputError("there is such a key pair already", where=str(file), cure="choose another name") from error
    with os.fdopen(number, "w", encoding="utf-8") as stream:
        os.fchmod(number, mode)
        stream.write(text)


def _line(key: str, value: bytes) -> str:
    return f'{key} = "{value.decode()}"\n'


def _read_public(file: Path) -> bytes:
    return load_toml(_PublicFile, file).public.encode()
