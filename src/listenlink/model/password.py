"""Passwords: what may be one, how it's kept, and one that is made for whoever wants it made."""

from __future__ import annotations

import hmac
import secrets
from enum import StrEnum
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from mnemonic import Mnemonic

LEAST_CHARACTERS, MOST_CHARACTERS = 15, 128
# Fewer guesses than this, by an estimate that knows names, words, keyboards and passwords that were leaked.
_LEAST_GUESSES = 10**8
_WORDS, _LINK_WORDS = 6, 4
# OWASP's password storage cheat sheet: Argon2id with m = 19 MiB, t = 2, p = 1.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class PasswordFault(StrEnum):
    """Why a text can't be a password."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"


def find_fault(password: str, email: str) -> PasswordFault | None:
    """What is wrong with it as a password of whoever has this e-mail. Any characters will do."""
    if len(password) < LEAST_CHARACTERS:
        return PasswordFault.SHORT
    if len(password) > MOST_CHARACTERS:
        return PasswordFault.LONG
    # Imported here: its lists of words take 13 MiB, which a server needs once somebody chooses a password.
    from zxcvbn import zxcvbn

    # The estimate takes time with the square of the length; what it can't tell of the beginning is no word.
    told = zxcvbn(password[:64], user_inputs=[email, *email.replace("@", ".").split(".")])
    return PasswordFault.COMMON if told["guesses"] < _LEAST_GUESSES else None


def hash_password(password: str) -> str:
    """Its Argon2id hash with a salt of its own, in PHC form. Takes some 20 ms and 19 MiB."""
    return _HASHER.hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Whether this is the password of that hash. None is nobody's: it takes as long, and is never right."""
    try:
        is_same = _HASHER.verify(kept or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return is_same and kept is not None


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with other costs than those of today."""
    return _HASHER.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_hex(16))


def make_password() -> str:
    """Six words of a list of 2,048 (BIP 39), chosen at random: 66 bits."""
    words = Mnemonic("english").wordlist
    return "-".join(secrets.choice(words) for _ in range(_WORDS))


def make_link_passwords(count: int = 8) -> list[str]:
    """As many for links, of four words: 44 bits, of which somebody may try a thousand a day. Short enough to
    be told by telephone."""
    words = Mnemonic("english").wordlist
    return ["-".join(secrets.choice(words) for _ in range(_LINK_WORDS)) for _ in range(count)]


def name_digest(secret: bytes, email: str) -> bytes:
    """By which failures of one account are counted, whether there is such an account or not: 16 bytes that
    nobody without the server's key can tell the e-mail from."""
    return hmac.digest(secret, email.lower().encode("utf-8", "surrogatepass"), "sha256")[:16]
