"""A certificate for the names of `deploy/`, by an authority of the tests' own."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_NAMES = ("music.example", "media.music.example", "localhost")


def write_certificate(folder: Path, authority: Path) -> None:
    """`listenlink.crt` and `.key` in this folder, for both names and what stands for them on loopback; and
    the certificate of who vouches for them."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the tests' authority")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAMES[0])])
    names = [x509.DNSName(name) for name in _NAMES]
    addresses = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        _begin(subject, root, key)
        .add_extension(x509.SubjectAlternativeName([*names, *addresses]), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    vouching = (
        _begin(root, root, root_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    authority.write_bytes(vouching.public_bytes(encoding))
    (folder / "listenlink.crt").write_bytes(made.public_bytes(encoding))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "listenlink.key").write_bytes(key.private_bytes(encoding, *plain))


def _begin(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )
