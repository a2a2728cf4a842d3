"""A key to sign manifests with and its certificates, as a server makes them for itself where it's given
none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from listenlink.clock import SECOND_US
from listenlink.model.marking_key import DOCUMENTS, MAIL

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

_YEARS_OF_AUTHORITY, _YEARS = 30, 10
# A reader whose clock is behind by less than that finds it valid, too.
_BEFORE = timedelta(days=1)
_ORGANIZATION = "A Listenlink server"
_MOST_NAME, _AUTHORITY = 64, "authority"


class _Authority(NamedTuple):
    """Who vouches for the server: itself, once, at this moment."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    now: datetime


def make_marking_key(name: str, now_us: int) -> str:
    """A new key, certified for this server's name by an authority of its own, whose key is thrown away:
    nobody can issue another certificate by it. As it's written to a file."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    own_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    own_name = _named(f"{name[: _MOST_NAME - len(_AUTHORITY) - 1]} {_AUTHORITY}")
    own = _Authority(own_name, own_key, datetime.fromtimestamp(now_us / SECOND_US, UTC))
    chain = (_leaf(own, _named(name[:_MOST_NAME]), key.public_key()), _itself(own))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    certificates = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)
    return (certificates + private).decode("ascii")


def _leaf(own: _Authority, name: x509.Name, public_key: Any) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    meant_for = [x509.ObjectIdentifier(one) for one in (DOCUMENTS, MAIL)]
    return (
        _begun(own, name, public_key, _YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(meant_for), critical=False)
        .sign(own.key, hashes.SHA256())
    )


def _itself(own: _Authority) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    return (
        _begun(own, own.name, own.key.public_key(), _YEARS_OF_AUTHORITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(own.key, hashes.SHA256())
    )


def _begun(
    own: _Authority, name: x509.Name, public_key: Any, years: int
) -> x509.CertificateBuilder:
    from cryptography import x509

    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(own.key.public_key())
    return (
        x509.CertificateBuilder(own.name, name, public_key, x509.random_serial_number())
        .not_valid_before(own.now - _BEFORE)
        .not_valid_after(own.now + timedelta(days=365 * years))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(issuer_key, critical=False)
    )


def _named(common_name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
