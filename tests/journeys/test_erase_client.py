"""What the audit has of an address: told to whoever tells it, erased for them, and no count changes."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from listenlink.actions.erase_client import erase_prefix
from listenlink.cli import audit as auditing
from listenlink.errors import RefusesToStart
from media.make_audio import make

SHARED = "/v1/music/shared/"
NO_PREFIX = "isn't a prefix as the audit has it"
V4, V6, OTHER = "203.0.113.7", "2001:db8:7::1", "203.0.113.8"


@pytest.fixture(scope="module")
def link(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    song = upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))
    return share(owner, song["id"])


def open_from(server: Server, link: dict[str, Any], *addresses: str) -> None:
    for address in addresses:
        with server.listener(address) as listener:
            assert listener.get(SHARED + link["token"]).status_code == 200


def lines_of(server: Server, address: str, *options: str) -> list[dict[str, Any]]:
    return server.audit("--address", address, *options)


def count_limited(server: Server) -> int:
    ((count,),) = server.query("SELECT coalesce(sum(count), 0) FROM limited")
    return int(count)


def wait_for_limited(server: Server, count: int) -> None:
    """They're counted, and written within a second or so."""
    deadline = time.monotonic() + 10
    while count_limited(server) < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


def test_an_address_is_found_and_erased_and_the_counts_stay(
    server: Server, owner: httpx.Client, link: dict[str, Any]
) -> None:
    open_from(server, link, V4, V4, V6, OTHER)
    with server.listener(V4) as listener:
        statuses = [listener.get(SHARED + link["token"]).status_code for _ in range(130)]
    wait_for_limited(server, statuses.count(429))
    told = lines_of(server, V4)
    assert sum(one["count"] for one in told if one["outcome"] == "limited") == statuses.count(429)
    assert {line["client_prefix"] for line in told} == {"203.0.113.0/24"}
    assert len({line["client"] for line in told}) == 1
    assert {line["outcome"] for line in told} == {"opened", "limited"}
    # However it's written: that's the same address.
    assert lines_of(server, f"::ffff:{V4}") == told
    (of_v6,) = lines_of(server, "2001:db8:0007:0::0001")
    assert of_v6["client_prefix"] == "2001:db8:7::/48"
    before, stats = server.audit(), owner.get(f"/share/{link['id']}/stats").json()

    erased = server.cli("erase-client", V4)
    assert erased.returncode == 0, erased.stderr
    assert erased.stdout.startswith(f"{V4}: it's in the audit on 1 day, of those")

    after = server.audit()
    assert [line["trace_id"] for line in after] == [line["trace_id"] for line in before]
    gone = {line["trace_id"] for line in told}
    for was, now in zip(before, after, strict=True):
        if was["trace_id"] in gone:
            assert now["client"] != was["client"]
            assert now["client_prefix"] == ""
            kept = {"client": was["client"], "client_prefix": was["client_prefix"]}
            assert now | kept == was
        else:
            assert now == was
    assert owner.get(f"/share/{link['id']}/stats").json() == stats
    assert lines_of(server, V4) == []
    assert len(lines_of(server, OTHER)) == 1
    assert len(lines_of(server, V6)) == 1
    again = server.cli("erase-client", V4, "--json")
    assert json.loads(again.stdout)["erased"] == 0


def test_without_a_key_of_the_day_nobody_can_tell(server: Server, link: dict[str, Any]) -> None:
    open_from(server, link, "203.0.113.9")
    today = datetime.now(UTC).date()
    assert len(lines_of(server, "203.0.113.9", "--day", today.isoformat())) == 1
    long_ago = (today - timedelta(days=30)).isoformat()
    line = refused(server.cli("erase-client", "203.0.113.9", "--day", long_ago))
    assert "no key of these days is left" in line
    # Asking made none.
    keys = server.data / "secrets" / "daily"
    assert not (keys / long_ago).exists()


