"""What `listenlink verify` does: audio and manifest are fetched, and compared on this machine, in a child
process without a way out."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import urljoin, urlsplit

import httpx

from listenlink.actions.find_marking_key import make_key
from listenlink.cli.owning import ask, client_of, say, sentence
from listenlink.clock import Clock
from listenlink.errors import RefusesToStart, fault_of_system
from listenlink.media.manifests import check_manifest, is_able, read_manifest
from listenlink.media.sandbox.manifest_answer import MOST_MANIFEST_BYTES, Found
from listenlink.media.turns import Turn, Turns
from listenlink.model.mark import Ai
from listenlink.settings import load_settings

_MOST_AUDIO_BYTES = 4 * 1024**3
_PLAYED, _OPENED = "/v1/music/audio/", "/v1/music/shared/"
_TRACK = re.compile(r"/v1/music/[^/]+/tracks/(mtrack_[0-9a-f]{12})")
_LINK = re.compile(r'<([^<>]*)>\s*;\s*rel="?c2pa-manifest"?')
_MADE = {
    Ai.NONE: "nothing of how it was made",
    Ai.ASSISTED: "made with the help of a model (assisted)",
    Ai.GENERATED: "made by a model (generated)",
}


class _Verified(NamedTuple):
    """What came of one piece of audio; nothing found if there is no manifest of it."""

    name: str
    found: Found | None


def verify(
    what: str, manifest: Path | None, server: str | None, api_key: str | None, as_json: bool
) -> None:
    """Print what the manifests of a file, of a link's tracks or of a track say, and whether they hold. Exits
    with status 1 unless each does. Raises RefusesToStart."""
    if not is_able():
        raise RefusesToStart("this needs the extra c2pa: pip install 'listenlink[server,c2pa]'")
    if not what.startswith(("http://", "https://")):
        verified = [_verify_file(Path(what), manifest)]
    elif manifest is not None:
        raise RefusesToStart("--manifest: is for a file; an address says itself where its is")
    else:
        verified = [_verify_address(name, url) for name, url in _played(what, server, api_key)]
    if as_json:
        print(json.dumps([_as_json(one) for one in verified]))
    else:
        for one in verified:
            _tell(one)
    if not all(one.found and one.found.state == "valid" for one in verified):
        raise SystemExit(1)


def print_new_key(public_url: str | None) -> None:
    """Print a new marking key, for the server that the settings name. Raises RefusesToStart."""
    settings = load_settings(public_url=public_url)
    print(make_key(settings, Clock().now_us()), end="")


def _verify_file(path: Path, manifest: Path | None) -> _Verified:
    try:
        given = None if manifest is None else _read_manifest(manifest)
        with path.open("rb") as file:
            return _Verified(path.name, _check(file, given))
    except OSError as error:
        raise RefusesToStart(f"{error.filename}: {fault_of_system(error)}") from None


def _read_manifest(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MOST_MANIFEST_BYTES + 1)
    if len(content) > MOST_MANIFEST_BYTES:
        raise RefusesToStart(f"--manifest: {path} is too large for one")
    return content


def _check(file: IO[bytes], manifest: bytes | None) -> Found | None:
    turn = Turn(Turns(), 0, is_long=False)
    if manifest is None:
        return asyncio.run(read_manifest(file.fileno(), turn))
    return asyncio.run(check_manifest(file.fileno(), manifest, turn))


def _played(url: str, server: str | None, api_key: str | None) -> list[tuple[str, str]]:
    """What is to be heard at an address of this product: each track's name, and where it plays."""
    address = urlsplit(url)
    if address.path.startswith(_PLAYED):
        return [("audio", url)]
    if match := _TRACK.fullmatch(address.path.rstrip("/")):
        with client_of(server or f"{address.scheme}://{address.netloc}", api_key) as client:
            track = ask(lambda: client.track(match[1]), about=match[1])
        return [(track.title, track.playback_url or "")]
    if not address.path.startswith(_OPENED):
        raise RefusesToStart("WHAT: is neither a link nor the address of a track or of its audio")
    with client_of(server, api_key) as client:
        view = ask(lambda: client.open(url), about="WHAT")
    shown = [view.track] if view.track is not None else view.tracks or []
    return [(one.title, one.playback_url) for one in shown if one.playback_url]


def _verify_address(name: str, url: str) -> _Verified:
    try:
        with tempfile.TemporaryFile() as file, httpx.Client() as client:
            linked = _fetch(client, url, file, _MOST_AUDIO_BYTES)
            if linked is None:
                return _Verified(name, _check(file, None))
            with tempfile.TemporaryFile() as beside:
                _fetch(client, urljoin(url, linked), beside, MOST_MANIFEST_BYTES)
                beside.seek(0)
                return _Verified(name, _check(file, beside.read()))
    except httpx.HTTPError as error:
        raise RefusesToStart(f"{name}: {sentence(error)}") from None
    except OSError as error:
        raise RefusesToStart(f"{name}: {fault_of_system(error)}") from None


def _fetch(client: httpx.Client, url: str, file: IO[bytes], most_bytes: int) -> str | None:
    """Write what is there to the file; return where its manifest is, if that is said."""
    with client.stream("GET", url) as answer:
        if answer.status_code != 200:
            raise RefusesToStart(f"the server answers {answer.status_code}")
        count = 0
        for chunk in answer.iter_bytes():
            count += len(chunk)
            if count > most_bytes:
                raise RefusesToStart("the server sends more than that can be")
            file.write(chunk)
        file.flush()
        match = _LINK.search(answer.headers.get("link", ""))
        return None if match is None else match[1]


def _tell(verified: _Verified) -> None:
    name, found = verified
    if found is None:
        say(f"{name}: no manifest")
        return
    faults = f" ({', '.join(found.faults)})" if found.faults else ""
    say(f"{name}: {found.state}{faults}")
    # Of what doesn't hold nobody knows who said it.
    is_valid = found.state == "valid"
    says = _MADE[Ai(found.ai)] + (f", with {found.agent}" if found.agent else "")
    say(f"  {'says' if is_valid else 'claims'}: {says}")
    if found.signer:
        who = "signed, by its certificate, by" if is_valid else "claims to be signed by"
        say(f"  {who}: {found.signer}")


def _as_json(verified: _Verified) -> dict[str, object]:
    name, found = verified
    if found is None:
        return {"name": name, "state": "none"}
    told = {field: getattr(found, field) for field in found.__struct_fields__}
    return {"name": name, **told, "ai": Ai(found.ai).word}
