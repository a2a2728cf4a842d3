"""The library of the C2PA standard: the one place that uses it, in a child that has no way out.

Nothing that it can do by itself is left to it: no certificate is looked up, no manifest fetched from
elsewhere, nobody trusted, no thumbnail made.
"""

from __future__ import annotations

import ctypes
import hashlib
import io
import json
from collections.abc import Callable
from typing import Any, BinaryIO

import c2pa
from c2pa.c2pa import C2paBuilder, C2paSigner, C2paStream, _lib

from listenlink.media.sandbox.manifest_answer import MOST_COMPARED_BYTES, Order, State

# What a signer's certificate may be meant for, by the standard (C2PA 2.2, section 14.5.1): mail, documents,
# C2PA claims; and what Microsoft calls the last. By itself the library knows of mail alone.
_MEANT_FOR = (
    "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.62558.2.1", "1.3.6.1.4.1.311.76.59.1.9",
)  # fmt: skip
_SETTINGS: dict[str, dict[str, Any]] = {
    "trust": {"trust_config": "\n".join(_MEANT_FOR)},
    "verify": {
        "verify_after_sign": False,  # Another process does that.
        "verify_trust": False,
        "remote_manifest_fetch": False,
        "ocsp_fetch": False,
    },
    "builder": {"thumbnail": {"enabled": False}},
}
_MISMATCH = "assertion.dataHash.mismatch"
_BESIDE = "application/c2pa"
_ANY = "application/octet-stream"
_GENERATOR = "Listenlink"
_READ_BYTES = 1024 * 1024
_BUILDER, _BYTES = ctypes.POINTER(C2paBuilder), ctypes.POINTER(ctypes.c_ubyte)


def load() -> None:
    """Have everything loaded, for no file can be opened later. Two functions of the library's interface have
    no counterpart in Python: with them what is signed is a digest that is known, not a file that is read into
    memory three times over."""
    _lib.c2pa_builder_data_hashed_placeholder.argtypes = [
        _BUILDER, ctypes.c_size_t, ctypes.c_char_p, ctypes.POINTER(_BYTES),
    ]  # fmt: skip
    _lib.c2pa_builder_sign_data_hashed_embeddable.argtypes = [
        _BUILDER, ctypes.POINTER(C2paSigner), ctypes.c_char_p, ctypes.c_char_p,
        ctypes.POINTER(C2paStream), ctypes.POINTER(_BYTES),
    ]  # fmt: skip
    for function in (
        _lib.c2pa_builder_data_hashed_placeholder,
        _lib.c2pa_builder_sign_data_hashed_embeddable,
    ):
        function.restype = ctypes.c_int64
    _context()


def read_embedded(file: BinaryIO, content_type: str) -> tuple[dict[str, Any], State] | None:
    """The manifest store in a file, and whether it holds; None if there is none. Raises C2paError."""
    is_short = file.seek(0, 2) <= MOST_COMPARED_BYTES
    file.seek(0)
    try:
        with c2pa.Reader(content_type, file, context=_context(compares=is_short)) as reader:
            store = json.loads(reader.json())
            return store, _state(store) if is_short else "unchecked"
    except c2pa.C2paError.ManifestNotFound:
        return None


def read_beside(file: BinaryIO, manifest: bytes) -> tuple[dict[str, Any], State]:
    """The manifest store that is kept beside a file, and whether it holds for that. Raises C2paError."""
    is_short = file.seek(0, 2) <= MOST_COMPARED_BYTES
    file.seek(0)
    given = file if is_short else io.BytesIO()
    with c2pa.Reader(_ANY, given, manifest, context=_context()) as reader:
        store = json.loads(reader.json())
        if is_short:
            return store, _state(store)
        return _compared(store, json.loads(reader.detailed_json()), file)


def _compared(
    store: dict[str, Any], details: dict[str, Any], file: BinaryIO
) -> tuple[dict[str, Any], State]:
    """The same for a file that is too long for the library, which was given none: all but its digest is the
    library's finding."""
    active = details["manifests"][details["active_manifest"]]
    stated = active["assertion_store"]["c2pa.hash.data"]
    if stated.get("alg", "sha256") != "sha256" or stated.get("exclusions"):
        return store, "unchecked"
    others = [one for one in store.get("validation_status", ()) if one["code"] != _MISMATCH]
    if _digest(file) == _bytes_of(stated["hash"]):
        store["validation_status"] = others
    return store, _judge(store.get("validation_status", ()))


