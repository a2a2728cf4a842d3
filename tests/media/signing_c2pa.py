"""A certificate made for the tests, what is ordered to be signed with it, and the library that reads it."""

from __future__ import annotations

import functools
import io
import json
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from listenlink.media.sandbox.manifest_answer import Order

GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_C2PA_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
_COORDINATE_BYTES = 32


def order(content_type: str, title: str = "Night train", *, has_own: bool = False) -> Order:
    """What is to be signed, of a file of this type."""
    return Order(
        title=title,
        content_type=content_type,
        digest=bytes(32).hex(),
        source_type=GENERATED,
        agent="Studio",
        reason="Said by this server.",
        release="1",
        certificates=_identity()[0],
        algorithm="ES256",
        has_own=has_own,
    )


def sign_claim(claim: bytes) -> bytes:
    """As COSE has it (RFC 9053, section 2.1)."""
    signed = decode_dss_signature(_identity()[1].sign(claim, ec.ECDSA(hashes.SHA256())))
    return b"".join(number.to_bytes(_COORDINATE_BYTES) for number in signed)


def read_state(content_type: str, file: BinaryIO) -> str:
    """What the library says of a file and of the manifest in it, with nothing of ours set."""
    file.seek(0)
    try:
        return str(json.loads(c2pa.Reader(content_type, file).json())["validation_state"])
    except c2pa.C2paError as error:
        return str(error)


def embed_by_library(content_type: str, content: bytes) -> bytes:
    """The file as the library itself writes it."""
    chain, key = _identity()
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    action = {"action": "c2pa.created", "digitalSourceType": GENERATED}
    manifest = {
        "claim_generator_info": [{"name": "Listenlink", "version": "1"}],
        "title": "Night train",
        "format": content_type,
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}],
    }
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", chain.encode(), secret, None))
    written = io.BytesIO()
    c2pa.Builder(manifest).sign(signer, content_type, io.BytesIO(content), written)
    return written.getvalue()


@functools.cache
def _identity() -> tuple[str, ec.EllipticCurvePrivateKey]:
    authority = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = _name("A test's authority")
    root = _certificate(issuer, issuer, authority, authority)
    leaf = _certificate(_name("A test"), issuer, key, authority)
    chain = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (leaf, root))
    return chain.decode(), key


def _name(text: str) -> x509.Name:
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Listenlink")
    return x509.Name([organization, x509.NameAttribute(NameOID.COMMON_NAME, text)])


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
    own, signers = key.public_key(), authority.public_key()
    builder = (
        x509.CertificateBuilder(issuer, subject, own, x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(is_authority, 0 if is_authority else None), True)
        .add_extension(usage, True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signers), False)
    )
    if not is_authority:
        uses = [_C2PA_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), False)
    return builder.sign(authority, hashes.SHA256())