def test_since_when(server: Server, link: dict[str, Any]) -> None:
    open_from(server, link, OTHER)
    everything = server.audit()
    at = everything[len(everything) // 2]["at"]
    wanted = [line for line in everything if line["at"] >= at]
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    assert server.audit("--since", at) == wanted
    assert server.audit("--since", "7d") == everything
    assert server.audit("--since", tomorrow.isoformat()) == []
    of_link = [line for line in wanted if line["share_id"] == link["id"]]
    assert server.audit("--since", at, "--share", link["id"]) == of_link


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"since": "yesterday"}, "--since: must be like 2026-06-28"),
        ({"since": "2026-13-01"}, "--since: must be like"),
        ({"address": V4, "day": "monday"}, "--day: must be a date"),
        ({"day": "2026-06-28"}, "--day: goes with --address"),
        ({"share": "shr_x"}, "--share: 'shr_x' is neither a link's id"),
    ],
)
def test_what_cannot_be_asked_is_said(tmp_path: Path, asked: dict[str, str], said: str) -> None:
    none: dict[str, str | None] = dict.fromkeys(("share", "since", "address", "day"))
    with pytest.raises(RefusesToStart) as refusal:
        auditing.audit(tmp_path, **(none | asked))
    assert said in str(refusal.value)


def test_only_an_address_can_be_erased(server: Server) -> None:
    line = refused(server.cli("erase-client", "somebody"))
    assert "somebody isn't an address, which is like 203.0.113.7" in line


def test_a_request_for_data_is_told_which_days_and_how_much(
    server: Server, link: dict[str, Any]
) -> None:
    """By pseudonym and day; the lines themselves are `audit --address`."""
    address, limited_before = "203.0.115.7", count_limited(server)
    open_from(server, link, address, address)
    with server.listener(address) as listener:
        while listener.get(SHARED + link["token"]).status_code != 429:
            pass
    wait_for_limited(server, limited_before + 1)
    lines = lines_of(server, address)
    assert lines[-1]["outcome"] == "limited"
    told = json.loads(server.cli("find-client", address, "--json").stdout)
    today = datetime.now(UTC).date().isoformat()
    assert today in told["linkable_days"]
    (client,) = told["clients"]
    assert {line["client"] for line in lines} == {client["client"]}
    assert client["lines"] == len([line for line in lines if line["outcome"] != "limited"])
    assert client["limited"] == sum(line["count"] for line in lines if line["outcome"] == "limited")
    assert client["day"] == today
    said = server.cli("find-client", address).stdout
    assert f"{today}  {client['client']}  {client['lines']} lines" in said
    nobody = json.loads(server.cli("find-client", "203.0.115.8", "--json").stdout)
    assert nobody["clients"] == []
    assert nobody["linkable_days"] == told["linkable_days"]
    assert "nobody can say any more" in refused(
        server.cli("find-client", address, "--day", "2020-01-01")
    )


def test_a_prefix_is_erased_without_any_key(server: Server, link: dict[str, Any]) -> None:
    """Of days, too, whose key is gone: the prefix itself is what is stored."""
    v4, v6, other = (
        ("203.0.114.9", "203.0.114.200"),
        ("2001:db8:9:1::1", "2001:db8:9:2::1"),
        "203.0.116.9",
    )
    open_from(server, link, *v4, *v6, other)
    long_ago = "UPDATE clients SET day = day - 60 WHERE prefix = ?"
    server.change(long_ago, "203.0.114.0/24")
    before = server.audit()

    def erased(prefix: str, *options: str) -> int:
        done = server.cli("erase-client", prefix, *options, "--json")
        assert done.returncode == 0, done.stderr
        return int(json.loads(done.stdout)["erased"])

    assert erased("203.0.114.0/24", "--day", datetime.now(UTC).date().isoformat()) == 0
    assert erased("203.0.114.0/24") == 2
    assert erased("2001:0db8:9::/48") == 2
    assert erased("203.0.114.0/24") == 0
    after = server.audit()
    assert [line["trace_id"] for line in after] == [line["trace_id"] for line in before]
    prefixes = {line["client_prefix"] for line in after}
    assert not prefixes & {"203.0.114.0/24", "2001:db8:9::/48"}
    assert "203.0.116.0/24" in prefixes
    assert NO_PREFIX in refused(server.cli("erase-client", "203.0.114.0/25"))
    database = server.backend.open()
    with contextlib.closing(database):
        for wrong in ("203.0.0.0/16", "2001:db8:9:1::/64", "203.0.114.9/24", "x/24"):
            with pytest.raises(RefusesToStart, match=NO_PREFIX):
                erase_prefix(database, wrong, [])
