"""A packet's key as a file of its own that a passphrase opens: scrypt (RFC 7914), then AES-256-GCM.

Which packet it is of can be read; which session each code is cannot, and a changed file does not open.
"""

import os
import unicodedata
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

import sandbox
from sandbox.errors import ExitCode, SandboxError, UsageError
from sandbox.library.loading import read_at_most
from sandbox.review.marks import Code
from sandbox.review.packet import NamedKey

_MAX_BYTES = 16 * 1024 * 1024
_SHORTEST = 8
_SALT, _NONCE = 16, 12
_COST = 2**15  # a guess may cost no less: a packet's key outlives its study
_ABOUT = (
    "What the codes of a packet of simulated transcripts stand for; it says nothing about a person."
    " Open it with: sandbox review key FILE"
)


class NoLockedKey(SandboxError):
    """The file is no locked key."""

    exit_code = ExitCode.INVALID_DOCUMENT


class LockedKey(BaseModel):
    """The file's JSON. `sealed`: salt, nonce, then what was encrypted."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_bytes="base64", val_json_bytes="base64")

    about: str = _ABOUT
    format: Literal["therapy-sandbox locked key"] = "therapy-sandbox locked key"
    format_version: Literal[1] = 1
    written_by: str
    packet: Code
    sealed: bytes

    @classmethod
    def of(cls, key: NamedKey, passphrase: str) -> Self:
        """The key, locked. Raises UsageError for a passphrase that is too short."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if len(passphrase) < _SHORTEST:
            raise UsageError(
                f"A passphrase has {_SHORTEST} characters or more.",
                todo="Take a few words that do not belong together.",
            )
        salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
        packet, plain = key.packet.id, key.model_dump_json().encode()
        sealed = AESGCM(_drawn_from(passphrase, salt)).encrypt(nonce, plain, packet.encode())
        written_by = f"therapy-sandbox {sandbox.__version__}"
        return cls(written_by=written_by, packet=packet, sealed=salt + nonce + sealed)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The file. Raises NoLockedKey, NotFoundError, SandboxError."""
        content = read_at_most(path, _MAX_BYTES, todo="name the file that holds the key")
        try:
            return cls.model_validate_json(content)
        except ValidationError:
            raise NoLockedKey(
                "This is no locked key.",
                where=str(path),
                todo="Name the file that “sandbox review key PACKET --to FILE” wrote, or a packet.",
            ) from None

    def text(self) -> str:
        """The file's text."""
        return self.model_dump_json(indent=2) + "\n"

    def opened(self, passphrase: str) -> NamedKey:
        """The key. Raises UsageError for another passphrase, and for a file that was changed."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        salt, nonce = self.sealed[:_SALT], self.sealed[_SALT : _SALT + _NONCE]
        rest = self.sealed[_SALT + _NONCE :]
        try:
            plain = AESGCM(_drawn_from(passphrase, salt)).decrypt(nonce, rest, self.packet.encode())
        except (InvalidTag, ValueError):
            raise UsageError(
                f"This passphrase does not open the key of {self.packet}.",
                todo="Type it again. If it is right, the file was changed: ask for it again.",
            ) from None
        return NamedKey.model_validate_json(plain)


def _drawn_from(passphrase: str, salt: bytes) -> bytes:
    """32 bytes by scrypt, N 2^15, r 8, p 3: 32 MiB and some tenths of a second, for each guess too. Accents
    are put in one form first: keyboards differ."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    typed = unicodedata.normalize("NFC", passphrase)
    return Scrypt(salt=salt, length=32, n=_COST, r=8, p=3).derive(typed.encode("utf-8", "surrogateescape"))
