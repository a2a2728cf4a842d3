"""A program's day: links for several at once, and what is refused of them."""

from __future__ import annotations

from live.document_witness import Witness


def share_with_each(witness: Witness, *shared: str) -> None:
    """Below each of these paths that make a link."""
    terms = {
        "recipients": [{"label": "Ana"}, {"label": "Ben", "max_opens": 1}],
        "expires_in_days": 3,
    }
    for path in shared:
        key = {"Idempotency-Key": path[-20:]}
        made = witness.owner("POST", f"{path}/batch", json=terms, headers=key)
        assert made.status_code == 201
        assert witness.owner("POST", f"{path}/batch", json={"recipients": []}).status_code == 422
        assert witness.owner("POST", f"{path}/batch", json={"recipients": [{}]}).status_code == 422
