"""Three nodes over one PostgreSQL, one Redis and one S3, with nginx in front: as `deploy/compose.yaml` has
it, as processes. Between the nodes and each of the three is a fault proxy.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

import servers
from cast import Server, free_port, share, upload
from engines import POSTGRESQL
from fault_proxy import FaultProxy, fault_proxy
from listenlink.store.audit import open_counts
from listenlink.store.database.database import Database
from live.proxy import nginx_before
from media.make_audio import make
from object_storage import ObjectStorage, seaweedfs

NODES = 3
LIMIT = 40
_TRACES = text("SELECT trace FROM audit")
_LINES = text("""
SELECT s.id, s.max_opens, (SELECT count(*) FROM audit a WHERE a.share_id = s.id AND a.outcome = 1)
FROM shares s
""")


@dataclass
class Topology:
    """All of it, running. `port` is nginx's."""

    port: int
    nodes: list[Server]
    postgres: servers.Program
    redis: servers.Program
    bucket: ObjectStorage
    to_postgres: FaultProxy
    to_redis: FaultProxy
    to_bucket: FaultProxy
    track_id: str

    def link(self, **terms: Any) -> str:
        """The token of a new link."""
        with self.nodes[0].owner() as owner:
            return str(share(owner, self.track_id, **terms)["token"])

    def times_alone(self) -> int:
        """How often a node began to limit by itself, because Redis didn't answer in 50 ms."""
        logs = [node.log.read_text() for node in self.nodes if node.log is not None]
        return sum(log.count('"limits_not_shared"') for log in logs)

    def are_all_ready(self) -> bool:
        """Whether every node says so, and that it shares its limits."""
        for node in self.nodes:
            told = httpx.get(node.url + "/readyz", timeout=10)
            if told.status_code != 200 or told.json()["checks"]["limits"] != "ok":
                return False
        return True

    def audited(self) -> set[int]:
        """The traces of all lines of the audit."""
        with self._beside() as database:
            return {row[0] for row in database.read_now(lambda c: c.execute(_TRACES).all())}

    def counts(self) -> list[tuple[int, int | None, int, int]]:
        """Each link's number, its limit, the opens it's told to have, and its lines in the audit."""
        with self._beside() as database:
            rows = database.read_now(lambda c: c.execute(_LINES).all())
            told = database.read_now(lambda c: open_counts.find_opens(c, [row[0] for row in rows]))
        return [(number, most, told[number], lines) for number, most, lines in rows]

    @contextlib.contextmanager
    def _beside(self) -> Iterator[Database]:
        """The database on connections of its own: those of before may be dead."""
        database = self.nodes[0].backend.open()
        try:
            yield database
        finally:
            database.close()


@contextlib.contextmanager
def running_topology(folder: Path) -> Iterator[Topology]:
    """All of it, in this folder, until the end. PostgreSQL syncs every commit to the disk."""
    with contextlib.ExitStack() as up:
        postgres, redis = servers.new_postgres(durable=True), servers.new_redis()
        up.callback(postgres.kill)
        up.callback(redis.kill)
        (folder / "seaweedfs").mkdir()
        bucket = up.enter_context(seaweedfs(folder / "seaweedfs"))
        proxies = [up.enter_context(fault_proxy(of.port)) for of in (postgres, redis, bucket)]
        port = free_port()
        nodes = _make_nodes(folder, postgres, bucket, proxies, port)
        for node in nodes:
            up.callback(node.stop)
            node.launch()
        for node in nodes:
            node.wait_until_ready()
        up.enter_context(nginx_before(folder / "nginx", port, *(node.port for node in nodes)))
        song = make("wav16", folder / "song.wav", sample_count=30_000)
        with nodes[0].owner() as owner:
            track_id = upload(owner, song)["id"]
        to_postgres, to_redis, to_bucket = proxies
        yield Topology(
            port, nodes, postgres, redis, bucket, to_postgres, to_redis, to_bucket, track_id
        )


def _make_nodes(
    folder: Path,
    postgres: servers.Program,
    bucket: ObjectStorage,
    proxies: list[FaultProxy],
    port: int,
) -> list[Server]:
    """The nodes, not started: a data folder each, and one file of signing keys for all."""
    to_postgres, to_redis, to_bucket = proxies
    database = servers.new_database(postgres).rpartition("/")[2]
    keys = folder / "signing-keys"
    settings = {
        "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{to_postgres.port}/{database}",
        "REDIS_URL": f"redis://127.0.0.1:{to_redis.port}/0",
        "STORAGE_URL": bucket.url("audio", to_bucket.port),
        "SIGNING_KEYS_FILE": str(keys),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TRUSTED_PROXIES": "127.0.0.1/32",
        "RESOLVE_LIMIT_PER_MINUTE": str(LIMIT),
        "LEAVE_AFTER_SECONDS": "1",
    }
    nodes = [
        Server(folder / f"node{number}", dict(settings), engine=POSTGRESQL)
        for number in range(NODES)
    ]
    nodes[0].create()
    shutil.move(nodes[0].data / "secrets" / "signing-keys", keys)
    for node in nodes[1:]:
        node.data.mkdir()
        node.organization_id, node.api_key = nodes[0].organization_id, nodes[0].api_key
    return nodes
