"""Addresses that mails have, to leave by."""

from __future__ import annotations

from cast import Server
from listenlink.actions.find_instance import load_link_ring, load_ring
from listenlink.model.leave_address import PATH, PURPOSE, LeaveAddresses
from listenlink.model.owner import Owner
from listenlink.model.signing import Signer
from listenlink.settings import load_settings


def leave_path_of(
    server: Server, owner: Owner, purpose: str = PURPOSE, *, is_by_links: bool = True
) -> str:
    """The path of somebody's; signed with a link key, or with a signing key."""
    settings = load_settings(data=server.data)
    keys = load_link_ring(settings) if is_by_links else load_ring(settings)
    return LeaveAddresses("", Signer(keys, purpose)).write(owner)


def leave_of_nobody(server: Server) -> str:
    """The last part of a good one, whose person gets no mails."""
    return leave_path_of(server, Owner(1, 1), is_by_links=False).removeprefix(PATH)
