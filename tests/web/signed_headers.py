"""The headers of what is played and signed for, from those of any other audio."""

from __future__ import annotations

import re
from typing import Any

_LINK = re.compile(r'<https://music\.example/v1/music/manifests/[0-9a-f.]+>; rel="c2pa-manifest"')
_NAME = "manifest.c2pa"
_MANIFEST = {
    "content-type": "application/c2pa",
    "content-disposition": f"attachment; filename=\"{_NAME}\"; filename*=UTF-8''{_NAME}",
}


def of_signed(told: dict[str, Any]) -> dict[str, Any]:
    """By their names in `public_cases.py`."""
    return {
        "signed_audio": told["audio"] | {"link": _LINK},
        "signed_audio_part": told["audio_part"] | {"link": _LINK},
        "manifest": told["audio"] | _MANIFEST,
        "manifest_part": told["audio_part"] | _MANIFEST,
    }
