"""Passkeys: added by whoever is signed in, and signed in with (WebAuthn Level 2).

A challenge is signed and not stored: nobody who asks for the page of signing in leaves anything behind. Once
one was answered it's stored until it's over, so that no answer is taken twice.
"""

from __future__ import annotations

import hmac
import os
import struct
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from listenlink.actions.signing_in.asker import AccountAudit, Asker
from listenlink.actions.signing_in.sign_in import (
    Person,
    SignedIn,
    begin,
    begin_anew,
    require_live,
)
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model.client_address import parse_address
from listenlink.model.sign_in import Method
from listenlink.model.signing import SigningKey, derive
from listenlink.store import answered_challenges, credentials
from listenlink.store.credentials import Passkey
from listenlink.store.database.database import Database

# At run time it's imported with the first passkey, here and below: few servers need what it takes.
if TYPE_CHECKING:
    from fido2.server import Fido2Server
    from fido2.webauthn import CollectedClientData

PURPOSE = "listenlink.passkey-challenge.v1"
MOST_PASSKEYS = 20
_PRODUCT = "Listenlink"
_NOBODY = 0
_TTL_SECONDS = 600
# Random bytes, the user's number and the end in seconds; a tag over all of them follows.
_SIGNED = struct.Struct(">16sQQ")
_REQUIRED = "required"  # Of the user, to be verified: as WebAuthn writes it.
_REFUSED = "This passkey wasn't accepted."


def relying_party(base_url: str) -> str | None:
    """The name that passkeys are made for at this address, None where there are none: they need https or
    localhost, and a name instead of an IP address (WebAuthn Level 2, 5.1.2 and 13.4.9)."""
    split = urlsplit(base_url)
    host = split.hostname or ""
    if not host or parse_address(host) is not None:
        return None
    is_local = host == "localhost" or host.endswith(".localhost")
    return host if split.scheme == "https" or is_local else None


