"""The key with which a server signs what it says of recordings, and the certificates that name who signs.

They're in one file, as PEM: the signer's certificate, those of who vouches for it, and the private key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from listenlink.clock import SECOND_US

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

_LEAST_RSA_BITS = 2048
# What a certificate may be meant for to sign manifests: C2PA's own, documents, mail.
CLAIMS, DOCUMENTS, MAIL = (
    "1.3.6.1.4.1.62558.2.1",
    "1.3.6.1.5.5.7.3.36",
    "1.3.6.1.5.5.7.3.4",
)
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_PEM = re.compile("-----BEGIN ([A-Z ]+)-----.*?-----END \\1-----", re.DOTALL)


class UnfitKey(ValueError):
    """The key or its certificates can't sign manifests; the text says why, in a few words."""


@dataclass(frozen=True)
class MarkingKey:
    """A private key and the certificates for it, the signer's first, as PEM. `algorithm` is COSE's name for
    how it signs. Times in epoch µs."""

    certificates: str
    algorithm: str
    valid_from: int
    valid_until: int
    _key: Any

    def __repr__(self) -> str:
        return f"MarkingKey(algorithm={self.algorithm!r})"

    def is_valid(self, now_us: int) -> bool:
        """Whether what is signed now holds."""
        return self.valid_from <= now_us < self.valid_until

    def sign_claim(self, claim: bytes) -> bytes:
        """The signature of a claim, as COSE has it (RFC 9053)."""
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, utils

        key, digest = self._key, _digest(self.algorithm)
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return key.sign(claim)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            length = (key.key_size + 7) // 8
            pair = utils.decode_dss_signature(key.sign(claim, ec.ECDSA(digest)))
            return b"".join(number.to_bytes(length, "big") for number in pair)
        signed: bytes = key.sign(
            claim, padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH), digest
        )
        return signed


def read_marking_key(text: str) -> MarkingKey:
    """The key in a file. Raises UnfitKey."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    # Some places for settings keep one line: there a line's end is written as two characters.
    blocks = [(found[1], found[0]) for found in _PEM.finditer(text.replace("\\n", "\n"))]
    keys = [block for name, block in blocks if name.endswith("PRIVATE KEY")]
    certificates = [block for name, block in blocks if name == "CERTIFICATE"]
    if len(keys) != 1:
        raise UnfitKey("holds no private key" if not keys else "holds more than one private key")
    if not certificates:
        raise UnfitKey("holds no certificate")
    try:
        key = serialization.load_pem_private_key(keys[0].encode(), None)
        chain = [x509.load_pem_x509_certificate(one.encode()) for one in certificates]
    except TypeError:
        raise UnfitKey("the private key is locked with a password") from None
    except ValueError:
        raise UnfitKey("the private key or a certificate isn't readable PEM") from None
    _check(key, chain)
    return MarkingKey(
        "".join(one + "\n" for one in certificates),
        _algorithm(key),
        max(_us(one.not_valid_before_utc) for one in chain),
        min(_us(one.not_valid_after_utc) for one in chain),
        key,
    )


def _check(key: Any, chain: list[x509.Certificate]) -> None:
    """Raise UnfitKey unless these certificates let this key sign manifests."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    leaf = chain[0]
    if leaf.public_key() != key.public_key():
        raise UnfitKey("the first certificate isn't of the private key")
    _algorithm(key)
    for one, issuer in pairwise(chain):
        try:
            one.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            raise UnfitKey("a certificate isn't issued by the one behind it") from None
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        meant_for = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        raise UnfitKey("the first certificate doesn't say that it may sign manifests") from None
    fit = {CLAIMS, DOCUMENTS, MAIL}
    if not usage.digital_signature or fit.isdisjoint(one.dotted_string for one in meant_for):
        raise UnfitKey("the first certificate isn't meant for signing manifests")


def _algorithm(key: Any) -> str:
    """How a key signs, by COSE's name. Raises UnfitKey."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ED25519"
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _LEAST_RSA_BITS:
        return "PS256"
    raise UnfitKey("the private key is of a kind that can't sign manifests")


def _digest(algorithm: str) -> hashes.HashAlgorithm:
    from cryptography.hazmat.primitives import hashes

    by_name = {"ES384": hashes.SHA384(), "ES512": hashes.SHA512()}
    return by_name.get(algorithm, hashes.SHA256())


def _us(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND_US
