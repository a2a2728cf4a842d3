"""How a webhook is signed: by the Standard Webhooks specification, in the form `v1`. The server signs and the
client verifies, so this is said once."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
SECRET_PREFIX = "whsec_"  # noqa: S105 (what every secret begins with)
# As the specification has it: what is shorter could be guessed, and an empty key signs what anybody can.
LEAST_KEY_BYTES, MOST_KEY_BYTES = 24, 64
_VERSION = "v1,"
_MOST_SIGNATURES = 16


def write_secret(key: bytes) -> str:
    """A secret as its owner is shown it: the prefix and base64."""
    return SECRET_PREFIX + b64encode(key).decode()


def read_secret(secret: str) -> bytes:
    """The key in a secret, of 24 to 64 bytes. Raises ValueError, without a word of it, for anything else."""
    if not secret.startswith(SECRET_PREFIX):
        raise ValueError(f"a webhook's secret begins with {SECRET_PREFIX}")
    try:
        key = b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:  # Of which base64's own error is one.
        raise ValueError(f"a webhook's secret is base64 behind {SECRET_PREFIX}") from None
    if not LEAST_KEY_BYTES <= len(key) <= MOST_KEY_BYTES:
        raise ValueError(
            f"a webhook's secret has {LEAST_KEY_BYTES} to {MOST_KEY_BYTES} bytes behind {SECRET_PREFIX},"
            f" not {len(key)}"
        )
    return key


def sign(keys: Iterable[bytes], number: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: a signature with each key, several while a secret is exchanged.
    `number` is that of the message, the same each time it's sent; `timestamp` in Unix seconds."""
    signed = f"{number}.{timestamp}.".encode() + body
    return " ".join(
        _VERSION + b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys
    )


def is_signed(key: bytes, number: str, timestamp: int, body: bytes, signatures: str) -> bool:
    """Whether one of the signatures is this key's. How long that takes tells nothing of the right one."""
    expected = sign([key], number, timestamp, body).encode()
    given = signatures.split(" ")[:_MOST_SIGNATURES]
    return any(hmac.compare_digest(expected, each.encode()) for each in given)
