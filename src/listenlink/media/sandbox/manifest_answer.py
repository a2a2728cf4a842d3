"""What is asked of the child that reads and signs manifests, and what it answers: known to both sides."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

# What is taken for a manifest, of ours or of others: the library of the standard has them in memory as a
# whole.
MOST_MANIFEST_BYTES = 4 * 1024 * 1024
MOST_ANSWER_BYTES = 64 * 1024
# What is to be signed is a claim, which names everything else by its digest.
MOST_CLAIM_BYTES = 64 * 1024
MOST_SIGNATURE_BYTES = 1024
# The library has the bytes that it compares in memory, up to twice; longer files are compared here, or not at
# all.
MOST_COMPARED_BYTES = 128 * 1024 * 1024

State = Literal["valid", "invalid", "unchecked"]
_Text = Annotated[str, msgspec.Meta(max_length=256)]


class Found(msgspec.Struct, forbid_unknown_fields=True):
    """What a manifest says. `ai` is how much a machine made (`model/mark.py`), at most; `sayer` who says
    that, `signer` who signed the manifest as a whole; `faults` why it's invalid, by the standard's codes.
    It's `unchecked` if the file is too long to be compared."""

    state: State
    ai: Annotated[int, msgspec.Meta(ge=0, le=2)] = 0
    sayer: _Text | None = None
    signer: _Text | None = None
    generator: _Text | None = None
    title: _Text | None = None
    agent: _Text | None = None
    source_type: _Text | None = None
    faults: Annotated[list[_Text], msgspec.Meta(max_length=32)] = []


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """What was read: nothing if there is no manifest. `sounds_same`: a file with one in it was compared with
    what it was made of, and has its samples, tags and pictures."""

    found: Found | None = None
    sounds_same: bool = False


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be signed: that the bytes of this digest (SHA-256, hexadecimal) were made so. `agent` is
    what made them, `reason` who says so. `certificates` is the signer's chain as PEM, `algorithm` one of
    COSE's as the library writes it. `has_own`: the file's own manifest goes in, as what ours is based on."""

    title: str
    content_type: str
    digest: str
    source_type: str
    agent: str | None
    reason: str
    release: str
    certificates: str
    algorithm: str
    has_own: bool
