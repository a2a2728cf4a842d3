"""The settings that say where an instance's keys are, and what they're for."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr


class KeyPlaces(BaseModel):
    """A part of the settings (`settings.py`)."""

    signing_keys: SecretStr | None = Field(
        default=None,
        description="The signing keys, `key_id hex` with commas between, newest first. Unset: those of "
        "LISTENLINK_SIGNING_KEYS_FILE.",
    )
    signing_keys_file: Path | None = Field(
        default=None,
        description="The file of signing keys; unset: `secrets/signing-keys` in the instance's folder.",
    )
    keep_links: Literal["sealed", "digest"] = Field(
        default="sealed",
        description="Whether a link's address can be shown again: `sealed` keeps it, readable with the link "
        "keys alone; with `digest` it's shown once, when it's made.",
    )
    link_keys: SecretStr | None = Field(
        default=None,
        description="The keys that links are sealed with, `key_id hex` with commas between, newest first. "
        "Unset: those of LISTENLINK_LINK_KEYS_FILE.",
    )
    link_keys_file: Path | None = Field(
        default=None,
        description="The file of link keys; unset: `secrets/link-keys` in the instance's folder.",
    )
    marking_key: SecretStr | None = Field(
        default=None,
        description="The key that signs manifests of music that machines made, after its certificates, as "
        "PEM; ends of lines may be `\\n`. Unset: that of LISTENLINK_MARKING_KEY_FILE.",
    )
    marking_key_file: Path | None = Field(
        default=None,
        description="The file of that key; unset: `secrets/marking-key` in the instance's folder.",
    )
