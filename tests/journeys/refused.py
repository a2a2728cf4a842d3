"""Links that are refused, for every reason there is, and what may differ between two refusals."""

from __future__ import annotations

import re
from typing import Any

import httpx

from cast import Server, share

REASONS = ["malformed", "unknown", "revoked", "expired", "spent", "not_started", "suspended"]


def token_path(link: dict[str, Any]) -> str:
    """Where the link is opened."""
    return "/v1/music/shared/" + str(link["token"])


def number_of(public_id: str) -> int:
    """The row's key behind an id."""
    return int(public_id.rpartition("_")[2], 16)


def new_suspended(server: Server) -> int:
    """The number of a new organisation that is suspended."""
    organization = str(server.new_organization()["organization_id"])
    server.people("org", "suspend", organization)
    return number_of(organization)


def refused_link(server: Server, owner: httpx.Client, song: dict[str, Any], reason: str) -> str:
    """The path of a link that is refused for this reason."""
    if reason == "malformed":
        return "/v1/music/shared/shr_9F3A"
    if reason == "unknown":
        return "/v1/music/shared/shr_" + "0" * 32
    link = share(owner, song["id"], max_opens=1)
    if reason == "revoked":
        owner.delete(f"/share/{link['id']}")
    elif reason == "spent":
        with server.listener() as first:
            assert first.get(token_path(link)).status_code == 200
    elif reason == "suspended":
        number, organization = number_of(link["id"]), new_suspended(server)
        server.change("UPDATE shares SET organization_id = ? WHERE id = ?", organization, number)
    else:
        number = number_of(link["id"])
        column, value = ("expires_at", 1) if reason == "expired" else ("starts_at", 2**52)
        server.change(f"UPDATE shares SET {column} = ? WHERE id = ?", value, number)  # noqa: S608
    return token_path(link)


def normalized(answer: httpx.Response) -> tuple[Any, ...]:
    """An answer without what may differ between two refusals."""
    text = re.sub(r'"(trace_id|timestamp)":"[^"]*"', r'"\1":""', answer.text)
    headers = [(n, v) for n, v in answer.headers.multi_items() if n not in ("date", "x-request-id")]
    return answer.status_code, headers, text
