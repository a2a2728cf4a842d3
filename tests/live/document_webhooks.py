"""Webhooks and mails, asked as the document says."""

from __future__ import annotations

from live.document_witness import Witness


def webhooks(witness: Witness) -> None:
    """One is added, changed, tried, looked at and removed; and what isn't one is refused."""
    said = {"url": "http://127.0.0.1:9/hook", "events": ["link.opened"]}
    made = witness.owner("POST", "/webhooks", json=said)
    assert made.status_code == 201
    faults: tuple[dict[str, object], ...] = (
        {"url": "x"}, {"events": []}, {"events": ["webhook.test"]}, {"shape": "telegram"},
    )  # fmt: skip
    for fault in faults:
        assert witness.owner("POST", "/webhooks", json=said | fault).status_code == 422
    path = f"/webhooks/{made.json()['id']}"
    delivery = witness.owner("POST", path + "/test").json()["id"]
    again = f"{path}/deliveries/{delivery}/resend"
    for method, asked, status in (
        ("GET", "/webhooks", 200), ("GET", path + "/deliveries", 200), ("POST", path + "/rotate", 200),
        ("POST", again, 201), ("POST", again.replace("mdelivery_", "x"), 404),
        ("GET", "/webhooks/x/deliveries", 404),
    ):  # fmt: skip
        assert witness.owner(method, asked).status_code == status, asked
    assert witness.owner("PATCH", path, json={"paused": True}).status_code == 200
    assert witness.owner("PATCH", path, json={"paused": "no"}).status_code == 422
    for asked in (path + "/test", again):
        assert witness.owner("POST", asked).status_code == 409
    assert witness.owner("DELETE", path).status_code == 200
    for method, asked in (
        ("DELETE", path), ("POST", path + "/test"), ("POST", path + "/rotate"), ("POST", again),
        ("GET", path + "/deliveries"),
    ):  # fmt: skip
        assert witness.owner(method, asked).status_code == 404, asked
    assert witness.owner("PATCH", path, json={"paused": True}).status_code == 404


def notifications(witness: Witness) -> None:
    """How one is told is read and changed, and what isn't a way to be told is refused."""
    path = "/notifications"
    assert witness.owner("GET", path).status_code == 200
    assert witness.owner("PATCH", path, json={"spread_networks": 3}).status_code == 200
    for fault in ({"mails": "weekly"}, {"zone": "Europe/Nowhere"}, {"spread_networks": 1}):
        assert witness.owner("PATCH", path, json=fault).status_code == 422
    # This server sends no mail.
    assert witness.owner("PATCH", path, json={"mails": "daily"}).status_code == 409
