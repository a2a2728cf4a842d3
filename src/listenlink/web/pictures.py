"""How pictures are served: with an ETag, so that whoever has one needn't fetch it again."""

from __future__ import annotations

from litestar import Response

from listenlink.errors import Problem, ProblemKind
from listenlink.model.page import Preview
from listenlink.model.shelf import Written
from listenlink.running.instance import Instance
from listenlink.web.headers import PICTURE, text_pairs
from listenlink.web.ranges import is_known

# Unfurlers and frames on other sites show them too; whoever may see one is given its name.
_HEADERS = text_pairs(PICTURE) | {"Cross-Origin-Resource-Policy": "cross-origin"}


async def read_picture(instance: Instance, digest: bytes) -> bytes:
    """A stored cover. Raises Problem: NOT_FOUND if it has just been deleted, UNAVAILABLE if too many are
    waiting for others, and STORAGE_UNAVAILABLE."""

    async def read() -> Written:
        return Written(await instance.storage.read_object(digest))

    try:
        written = await instance.covers.make(("cover", digest), read)
    except FileNotFoundError:
        raise Problem(ProblemKind.NOT_FOUND) from None
    assert written is not None  # noqa: S101 (`read` always gives one)
    return written.plain


async def answer_cover(
    instance: Instance, digest: bytes, headers: dict[bytes, bytes]
) -> Response[bytes]:
    """Answer with a cover, tagged with the digest of its bytes."""
    etag = f'"{digest.hex()}"'
    if is_known(headers, etag.encode()):
        return _known(etag)
    return _response(await read_picture(instance, digest), "image/jpeg", etag)


async def answer_preview(
    instance: Instance, shown: Preview, headers: dict[bytes, bytes]
) -> Response[bytes]:
    """Answer with a preview, tagged with what it shows. The tag is weak: another release may draw the same
    thing in different bytes."""
    if is_known(headers, _preview_etag(shown).encode()):
        return _known(_preview_etag(shown))
    drawn = await instance.previewer.draw(shown)
    return _response(drawn.picture, "image/png", _preview_etag(drawn.shown))


def _preview_etag(shown: Preview) -> str:
    return f'W/"{shown.digest}"'


def _response(picture: bytes, media_type: str, etag: str) -> Response[bytes]:
    return Response(picture, media_type=media_type, headers=_HEADERS | {"ETag": etag})


def _known(etag: str) -> Response[bytes]:
    return Response(b"", status_code=304, headers=_HEADERS | {"ETag": etag})
