"""Schemathesis asks the running server whatever the OpenAPI document allows and forbids, with every check.

The ordinary suite asks for some seconds; `LISTENLINK_TEST_FULL=1` at least 5,000 times.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from cast import Server, clean_environment
from live.load import FULL

LEAST_CASES = 5000 if FULL else 300
SECONDS = 420 if FULL else 20
# What an equal key was used for before, whether bytes are audio, and whether a link ends before it
# starts is nothing that a schema can say: for these a 422 is right though the schema allows it.
BEYOND_THE_SCHEMA = """
[[operations]]
include-name = "{name}"
[operations.checks]
positive_data_acceptance.enabled = false
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
# The bytes of a piece are bytes.
HOOKS = """
import schemathesis
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
"""
# Every run of the suite asks the same; the long run asks anew each time.
SEED = () if FULL else ("--seed", "20261124")


@pytest.mark.timeout(600)
def test_whatever_is_asked_is_answered_as_documented(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", {"RESOLVE_LIMIT_PER_MINUTE": "0"})
    server.create()
    server.start()
    try:
        config = tmp_path / "schemathesis.toml"
        (tmp_path / "piece_hooks.py").write_text(HOOKS)
        config.write_text(configuration(server))
        done = subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run",
                f"{server.url}/schema/openapi.json", "-H", f"X-API-Key: {server.api_key}",
                "--max-examples", "200" if FULL else "10", "--max-time", str(SECONDS),
                "--continue-on-failure", "--no-color",
                "--generation-database", "none", *SEED,
            ],
            cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, timeout=580,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        cases = re.search(r"([0-9]+) generated", done.stdout)
        assert cases, done.stdout
        print(f"{cases.group(1)} cases")
        assert int(cases.group(1)) >= LEAST_CASES
        assert httpx.get(server.url + "/readyz").status_code == 200
    finally:
        server.stop()


def configuration(server: Server) -> str:
    """The owner's organisation in every path; what is beyond the schema, by what the document says."""
    paths = httpx.get(server.url + "/schema/openapi.json").json()["paths"]
    names = [
        f"{method.upper()} {path}"
        for path, item in paths.items()
        for method, operation in item.items()
        if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", []))
    ]
    assert len(names) >= 4
    exceptions = "".join(BEYOND_THE_SCHEMA.format(name=name) for name in names)
    parameters = f'[parameters]\norg = "{server.organization_id}"\n'
    return f'hooks = "piece_hooks"\n{parameters}{exceptions}{IN_PIECES}'
