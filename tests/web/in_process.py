"""A server's instance, opened a second time in this process, and asked without a network in between."""

from __future__ import annotations

import asyncio
import contextlib
import time
import urllib.parse
from typing import Any, NamedTuple

from cast import Server, share
from listenlink.app import build_instance
from listenlink.clock import Clock
from listenlink.settings import load_settings
from listenlink.web.front import Front


class Answer(NamedTuple):
    """A whole answer."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


class House:
    """The instance, with the environment's settings, and what is in it by the names that paths have."""

    def __init__(self, server: Server, track: str) -> None:
        self.server = server
        self.named = self._name(track)
        self._loop = asyncio.Runner()
        self.instance = self._loop.run(self._build())
        self._front = Front(self.instance, lambda: contextlib.nullcontext())

    def _name(self, track: str) -> dict[str, str]:
        server = self.server
        with server.owner() as owner:
            collection = owner.post("/collections", json={"name": "All"}).json()["id"]
            link = share(owner, track)
            begun = owner.post(
                "/uploads",
                headers={
                    "Tus-Resumable": "1.0.0",
                    "Upload-Length": "100",
                    "Upload-Metadata": "engine c3R1ZGlv,filename YS53YXY=",
                },
            )
            told = {"url": "http://127.0.0.1:9/hook", "events": ["link.spread"]}
            webhook = owner.post("/webhooks", json=told).json()["id"]
            delivery = owner.post(f"/webhooks/{webhook}/test").json()["id"]
            made_key = owner.post("/keys", json={"scopes": ["read"]}).json()["id"]
        with server.listener() as listener:
            view = listener.get(f"/v1/music/shared/{link['token']}").json()
        self._wait_until_added_up()
        return {
            "org": server.organization_id, "track_id": track, "collection_id": collection,
            "share_id": link["id"], "key_id": made_key, "upload_id": begun.json()["id"],
            "user_id": self.server.new_member()["user_id"],
            "webhook_id": webhook, "delivery_id": delivery,
            "token": link["token"], "session": "x", "name": "x", "sha256": "0" * 64, "version": "1",
            "leave": "x",
            "signed": view["track"]["playback_url"].rpartition("/")[2],
        }  # fmt: skip

    def _wait_until_added_up(self) -> None:
        """Until that open is in its link's own count, to which the server's housekeeping adds it afterwards:
        who compares rows is to find their own changes alone."""
        for _ in range(600):
            ((waiting,),) = self.server.query(
                "SELECT coalesce(max(id), 0) - (SELECT coalesce(max(audit_id), 0) FROM audit_progress"
                " WHERE name = 'added_up') FROM audit"
            )
            if waiting <= 0:
                return
            time.sleep(0.05)
        raise AssertionError("the open wasn't added up")

    async def _build(self) -> Any:
        return build_instance(load_settings(data=self.server.data, port=self.server.port), Clock())

    def close(self) -> None:
        """End it."""
        self.instance.close()
        self._loop.close()

    def ask(
        self, method: str, path: bytes, query: bytes, headers: dict[bytes, bytes], body: bytes
    ) -> Answer:
        """One request by the owner, unless the headers say otherwise."""
        always = {b"host": b"127.0.0.1", b"x-api-key": self.server.api_key.encode()}
        scope = {
            "type": "http", "method": method, "raw_path": path, "query_string": query,
            "path": urllib.parse.unquote(path.decode("latin-1"), errors="replace"),
            "headers": list((always | headers).items()),
            "client": ("127.0.0.1", 1), "scheme": "http", "http_version": "1.1",
            "server": ("127.0.0.1", 1), "root_path": "", "state": {}, "asgi": {"version": "3.0"},
        }  # fmt: skip
        return self._loop.run(self._ask(scope, body))

    async def _ask(self, scope: dict[str, Any], body: bytes) -> Answer:
        coming: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return coming.pop() if coming else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await asyncio.wait_for(self._front(scope, receive, send), 20)
        assert [message["type"] for message in sent].count("http.response.start") == 1
        told = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(sent[0]["status"], dict(sent[0]["headers"]), told)
