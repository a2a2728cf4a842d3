"""Webhooks are signed by the Standard Webhooks specification: its own library verifies ours, and ours its."""

from __future__ import annotations

import datetime as dt
import os
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from listenlink.client.webhooks import WebhookError, verify_webhook
from listenlink.wire.webhook_signing import (
    ID,
    SIGNATURE,
    TIMESTAMP,
    read_secret,
    sign,
    write_secret,
)

KEY, OLD = os.urandom(32), os.urandom(32)
BODY = b'{"type":"link.opened","timestamp":"2026-11-29T10:00:00Z","data":{"opens":3}}'


def headers(
    body: bytes = BODY, *keys: bytes, sent_at: int | None = None, number: str = "msg_1"
) -> dict[str, str]:
    moment = int(time.time()) if sent_at is None else sent_at
    signature = sign(keys or [KEY], number, moment, body)
    return {ID: number, TIMESTAMP: str(moment), SIGNATURE: signature}


@given(st.text(max_size=300).map(str.encode), st.text("abcdefgh_0123", min_size=1, max_size=40))
def test_the_published_library_verifies_what_is_signed_here(body: bytes, number: str) -> None:
    sent = headers(body, KEY, number=number)
    Webhook(write_secret(KEY)).verify(body, sent, json_parse=False)


def test_what_the_published_library_signs_is_verified_here() -> None:
    now = dt.datetime.now(dt.UTC)
    signature = Webhook(write_secret(KEY)).sign("msg_7", now, BODY.decode())
    sent = {
        "Webhook-Id": "msg_7",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": signature,
    }
    event = verify_webhook(write_secret(KEY), sent, BODY)
    assert (event.id, event.type, event.data) == ("msg_7", "link.opened", {"opens": 3})
    assert event.timestamp == dt.datetime(2026, 11, 29, 10, tzinfo=dt.UTC)


def test_while_a_secret_is_exchanged_both_hold() -> None:
    sent = headers(BODY, KEY, OLD)
    for key in (KEY, OLD):
        assert verify_webhook(write_secret(key), sent, BODY).id == "msg_1"
        Webhook(write_secret(key)).verify(BODY, sent)


def changed() -> dict[str, dict[str, Any]]:
    """What is wrong with each, as of now: what is written when tests are collected is too old later."""
    sent, now = headers(), int(time.time())
    return {
        "another body": {"body": BODY.replace(b"3", b"4")},
        "another number": {"headers": sent | {ID: "msg_2"}},
        "another time": {"headers": sent | {TIMESTAMP: str(now + 1)}},
        "another key": {"headers": headers(BODY, OLD)},
        "too long ago": {"headers": headers(sent_at=now - 400)},
        "too far ahead": {"headers": headers(sent_at=now + 400)},
        "no headers": {"headers": {}},
        "no signature": {"headers": sent | {SIGNATURE: ""}},
        "another form": {"headers": sent | {SIGNATURE: sent[SIGNATURE].replace("v1", "v2")}},
        "no time": {"headers": sent | {TIMESTAMP: "now"}},
        "a time in other digits": {"headers": sent | {TIMESTAMP: "١٢٣"}},
        "no text": {"headers": sent | {SIGNATURE: "v1,é"}},
        "too many": {"headers": sent | {SIGNATURE: "v1,x " * 50 + sent[SIGNATURE]}},
        "no event": {"body": b"[]", "headers": headers(b"[]")},
    }


@pytest.mark.parametrize("case", changed())
def test_anything_else_is_refused(case: str) -> None:
    verify_webhook(write_secret(KEY), headers(), BODY)
    given_ = {"headers": headers(), "body": BODY} | changed()[case]
    with pytest.raises(WebhookError):
        verify_webhook(write_secret(KEY), given_["headers"], given_["body"])


def test_what_is_no_secret_is_no_secret() -> None:
    for wrong in ("", "secret", "whsec_%%", "whsec_é", "whsec_a"):
        with pytest.raises(ValueError, match="a webhook's secret"):
            read_secret(wrong)
    for short in (0, 23, 65):
        with pytest.raises(ValueError, match=f"24 to 64 bytes behind whsec_, not {short}"):
            read_secret(write_secret(bytes(short)))
    for right in (24, 64):
        assert len(read_secret(write_secret(bytes(right)))) == right
    assert read_secret(write_secret(KEY)) == KEY


def test_what_anybody_could_sign_is_verified_by_nobody() -> None:
    """An unset setting behind the prefix is no secret."""
    with pytest.raises(ValueError, match="24 to 64 bytes"):
        verify_webhook("whsec_", headers(BODY, b""), BODY)