def _digest(file: BinaryIO) -> bytes:
    sha256 = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_READ_BYTES):
        sha256.update(chunk)
    return sha256.digest()


def _bytes_of(stated: object) -> bytes:
    if isinstance(stated, str):
        import base64

        return base64.b64decode(stated)
    return bytes(stated) if isinstance(stated, list) else b""


def _state(store: dict[str, Any]) -> State:
    return "valid" if store.get("validation_state") in ("Valid", "Trusted") else "invalid"


def _judge(faults: Any) -> State:
    return "valid" if not list(faults) else "invalid"


def sign(file: BinaryIO, order: Order, sign_claim: Callable[[bytes], bytes]) -> bytes:
    """The manifest store for a file, whose bytes are read only if it has a manifest of its own. Raises
    C2paError."""
    with (
        c2pa.Signer.from_callback(
            sign_claim, c2pa.C2paSigningAlg[order.algorithm], order.certificates
        ) as signer,
        c2pa.Builder(_definition(order), _context()) as builder,
    ):
        _add_own(builder, file, order)
        out = _BYTES()
        _taken(
            _lib.c2pa_builder_data_hashed_placeholder(
                builder._handle, signer.reserve_size(), _BESIDE.encode(), ctypes.byref(out)
            ),
            out,
        )
        out = _BYTES()
        count = _lib.c2pa_builder_sign_data_hashed_embeddable(
            builder._handle,
            signer._handle,
            _hash_of(order),
            _BESIDE.encode(),
            None,
            ctypes.byref(out),
        )
        return _taken(count, out)


def sign_bound(
    file: BinaryIO, order: Order, binding: dict[str, Any], sign_claim: Callable[[bytes], bytes]
) -> bytes:
    """The same for a file in which it will be, to which it's bound by this assertion. Raises C2paError."""
    definition = _definition(order)
    definition["assertions"].append(binding)
    with (
        c2pa.Signer.from_callback(
            sign_claim, c2pa.C2paSigningAlg[order.algorithm], order.certificates
        ) as signer,
        c2pa.Builder(definition, _context()) as builder,
    ):
        _add_own(builder, file, order)
        builder.set_no_embed()
        # What it's bound to is known already, so there is nothing to be read.
        return bytes(builder.sign(signer, _ANY, io.BytesIO(), io.BytesIO()))


_OWN = "own"


def _add_own(builder: c2pa.Builder, file: BinaryIO, order: Order) -> None:
    if order.has_own:
        own = {"title": order.title, "relationship": "parentOf", "label": _OWN}
        file.seek(0)
        builder.add_ingredient(own, order.content_type, file)


def _definition(order: Order) -> dict[str, Any]:
    """What is said. A file that brought a manifest was opened, by the standard; another one was created."""
    action: dict[str, Any] = {
        "action": "c2pa.opened" if order.has_own else "c2pa.created",
        "digitalSourceType": order.source_type,
        "description": order.reason,
    }
    if order.agent is not None:
        action["softwareAgent"] = {"name": order.agent}
    if order.has_own:
        action["parameters"] = {"ingredientIds": [_OWN]}
    return {
        "claim_generator_info": [{"name": _GENERATOR, "version": order.release}],
        "title": order.title,
        "format": order.content_type,
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}],
    }


def _hash_of(order: Order) -> bytes:
    digest = list(bytes.fromhex(order.digest))
    stated = {
        "name": "jumbf manifest",
        "alg": "sha256",
        "hash": digest,
        "pad": [],
        "exclusions": [],
    }
    return json.dumps(stated).encode()


def _taken(count: int, out: Any) -> bytes:
    if count < 0:
        raise c2pa.C2paError("not signed")
    return ctypes.string_at(out, count)


def _context(*, compares: bool = True) -> c2pa.Context:
    verify = {**_SETTINGS["verify"], "verify_after_reading": compares}
    return c2pa.Context(c2pa.Settings.from_dict({**_SETTINGS, "verify": verify}))