class Passkeys:
    """The passkeys of an instance at one address. Where there can't be any, `is_offered` is False, and all
    else refuses."""

    def __init__(self, database: Database, base_url: str, ring: Sequence[SigningKey]) -> None:
        self._database = database
        self._secrets = [derive(key.root, PURPOSE) for key in ring]
        self._base_url, self._name = base_url, relying_party(base_url)

    @property
    def is_offered(self) -> bool:
        """Whether there can be passkeys at this address."""
        return self._name is not None

    async def ask_to_add(self, person: Person, now_us: int) -> dict[str, Any]:
        """What the person's browser is asked, to make a passkey: JSON for `parseCreationOptionsFromJSON`."""
        from fido2 import webauthn

        server, user_id = self._server, person.sign_in.user_id
        known = await self._database.read(lambda c: credentials.list_passkeys(c, user_id))
        options, _ = server.register_begin(
            webauthn.PublicKeyCredentialUserEntity(
                id=user_id.to_bytes(8, "big"), name=person.email, display_name=person.email
            ),
            [webauthn.AttestedCredentialData(passkey.credential) for passkey in known],
            webauthn.ResidentKeyRequirement.REQUIRED,
            webauthn.UserVerificationRequirement.REQUIRED,
            challenge=self._new_challenge(user_id, now_us),
        )
        return dict(options)

    def ask_to_sign_in(self, now_us: int) -> dict[str, Any]:
        """What a browser is asked, to sign in by any passkey: JSON for `parseRequestOptionsFromJSON`."""
        from fido2.webauthn import UserVerificationRequirement

        options, _ = self._server.authenticate_begin(
            user_verification=UserVerificationRequirement.REQUIRED,
            challenge=self._new_challenge(_NOBODY, now_us),
        )
        return dict(options)

    async def add(
        self,
        audit: AccountAudit,
        person: Person,
        answer: Mapping[str, Any],
        name: str,
        asker: Asker,
    ) -> SignedIn:
        """Let the person be known by the passkey that their browser made. Their sign-in gets another secret,
        all others of theirs end. Raises a 422 Problem that names `passkey`."""
        from fido2.webauthn import RegistrationResponse

        sign_in, now_us = person.sign_in, asker.now_us
        try:
            told = RegistrationResponse.from_dict(answer)
            challenge = self._check(told.response.client_data, sign_in.user_id, now_us)
            data = self._server.register_complete(_state(challenge), told)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise invalid("passkey", _REFUSED) from None
        credential = data.credential_data
        if credential is None:
            raise invalid("passkey", _REFUSED)
        identity = (credential.credential_id, sign_in.user_id, bytes(credential))
        made = Passkey(0, *identity, data.counter, name, now_us)

        def keep(connection: Connection) -> SignedIn:
            require_live(connection, sign_in.id)
            if len(credentials.list_passkeys(connection, sign_in.user_id)) >= MOST_PASSKEYS:
                raise invalid("passkey", f"You have {MOST_PASSKEYS} passkeys, which is the most.")
            _take(connection, challenge, now_us)
            credentials.add_passkey(connection, made)
            audit.note(
                connection, asker, "passkey_added", sign_in.user_id, sign_in.organization_id, name
            )
            return begin_anew(connection, sign_in, now_us)

        return await self._write(keep)

    async def sign_in(
        self, audit: AccountAudit, answer: Mapping[str, Any], asker: Asker
    ) -> SignedIn:
        """Sign in whoever's passkey this is. Raises a 422 Problem that names `passkey`."""
        from fido2.webauthn import AttestedCredentialData, AuthenticationResponse

        try:
            told = AuthenticationResponse.from_dict(answer)
            challenge = self._check(told.response.client_data, _NOBODY, asker.now_us)
            passkey = await self._database.read(lambda c: credentials.find_passkey(c, told.raw_id))
            known = [] if passkey is None else [AttestedCredentialData(passkey.credential)]
            self._server.authenticate_complete(_state(challenge), known, told)
            counter = told.response.authenticator_data.counter
        except (ValueError, KeyError, TypeError, AttributeError):
            raise invalid("passkey", _REFUSED) from None
        # One that counts, and counts less than before, has been copied. Most don't count.
        if passkey is None or ((counter or passkey.signatures) and counter <= passkey.signatures):
            raise invalid("passkey", _REFUSED)

        def sign_in(connection: Connection) -> SignedIn:
            _take(connection, challenge, asker.now_us)
            if not credentials.note_use(connection, passkey, counter, asker.now_us):
                raise invalid("passkey", _REFUSED)
            return begin(connection, audit, asker, passkey.user_id, Method.PASSKEY)

        return await self._write(sign_in)

    async def _write(self, work: Any) -> SignedIn:
        try:
            done: SignedIn = await self._database.write(work)
        except IntegrityError:
            # The challenge was answered before, or somebody has this passkey.
            raise invalid("passkey", _REFUSED) from None
        return done

    @cached_property
    def _server(self) -> Fido2Server:
        from fido2.server import Fido2Server
        from fido2.webauthn import PublicKeyCredentialRpEntity

        if self._name is None:
            raise Problem(ProblemKind.NOT_FOUND)
        return Fido2Server(
            PublicKeyCredentialRpEntity(name=_PRODUCT, id=self._name),
            verify_origin=lambda origin: origin == self._base_url,
        )

    def _new_challenge(self, user_id: int, now_us: int) -> bytes:
        fields = _SIGNED.pack(os.urandom(16), user_id, now_us // SECOND_US + _TTL_SECONDS)
        return fields + hmac.digest(self._secrets[0], fields, "sha256")

    def _check(self, told: CollectedClientData, user_id: int, now_us: int) -> bytes:
        """The challenge that was answered. Raises ValueError unless it's one of ours, for this user and not
        over, answered on a page of ours and not in somebody's frame."""
        challenge = told.challenge
        fields, tag = challenge[: _SIGNED.size], challenge[_SIGNED.size :]
        is_ours = any(
            hmac.compare_digest(hmac.digest(secret, fields, "sha256"), tag)
            for secret in self._secrets
        )
        if not is_ours or told.cross_origin:
            raise ValueError
        _, whose, ends_at = _SIGNED.unpack(fields)
        if whose != user_id or ends_at <= now_us // SECOND_US:
            raise ValueError
        return challenge


async def remove_passkey(
    database: Database, audit: AccountAudit, person: Person, passkey_id: int, asker: Asker
) -> SignedIn:
    """Let the person be known by this passkey no more. Their sign-in gets another secret, all others of
    theirs end. Raises Problem(NOT_FOUND) if it isn't theirs."""
    sign_in = person.sign_in

    def remove(connection: Connection) -> SignedIn:
        require_live(connection, sign_in.id)
        if not credentials.remove_passkey(connection, sign_in.user_id, passkey_id):
            raise Problem(ProblemKind.NOT_FOUND)
        where = sign_in.organization_id
        audit.note(connection, asker, "passkey_removed", sign_in.user_id, where)
        return begin_anew(connection, sign_in, asker.now_us)

    return await database.write(remove)


def _state(challenge: bytes) -> dict[str, Any]:
    from fido2.utils import websafe_encode

    return {"challenge": websafe_encode(challenge), "user_verification": _REQUIRED}


def _take(connection: Connection, challenge: bytes, now_us: int) -> None:
    """Note that it was answered. Raises IntegrityError if it was before."""
    ends_at = now_us + _TTL_SECONDS * SECOND_US
    answered_challenges.add_challenge(connection, challenge, ends_at)
