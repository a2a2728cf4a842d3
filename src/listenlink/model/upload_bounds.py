"""What bounds begun uploads, as settings: how much of a disk stays free, and what one user may begin."""

from __future__ import annotations

from pydantic import BaseModel, Field

_GIB = 1024**3
_LARGEST_BYTES = 2**50


class UploadBounds(BaseModel):
    """The part of the settings that is about uploads which aren't over."""

    keep_free_bytes: int | None = Field(
        default=None, ge=0, le=_LARGEST_BYTES,
        description="How much of each file system stays free: what would take more isn't stored. Unset: "
        "1 GiB or 5 %, whichever is more, but at most a quarter. 0: none.",
    )  # fmt: skip
    max_begun_uploads: int = Field(
        default=128, ge=1, le=100_000,
        description="How many uploads of one user may have begun and not ended.",
    )  # fmt: skip
    max_begun_bytes: int = Field(
        default=8 * _GIB, ge=1024, le=_LARGEST_BYTES,
        description="How many bytes these may promise together; one alone may always be as large as any.",
    )  # fmt: skip


def floor_bytes(keep_free_bytes: int | None, total_bytes: int) -> int:
    """How much of a file system of this size stays free.

    A quarter at most, if nothing is set: otherwise a volume of 1 GiB could never store anything.
    """
    if keep_free_bytes is not None:
        return keep_free_bytes
    return min(max(_GIB, total_bytes // 20), total_bytes // 4)
