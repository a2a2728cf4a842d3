"""The operator's metrics: what happened is counted; what the dashboard and the alerts ask for is there."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from cast import Server, free_port, run_forked, share, upload
from engines import SENDS_AUDIO
from journeys.mailed import mailing, wait_for, want_mails
from live.load import SHARED, serving
from media.make_audio import make
from outbound.receiver import receiving
from ports import free_ports

DEPLOY = Path(__file__).parents[2] / "deploy"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("metrics")
    address = f"127.0.0.1:{port}"
    with serving(folder, METRICS_ADDRESS=address, RESOLVE_LIMIT_PER_MINUTE="100") as running:
        yield running


def scrape(port: int) -> Samples:
    """All samples, by name and labels."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


def test_what_happens_is_counted(server: Server, port: int, tmp_path: Path) -> None:
    song = make("wav16", tmp_path / "song.wav")
    with server.owner() as owner, server.listener() as listener:
        link = share(owner, upload(owner, song)["id"])
        path = SHARED + link["token"]
        opened = [listener.get(path) for _ in range(3)]
        listener.get(path, headers={"Listen-Session": opened[0].headers["listen-session"]})
        listener.head(path)
        refused = [listener.get(SHARED + "shr_" + "B" * 43).status_code for _ in range(2)]
        audio = opened[0].json()["track"]["playback_url"]
        sent = len(listener.get(audio).content)
        sent += len(listener.get(audio, headers={"Range": "bytes=0-9"}).content)
        listener.get("/", headers={"Host": "elsewhere.example"})
        limited = [listener.get(path).status_code for _ in range(110)].count(429)
    samples = scrape(port)
    assert refused == [404, 404]
    assert limited > 0
    outcomes = {"opened": 100 - 2, "renewed": 1, "viewed": 1}
    for outcome, count in outcomes.items():
        assert value(samples, "listenlink_resolves_total", outcome=outcome, reason="") == count
    for outcome, reason, count in (
        ("refused", "malformed", 2),
        ("limited", "resolve_limit", limited),
    ):
        assert value(samples, "listenlink_resolves_total", outcome=outcome, reason=reason) == count
    assert value(samples, "listenlink_requests_total", door="shared", status="2xx") == 100
    assert value(samples, "listenlink_requests_total", door="shared", status="4xx") == 2 + limited
    assert value(samples, "listenlink_limited_total", door="shared") == limited
    played = value(samples, "listenlink_requests_total", door="audio", status="2xx")
    assert played == 2 * SENDS_AUDIO
    assert value(samples, "listenlink_requests_total", door="refused", status="4xx") == 1
    assert value(samples, "listenlink_requests_total", door="routes", status="2xx") >= 2
    assert value(samples, "listenlink_playback_bytes_total") == sent * SENDS_AUDIO
    assert value(samples, "listenlink_uploads_total") == 1
    assert value(samples, "listenlink_upload_bytes_total") == song.stat().st_size
    assert value(samples, "listenlink_resolve_seconds_count") == 102 + limited
    assert value(samples, "listenlink_batch_requests_sum") >= 102
    assert 0 < value(samples, "listenlink_commit_seconds_sum") < 10
    assert value(samples, "listenlink_check_ok", check="database") == 1


def test_what_is_told_is_counted(tmp_path: Path) -> None:
    port = free_port()
    address, networks = f"127.0.0.1:{port}", "127.0.0.1/32"
    song = make("wav16", tmp_path / "song.wav", sample_count=5000)
    with (
        receiving() as receiver,
        mailing(tmp_path, METRICS_ADDRESS=address, OUTBOUND_NETWORKS=networks) as server,
        server.owner() as owner,
        server.listener() as listener,
    ):
        for url in (receiver.url, "http://127.0.0.2/hook"):
            owner.post("/webhooks", json={"url": url, "events": ["link.opened"]}).raise_for_status()
        want_mails(owner)
        listener.get(SHARED + share(owner, upload(owner, song)["id"])["token"])
        server.wait_for_mails(1)
        wait_for(lambda: receiver.received)

        def counted(name: str, outcome: str) -> float:
            return value(scrape(port), f"listenlink_{name}_total", outcome=outcome)

        wait_for(lambda: counted("webhook_attempts", "failed") == 1)
        assert counted("webhook_attempts", "sent") == counted("mails", "sent") == 1
        assert counted("mails", "failed") == 0


def test_no_label_names_anybody(server: Server, port: int) -> None:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    for secret in (
        "shr_",
        "mslink_",
        "mtrack_",
        "org_",
        "198.18.",
        "127.0.0.1",
        server.api_key[:12],
    ):
        assert secret not in text
    assert server.organization_id not in text


def test_metrics_are_not_at_the_public_address(server: Server) -> None:
    assert httpx.get(server.url + "/metrics").status_code == 404


def named(text: str) -> set[str]:
    return set(re.findall(r"\b(?:listenlink|process)_[a-z_]+", text))


def test_every_metric_that_the_dashboard_and_the_alerts_name_exists(
    server: Server, port: int
) -> None:
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = [
        rule
        for group in yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"]
        for rule in group["rules"]
    ]
    asked += [rule["expr"] for rule in rules]
    assert all({"alert", "expr", "labels", "annotations"} <= set(rule) for rule in rules)
    known = {name for name, _ in scrape(port)}
    assert named(" ".join(asked)) <= known
    # And the other way round: nothing is told that nobody looks at.
    own = {
        re.sub("_(bucket|count|sum)$", "", name) for name in known if name.startswith("listenlink_")
    }
    assert own <= {re.sub("_(bucket|count|sum)$", "", name) for name in named(" ".join(asked))} | {
        name for name in own if name.endswith("_created")
    }


def test_each_worker_tells_on_a_port_of_its_own(tmp_path: Path) -> None:
    first = free_ports(2)
    with serving(tmp_path, workers=2, METRICS_ADDRESS=f"127.0.0.1:{first}") as server:
        deadline = time.monotonic() + 10
        while True:
            try:
                told = [scrape(port) for port in (first, first + 1)]
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        starts = {value(samples, "process_start_time_seconds") for samples in told}
        assert len(told) == 2
        assert starts
        asked = 40
        for _ in range(asked):
            httpx.get(server.url + SHARED + "nothing")
        answered = [
            value(scrape(port), "listenlink_requests_total", door="shared", status="4xx")
            for port in (first, first + 1)
        ]
        assert sum(answered) == asked


def test_a_taken_address_refuses_to_start(server: Server, port: int, tmp_path: Path) -> None:
    made = run_forked("init", "--data", str(tmp_path / "data"))
    assert made.returncode == 0
    done = run_forked(
        "serve", "--data", str(tmp_path / "data"), "--port", str(free_port()),
        METRICS_ADDRESS=f"127.0.0.1:{port}",
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(f"listenlink: 127.0.0.1:{port} can't be listened on: ")
