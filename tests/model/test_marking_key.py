"""Keys to sign manifests with: which can, which can't and why, and what an instance makes for itself."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from journeys.signed_tracks import checked, turn
from listenlink.media.manifests import sign_manifest
from listenlink.model import own_authority
from listenlink.model.marking_key import CLAIMS, DOCUMENTS, MAIL, UnfitKey, read_marking_key
from listenlink.model.own_authority import make_marking_key
from media.signing import order

NOW_US = time.time_ns() // 1000
DAY_US = 86_400_000_000


def written(key: Any, *, meant_for: str = DOCUMENTS, password: bytes | None = None) -> str:
    """A key and its certificates, by an authority that issues one for it."""
    authority = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "An authority")])
    own = own_authority._Authority(name, authority, datetime.fromtimestamp(NOW_US / 1e6, UTC))
    leaf = (
        own_authority._begun(own, own_authority._named("Ana"), key.public_key(), 1)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(own_authority._usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(meant_for)]), critical=False)
        .sign(authority, hashes.SHA256())
    )
    locking: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        locking = serialization.BestAvailableEncryption(password)
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    parts = [leaf.public_bytes(pem), own_authority._itself(own).public_bytes(pem)]
    return b"".join([*parts, key.private_bytes(pem, form, locking)]).decode()


KINDS: dict[str, Callable[[], Any]] = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ED25519": ed25519.Ed25519PrivateKey.generate,
    "PS256": lambda: rsa.generate_private_key(65_537, 2048),
}


@pytest.mark.parametrize(
    ("algorithm", "meant_for"),
    [*((algorithm, DOCUMENTS) for algorithm in KINDS), ("ES256", MAIL), ("ES256", CLAIMS)],
)
def test_keys_of_each_kind_sign_what_holds(algorithm: str, meant_for: str, tmp_path: Path) -> None:
    key = read_marking_key(written(KINDS[algorithm](), meant_for=meant_for))
    assert key.algorithm == algorithm
    path = tmp_path / "song.wav"
    path.write_bytes(b"a song")
    asked = order(b"a song")
    asked.certificates, asked.algorithm = key.certificates, algorithm
    assert asked.digest == hashlib.sha256(b"a song").hexdigest()
    with path.open("rb") as file:
        made = asyncio.run(sign_manifest(file.fileno(), asked, key.sign_claim, turn()))
    assert made is not None
    found = checked(path, made)
    assert (found.state, found.signer) == ("valid", "Ana")


UNFIT: dict[str, tuple[Callable[[], str], str]] = {
    "locked": (
        lambda: written(KINDS["ES256"](), password=b"word"), "locked with a password",
    ),
    "of another curve": (
        lambda: written(ec.generate_private_key(ec.SECP256K1())), "of a kind that can't sign",
    ),
    "too short": (
        lambda: written(rsa.generate_private_key(65_537, 1024)),  # noqa: S505
        "of a kind that can't sign",
    ),
    "for web servers": (
        lambda: written(KINDS["ES256"](), meant_for="1.3.6.1.5.5.7.3.1"), "isn't meant for signing",
    ),
    "of another authority": (
        lambda: _other_authority(), "isn't issued by the one behind it",
    ),
    "two keys": (
        lambda: written(KINDS["ES256"]()) + written(KINDS["ES256"]()), "more than one private key",
    ),
    "nothing": (lambda: "", "holds no private key"),
}  # fmt: skip


def _other_authority() -> str:
    end = "-----END CERTIFICATE-----\n"
    first, second = (written(KINDS["ES256"]()).split(end) for _ in range(2))
    return end.join([first[0], second[1], first[2]])


@pytest.mark.parametrize("kind", UNFIT)
def test_an_unfit_key_is_told_why(kind: str) -> None:
    make, said = UNFIT[kind]
    with pytest.raises(UnfitKey, match=said):
        read_marking_key(make())


def test_ends_of_lines_may_be_written_out() -> None:
    text = make_marking_key("music.example", NOW_US)
    one_line = text.replace("\n", "\\n")
    assert "\n" not in one_line
    assert read_marking_key(one_line).certificates == read_marking_key(text).certificates


def test_an_own_key_is_valid_for_ten_years_and_its_authority_for_longer() -> None:
    text = make_marking_key("x" * 200, NOW_US)
    key = read_marking_key(text)
    assert key.is_valid(NOW_US)
    assert key.is_valid(NOW_US + 3640 * DAY_US)
    assert not key.is_valid(NOW_US + 3660 * DAY_US)
    assert not key.is_valid(NOW_US - 2 * DAY_US)
    leaf, issuer = x509.load_pem_x509_certificates(key.certificates.encode())
    assert issuer.not_valid_after_utc - leaf.not_valid_after_utc > timedelta(days=5000)
    leaf.verify_directly_issued_by(issuer)
    # Whose key isn't there: it can issue no other.
    assert text.count("PRIVATE KEY") == 2
    assert "PRIVATE" not in key.certificates
    assert make_marking_key("x", NOW_US) != make_marking_key("x", NOW_US)
