"""A certificate made for the tests, and the C2PA library as who signs with it and reads what was signed."""

from __future__ import annotations

import functools
import io
import json
import warnings
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

_GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_C2PA_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")


class TestSigning:
    """Signs manifests that say a machine made it, as `Signing` of the sandbox asks."""

    __test__ = False

    def __init__(self, title: str = "Night train") -> None:
        self._title = title

    def sign(self, content_type: str, binding: dict[str, object]) -> bytes:
        builder = c2pa.Builder(_manifest(content_type, self._title, binding))
        builder.set_no_embed()
        signer = c2pa.Signer.from_info(_signer_info())
        return bytes(
            builder.sign(signer, "application/octet-stream", io.BytesIO(b""), io.BytesIO())
        )

    def is_valid(self, content_type: str, file: BinaryIO) -> bool:
        return read_state(content_type, file) == "Valid"


def read_state(content_type: str, file: BinaryIO) -> str:
    """What the library says of a file, and of the manifest in it."""
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            told = json.loads(c2pa.Reader(content_type, file).json())
    except c2pa.C2paError as error:
        return str(error)
    return str(told["validation_state"])


def embed_by_library(content_type: str, content: bytes) -> bytes:
    """The file as the library itself writes it."""
    written = io.BytesIO()
    c2pa.Builder(_manifest(content_type, "Night train")).sign(
        c2pa.Signer.from_info(_signer_info()), content_type, io.BytesIO(content), written
    )
    return written.getvalue()


def _manifest(content_type: str, title: str, *assertions: dict[str, object]) -> dict[str, object]:
    action = {"action": "c2pa.created", "digitalSourceType": _GENERATED}
    return {
        "claim_generator_info": [{"name": "Listenlink", "version": "1"}],
        "title": title,
        "format": content_type,
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}, *assertions],
    }


@functools.cache
def _signer_info() -> c2pa.C2paSignerInfo:
    authority, key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    issuer = _name("A test's authority")
    root = _certificate(issuer, issuer, authority, authority)
    leaf = _certificate(_name("A test"), issuer, key, authority)
    chain = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (leaf, root))
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return c2pa.C2paSignerInfo(b"es256", chain, secret, None)


def _name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Listenlink"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    authority: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    now, is_authority = datetime.now(UTC), subject == issuer
    usage = x509.KeyUsage(
        not is_authority, False, False, False, False, is_authority, is_authority, False, False
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(is_authority, 0 if is_authority else None), True)
        .add_extension(usage, True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), False
        )
    )
    if not is_authority:
        uses = [_C2PA_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), False)
    return builder.sign(authority, hashes.SHA256())
