"""Schemathesis asks the running server whatever the OpenAPI document allows and forbids, with every check.

Every path has ids of what is really there (`tests/programs/schemathesis_hooks.py`), and the document's links
are followed from what is made. The ordinary suite asks for some seconds; `LISTENLINK_TEST_FULL=1` 5,000
times at least.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, clean_environment
from engines import ENGINE, SQLITE
from live.load import FULL
from live.things_asked_for import FORMS, what_is_there
from trust.figures import figure

# How many fit into the seconds depends on the machine; on a quiet one there are some four hundred.
LEAST_CASES = 5000 if FULL else 100
# What is asked, how often of each, and for how many seconds at most; sequences go alike on any database.
LONG = {"examples,coverage,fuzzing": (200, 330), "stateful": (200, 120)}
SHORT = {"coverage,fuzzing": (3, 12)} | ({"stateful": (5, 5)} if ENGINE == SQLITE else {})
RUNS = LONG if FULL else SHORT
HOOKS = Path(__file__).parents[1] / "programs"
# A stream of events has no end, so it's asked without a good session. What takes a track out of a collection
# may come when others have deleted one of the two; `test_openapi_answers.py` asks for it too.
NEVER_ANSWERED = {
    "GET /v1/music/shared/{token}/events",
    "DELETE /v1/music/{org}/collections/{collection_id}/tracks/{track_id}",
}
# What an equal key was used for before, whether bytes are audio, whether a link ends before it starts, which
# time zones there are, and whether more was declared of a track is nothing that a schema can say: for these a
# 422 is right though the schema allows it.
BEYOND_THE_SCHEMA = """
[[operations]]
include-name = "{name}"
[operations.checks]
positive_data_acceptance.enabled = false
"""
# A condition or a session that is wrong is no error of syntax (RFC 9110, section 13): it isn't met, or it's
# the 404 of any refused link, which doesn't say what is wrong. A range or a match that fails is a 416 or 412.
# The tool takes each header that breaks its schema for a fault, and each of these for a refusal of syntax.
# A password of the right form may be wrong, a 401; and a link that was asked for may be a 404 next.
OF_LISTENERS = """
[[operations]]
include-path-regex = "/v1/music/(shared|audio|download|archive|picture|manifests)/"
[operations.checks]
positive_data_acceptance.expected-statuses = [200, 201, 204, 206, 303, 304, 401, 403, 404, 409, 412, 416, 429]
ensure_resource_availability.enabled = false
negative_data_rejection.expected-statuses = [200, 206, 304, 400, 401, 403, 404, 405, 412, 414, 416, 422]
missing_required_header.expected-statuses = [401, 404, 406, 422]
"""
# Forms get real audio, put there by our hook: the tool then takes the bytes for text that breaks the
# schema, and the track for wrongly made. `tests/web/test_strange_requests.py` asks with wrong forms.
OF_THE_FORM = """
[[operations]]
include-operation-id = "{name}"
[operations.checks]
positive_data_acceptance.enabled = false
negative_data_rejection.enabled = false
"""
# `DELETE` of a link or a key ends it, and its owner goes on seeing it, as ended; that of one's own track's
# place in the library lets it be put back, and that of a cover may show the file's own again. The tool
# expects a 404 of whatever was deleted.
AFTER_ITS_END = """
[[operations]]
include-path-regex = "/share/[{]share_id|/keys/[{]key_id|/tracks/[{]track_id[}]/save|/cover$"
[operations.checks]
use_after_free.enabled = false
"""
# tus wants a 412 for another version, and facts of a track in base64, of which a schema says nothing; and
# Schemathesis takes a header that isn't known for one that is wrong, where others are required.
IN_PIECES = """
[[operations]]
include-path-regex = "/uploads"
[operations.checks]
positive_data_acceptance.enabled = false
negative_data_rejection.enabled = false
missing_required_header.expected-statuses = [401, 412, 422]
"""
# How long an address may be is said by no schema. Only these statuses refuse what breaks one.
ADDRESSES = """
[checks]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 409, 414, 415, 422, 428, 429]
"""
# Every run of the suite asks the same; the long run asks anew each time.
SEED = () if FULL else ("--seed", "20261124")


@pytest.fixture
def server(tmp_path: Path) -> Any:
    running = Server(
        tmp_path / "data", {"RESOLVE_LIMIT_PER_MINUTE": "0", "MISS_LIMIT_PER_MINUTE": "0"}
    )
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.mark.timeout(600)
def test_whatever_is_asked_is_answered_as_documented(server: Server, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(configuration(server))
    given = json.dumps(what_is_there(server, tmp_path))
    answered: Counter[tuple[str, int]] = Counter()
    cases = 0
    for phases, (examples, seconds) in RUNS.items():
        report = tmp_path / "report.ndjson"
        done = subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/schema/openapi.json",
                "-H", f"X-API-Key: {server.api_key}", "--phases", phases,
                "--max-examples", str(examples), "--max-time", str(seconds),
                "--continue-on-failure", "--no-color", "--report-ndjson-path", str(report),
                "--generation-database", "none", *SEED,
            ],
            cwd=tmp_path, capture_output=True, text=True, timeout=580, check=False,
            env=clean_environment(GIVEN=given) | {"PYTHONPATH": str(HOOKS)},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        found = re.search(r"([0-9]+) generated", done.stdout)
        assert found, done.stdout
        cases += int(found.group(1))
        answered += statuses(report)
    print(f"{cases} cases")
    figure("cases of Schemathesis", cases)
    assert cases >= LEAST_CASES
    described = httpx.get(server.url + "/schema/openapi.json").json()["paths"]
    everything = {f"{method.upper()} {path}" for path, item in described.items() for method in item}
    refused_alone = everything - {operation for operation, status in answered if status < 400}
    # In some seconds not everything gets its turn.
    most = NEVER_ANSWERED if FULL else everything
    assert refused_alone - most == set()
    assert len(refused_alone) < len(everything) / 2
    server.wait_until_ready()


def configuration(server: Server) -> str:
    """What is beyond the schema, by what the document says."""
    paths = httpx.get(server.url + "/schema/openapi.json").json()["paths"]
    names = [
        f"{method.upper()} {path}"
        for path, item in paths.items()
        for method, operation in item.items()
        if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", []))
    ]
    assert len(names) >= 4
    names += ["PATCH /v1/music/{org}/notifications", "PATCH /v1/music/{org}/tracks/{track_id}"]
    exceptions = "".join(BEYOND_THE_SCHEMA.format(name=name) for name in names)
    forms = "".join(OF_THE_FORM.format(name=name) for name in FORMS)
    rules = [ADDRESSES, exceptions, forms, OF_LISTENERS, AFTER_ITS_END, IN_PIECES]
    return "".join(['hooks = "schemathesis_hooks"\n', *rules])


def statuses(report: Path) -> Counter[tuple[str, int]]:
    """How often each operation was answered with each status: `{("GET /readyz", 200): 5, …}`."""
    found: Counter[tuple[str, int]] = Counter()
    for line in report.read_text().splitlines():
        recorded = json.loads(line).get("ScenarioFinished", {}).get("recorder") or {}
        for name, told in recorded.get("interactions", {}).items():
            case, answer = recorded["cases"][name]["value"], told.get("response")
            if answer:
                found[f"{case['method']} {case['path']}", answer["status_code"]] += 1
    return found
