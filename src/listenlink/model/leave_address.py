"""The address by which whoever gets mails leaves: signed, and good for as long as its key is.

It says whose mails end, and nothing else of them. It has no end of its own: who finds an old mail in their
archive may leave by it.
"""

from __future__ import annotations

import re

from listenlink.model.owner import Owner
from listenlink.model.signing import Signer

PURPOSE = "listenlink-leave-v1"
PATH = "/leave/"
_GRAMMAR = re.compile(r"lv1\.([0-9a-f]{8})\.(([0-9a-f]{12})\.([0-9a-f]{12}))\.([0-9a-f]{32})")


class LeaveAddresses:
    """Writes and reads them, for a server at `base_url`."""

    def __init__(self, base_url: str, signer: Signer) -> None:
        self._base_url = base_url
        self._signer = signer

    def write(self, owner: Owner) -> str:
        """The whole address, of a user in an organisation."""
        text = f"{owner.organization_id:012x}.{owner.user_id:012x}"
        return f"{self._base_url}{PATH}lv1.{self._signer.key_id}.{text}.{self._signer.sign(text)}"

    def read(self, text: str) -> Owner | None:
        """Whose it is, from its last part; None if it isn't one of ours."""
        match = _GRAMMAR.fullmatch(text)
        if match is None:
            return None
        key_id, signed, organization_id, user_id, tag = match.groups()
        if not self._signer.verify(key_id, tag, signed):
            return None
        return Owner(int(organization_id, 16), int(user_id, 16))
