"""How pictures are served: with an ETag, so that whoever has one needn't fetch it again."""

from __future__ import annotations

from litestar import Response

from listenlink.actions.draw_preview import PreviewDrawer
from listenlink.actions.read_cover import CoverReader
from listenlink.model.page import Preview
from listenlink.web.headers import PICTURE, text_pairs
from listenlink.web.ranges import is_known

_OWN = text_pairs(PICTURE) | {"cache-control": "private, no-cache"}
# Unfurlers and frames on other sites show them too; whoever may see one is given its name.
_HEADERS = text_pairs(PICTURE) | {"Cross-Origin-Resource-Policy": "cross-origin"}


async def answer_cover(
    covers: CoverReader, digest: bytes, headers: dict[bytes, bytes]
) -> Response[bytes]:
    """Answer with a cover, tagged with the digest of its bytes."""
    etag = f'"{digest.hex()}"'
    if is_known(headers, etag.encode()):
        return _known(etag)
    return _response(await covers.read(digest), "image/jpeg", etag)


async def answer_own_cover(
    covers: CoverReader, digest: bytes, headers: dict[bytes, bytes]
) -> Response[bytes]:
    """The same for its owner, at an address where another may be tomorrow: it's asked for each time."""
    etag = f'"{digest.hex()}"'
    is_had = is_known(headers, etag.encode())
    return Response(
        b"" if is_had else await covers.read(digest),
        status_code=304 if is_had else 200,
        media_type="image/jpeg",
        headers=_OWN | {"ETag": etag},
    )


async def answer_preview(
    previewer: PreviewDrawer, shown: Preview, headers: dict[bytes, bytes]
) -> Response[bytes]:
    """Answer with a preview, tagged with what it shows. The tag is weak: another release may draw the same
    thing in different bytes."""
    if is_known(headers, _preview_etag(shown).encode()):
        return _known(_preview_etag(shown))
    drawn = await previewer.draw(shown)
    return _response(drawn.picture, "image/png", _preview_etag(drawn.shown))


def _preview_etag(shown: Preview) -> str:
    return f'W/"{shown.digest}"'


def _response(picture: bytes, media_type: str, etag: str) -> Response[bytes]:
    return Response(picture, media_type=media_type, headers=_HEADERS | {"ETag": etag})


def _known(etag: str) -> Response[bytes]:
    return Response(b"", status_code=304, headers=_HEADERS | {"ETag": etag})
