"""What files say of themselves, and what is signed of them, by children that have no key and no way out."""

from __future__ import annotations

import asyncio
import hashlib
import io
import sys
import tempfile
from pathlib import Path

import c2pa
import pytest

from journeys.signed_tracks import checked, turn
from listenlink.media import manifests
from listenlink.media.manifests import may_hold_manifest, read_manifest, sign_manifest
from listenlink.media.sandbox import manifest_answer
from media.claimed import IPTC, PART, STUDIO, TRAINED, TYPES, claim, created, key_of
from media.make_audio import make
from media.sandboxed import children
from media.signing import order, said_by, signed

pytestmark = pytest.mark.usefixtures("others")

EMBEDDED = {"wav16": ".wav", "flac": ".flac", "mp3_xing": ".mp3", "m4a_aac": ".m4a"}


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = make("wav16", tmp_path_factory.mktemp("song") / "song.wav", sample_count=22_050)
    return path.read_bytes()


@pytest.fixture
def wav(song: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "song.wav"
    path.write_bytes(song)
    return path


@pytest.mark.parametrize("kind", EMBEDDED)
def test_what_a_file_says_is_read(kind: str, tmp_path: Path) -> None:
    path = make(kind, tmp_path / f"song{EMBEDDED[kind]}", sample_count=22_050)
    with path.open("rb") as file:
        assert not asyncio.run(may_hold_manifest(file.fileno(), TYPES[path.suffix]))
    assert said_by(path) is None
    claim(path, content_type=TYPES[path.suffix])
    with path.open("rb") as file:
        assert asyncio.run(may_hold_manifest(file.fileno(), TYPES[path.suffix]))
    found = said_by(path)
    assert found is not None
    assert (found.state, found.ai, found.sayer) == ("valid", 2, STUDIO)
    assert (found.generator, found.source_type) == ("Studio", TRAINED)


@pytest.mark.parametrize(
    ("source_type", "ai"),
    [
        ("trainedAlgorithmicMedia", 2),
        ("compositeWithTrainedAlgorithmicMedia", 1),
        ("compositeSynthetic", 1),
        ("algorithmicMedia", 0),
        ("algorithmicallyEnhanced", 0),
        ("digitalCapture", 0),
        ("digitalCreation", 0),
        ("humanEdits", 0),
    ],
)
def test_types_are_those_of_the_list(wav: Path, source_type: str, ai: int) -> None:
    found = said_by(claim(wav, created(IPTC + source_type)))
    assert found is not None
    assert (found.state, found.ai, found.sayer) == ("valid", ai, STUDIO if ai else None)


@pytest.mark.parametrize(
    ("relationship", "ai"), [("parentOf", 2), ("componentOf", 1), ("inputTo", 0)]
)
def test_what_it_is_made_of_counts(
    wav: Path, song: bytes, tmp_path: Path, relationship: str, ai: int
) -> None:
    """What the whole comes from says it of the whole, what was put in of a part, what was shown of
    nothing."""
    part = tmp_path / "part.wav"
    part.write_bytes(song)
    parts = ((relationship, claim(part, by="A part's maker").read_bytes()),)
    action = created(IPTC + "digitalCreation")
    if relationship == "parentOf":
        action = {"action": "c2pa.opened", "parameters": {"ingredientIds": [PART]}}
    found = said_by(claim(wav, action, parts=parts))
    assert found is not None
    assert (found.ai, found.sayer) == (ai, "A part's maker" if ai else None)


def test_a_manifest_that_does_not_hold_says_so(wav: Path) -> None:
    content = bytearray(claim(wav).read_bytes())
    content[100] ^= 1
    wav.write_bytes(content)
    found = said_by(wav)
    assert found is not None
    assert (found.state, found.ai) == ("invalid", 2)
    assert found.faults == ["assertion.dataHash.mismatch"]


def test_what_is_signed_holds_for_these_bytes_alone(wav: Path, song: bytes, tmp_path: Path) -> None:
    manifest = signed(wav)
    assert manifest is not None
    assert len(manifest) <= manifest_answer.MOST_MANIFEST_BYTES
    assert wav.read_bytes() == song
    assert checked(wav, manifest).state == "valid"
    for changed in (song[:-1], song[:500] + bytes([song[500] ^ 1]) + song[501:], song + b"\0"):
        wav.write_bytes(changed)
        found = checked(wav, manifest)
        assert (found.state, found.faults) == ("invalid", ["assertion.dataHash.mismatch"])
    other = make("flac", tmp_path / "other.flac", sample_count=22_050)
    assert checked(other, manifest).state == "invalid"
    assert checked(other, b"").state == "invalid"
    assert checked(other, bytes(5 * 1024 * 1024)).state == "invalid"


def test_a_long_file_is_compared_by_its_digest(
    wav: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without having all of it in memory, which the library would."""
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(wav.read_bytes())
        file.truncate(manifest_answer.MOST_COMPARED_BYTES + 1)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        key, asked = key_of("music.example"), order(b"")
        asked.digest = digest
        manifest = asyncio.run(sign_manifest(file.fileno(), asked, key.sign_claim, turn()))
    assert manifest is not None
    with path.open("r+b") as changing:
        changing.seek(-1, 2)
        changing.write(b"\1")
    assert checked(path, manifest).state == "invalid"


def test_one_claim_is_signed_and_nothing_else_is(wav: Path) -> None:
    asked: list[bytes] = []
    key = key_of("music.example")

    def sign_claim(claim: bytes) -> bytes:
        asked.append(claim)
        return key.sign_claim(claim)

    assert signed(wav, sign_claim) is not None
    (only,) = asked
    assert only.startswith(b"\x84\x6aSignature1")
    # Another key's signature, and none: nothing comes of it.
    assert signed(wav, key_of("somebody else").sign_claim) is None
    assert signed(wav, lambda _: b"") is None
    assert not children()


@pytest.mark.parametrize(
    "sent",
    [b"\0\0\0\x05Hello", b"\xff\xff\xff\xff", b"\0\0\0\x0c\x84\x6aSignature", b"\0\0"],
)
def test_a_child_that_asks_for_something_else_gets_no_signature(
    wav: Path, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = f"""
import os, sys
channel = int(sys.argv[2])
os.write(channel, {sent!r})
os.close(channel)
os.write(1, b"a manifest")
"""
    monkeypatch.setattr(manifests, "_COMMAND", (sys.executable, "-I", "-c", code))
    asked: list[bytes] = []
    assert signed(wav, lambda claim: asked.append(claim) or b"x") is None  # type: ignore[func-returns-value]
    assert asked == []
    assert not children()


@pytest.mark.parametrize(
    "code",
    [
        "",
        "print('{}}')",
        'print(\'{"found": {"state": "good"}}\')',
        'print(\'{"found": {"state": "valid", "ai": 3}}\')',
        "while True: print('x' * 10_000)",
        "import os; os.abort()",
        "raise SystemExit(3)",
    ],
)
def test_a_child_is_not_believed(wav: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "_COMMAND", (sys.executable, "-I", "-c", code))
    assert said_by(wav) == manifests.UNREADABLE
    assert not children()


def test_the_key_is_in_no_child(wav: Path) -> None:
    """What the child is told, has in its memory and writes: it's the parent that signs."""
    key = key_of("music.example")
    told = order(wav.read_bytes())
    assert "PRIVATE" not in repr(told)
    assert "PRIVATE" not in key.certificates
    assert repr(key) == "MarkingKey(algorithm='ES256')"


def test_the_library_s_own_reader_finds_it_valid(wav: Path, song: bytes) -> None:
    manifest = signed(wav)
    assert manifest is not None
    with c2pa.Reader("application/octet-stream", io.BytesIO(song), manifest) as reader:
        assert reader.get_validation_state() == "Valid"
    with tempfile.TemporaryFile() as nothing:
        assert asyncio.run(read_manifest(nothing.fileno(), turn())) is None
