"""Settings: their defaults, and one clear line that names the variable for every value that can't be."""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path

import pytest

from cast import run_cli
from listenlink.errors import RefusesToStart
from listenlink.settings import PREFIX, Settings, load_settings

DEFAULTS = {
    "data": Path("listenlink-data"),
    "host": "127.0.0.1",
    "port": 8484,
    "public_url": None,
    "resolve_limit_per_minute": 120,
    "miss_limit_per_minute": 20,
    "trusted_proxies": (), "outbound_networks": (), "smtp_url": None, "mail_from": None,
    "workers": 1,
    "playback_ttl_seconds": 300,
    "session_ttl_seconds": 21_600,
    "session_clients": 0,
    "client_prefix_bits": 64,
    "max_upload_bytes": 512 * 1024 * 1024,
    "keep_free_bytes": None,
    "max_begun_uploads": 128,
    "max_begun_bytes": 8 * 1024**3,
    "max_audio_seconds": 7200,
    "audit_retention_days": 90,
    "engines_file": None,
    "storage_url": None,
    "cloudfront_url": None, "cloudfront_key_id": None, "cloudfront_key_file": None,
    "accel_prefix": None,
    "leave_after_seconds": 2,
    "metrics_address": None,
    "database_url": None, "redis_url": None,
    "signing_keys": None, "signing_keys_file": None, "marking_key": None, "marking_key_file": None,
    "keep_links": "sealed", "link_keys": None, "link_keys_file": None,
    "embed_ancestors": "*", "log_level": "info",
}  # fmt: skip

NO_NUMBER = ["", "x", "1.5", "1e9", "0x10", "١x", "10 MB", "nan", "inf"]
BAD: dict[str, list[str]] = {
    "DATABASE_URL": ["", "x", "mysql://host/name", "postgresql://", "postgresql:///name", "/a/path"],
    "REDIS_URL": ["", "x", "http://host", "redis://", "redis:///0", "unix:///a/path"],
    "PORT": ["0", "-1", "65536", "10" * 500, *NO_NUMBER],
    "PUBLIC_URL": [
        "", "music.example", "//music.example", "ftp://music.example", "javascript:alert(1)", "https://",
        "https:///x", "https://music.example/path", "https://music.example?x=1", "https://music.example#x",
        "https://user@music.example", "https://user:word@music.example", "http://[::1", "https://:443",
    ],
    "RESOLVE_LIMIT_PER_MINUTE": ["-1", "100001", *NO_NUMBER],
    "MISS_LIMIT_PER_MINUTE": ["-1", "100001", *NO_NUMBER],
    "TRUSTED_PROXIES": ["x", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/8,x", "10.0.0.0/8;::1/128", "*"],
    "OUTBOUND_NETWORKS": ["x", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/8,x", "10.0.0.0/8;::1/128", "*"],
    "SMTP_URL": ["", "x", "http://mail.example", "smtp://", "smtp://mail.example:0", "smtp://user@mail.example"],
    "MAIL_FROM": ["", "x", "a@b.example, c@d.example", "A label", "<>", "a@b.example\nBcc: c@d.example"],
    "KEEP_LINKS": ["", "true", "Sealed", "hashed"],
    "WORKERS": ["0", "2", "65", *NO_NUMBER],
    "PLAYBACK_TTL_SECONDS": ["9", "3601", "-300", *NO_NUMBER],
    "SESSION_TTL_SECONDS": ["59", "21601", "-60", *NO_NUMBER],
    "SESSION_CLIENTS": ["-1", "1001", *NO_NUMBER],
    "CLIENT_PREFIX_BITS": ["47", "65", "128", "/56", *NO_NUMBER],
    "MAX_UPLOAD_BYTES": ["1023", str(4 * 1024**3 + 1), *NO_NUMBER],
    "KEEP_FREE_BYTES": ["-1", str(2**50 + 1), *NO_NUMBER],
    "MAX_BEGUN_UPLOADS": ["0", "100001", *NO_NUMBER],
    "MAX_BEGUN_BYTES": ["1023", str(2**50 + 1), *NO_NUMBER],
    "MAX_AUDIO_SECONDS": ["0", "86401", *NO_NUMBER],
    "AUDIT_RETENTION_DAYS": ["-1", "3651", *NO_NUMBER],
    "STORAGE_URL": ["", "music", "s3:/music", "S3://music", "https://s3.example/music", "file:///music"],
    "CLOUDFRONT_URL": ["", "http://d1.cloudfront.net", "https://d1.cloudfront.net/", "https://a.b/c?d"],
    "CLOUDFRONT_KEY_ID": ["", "K2", "k2jcjmdehxqw5f", "K2JCJMDEHXQW5F&Expires=1", "K2JCJMDEHXQW5F\n"],
    "ACCEL_PREFIX": ["", "/", "objects/", "/objects", "//objects/", "/../objects/", "/objects/\r\nx/"],
    "LEAVE_AFTER_SECONDS": ["-1", "301", *NO_NUMBER],
    "METRICS_ADDRESS": [
        "", "9484", ":9484", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x",
    ],
    "EMBED_ANCESTORS": ["", "blog.example", "none", "* 'self'x", "*; script-src *", "https://a.example\n", "https://a/b"],
    "LOG_LEVEL": ["", "INFO", "verbose", "info ", "info\n", "debug|info"],
}  # fmt: skip
# Any text can be a path or the name of a host: what's wrong with these shows when they are used.
WITHOUT_A_BAD_FORM = {
    "DATA", "HOST", "ENGINES_FILE", "CLOUDFRONT_KEY_FILE", "SIGNING_KEYS", "SIGNING_KEYS_FILE",
    "LINK_KEYS", "LINK_KEYS_FILE", "MARKING_KEY", "MARKING_KEY_FILE",
}  # fmt: skip

# What urlsplit takes for a bare address and what, put before a path, makes links that lead elsewhere.
BROKEN_LINKS = [
    "https://music.example?", "https://music.example#", "https://music.example/?", "https://music.example\n",
    " https://music.example", "https://mu sic.example", "https://:word@music.example",
    "https://music.example:99999", "https://music.example:port", "https://music.example\\x",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)


def refusal(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> str:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(RefusesToStart) as told:
        load_settings()
    return str(told.value)


def test_without_any_variable_the_defaults_hold() -> None:
    settings = load_settings()
    assert {name: getattr(settings, name) for name in Settings.model_fields} == DEFAULTS
    assert settings.base_url == "http://127.0.0.1:8484"


def test_every_setting_is_described_and_has_its_bad_values_here() -> None:
    assert {name.upper() for name in Settings.model_fields} == set(BAD) | WITHOUT_A_BAD_FORM
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in BAD.items() for value in values],
    ids=lambda value: ascii(value)[:40],
)
def test_a_bad_value_refuses_with_one_line_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    line = refusal(monkeypatch, name, value)
    assert line.startswith(f"{PREFIX}{name}: ")
    assert len(line) > len(f"{PREFIX}{name}: ") + 5
    assert "\n" not in line
    # In words: no library's, and no pattern.
    assert not re.search(r"Value error|[Ii]nput|String|should|valid |\^|\[A-Z|\(\?", line)


@pytest.mark.parametrize("value", BROKEN_LINKS, ids=ascii)
def test_a_public_url_that_would_break_the_links_made_of_it_is_refused_or_mended(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("LISTENLINK_PUBLIC_URL", value)
    try:
        base_url = load_settings().base_url
    except RefusesToStart as told:
        assert str(told).startswith("LISTENLINK_PUBLIC_URL: ")  # noqa: PT017
    else:
        assert base_url == "https://music.example"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("PORT", [1, 65535]),
        ("RESOLVE_LIMIT_PER_MINUTE", [0, 100_000]),
        ("MISS_LIMIT_PER_MINUTE", [0, 100_000]),
        ("PLAYBACK_TTL_SECONDS", [10, 3600]),
        ("SESSION_TTL_SECONDS", [60, 21_600]),
        ("MAX_UPLOAD_BYTES", [1024, 4 * 1024**3]),
        ("KEEP_FREE_BYTES", [0, 2**50]),
        ("MAX_BEGUN_UPLOADS", [1, 100_000]),
        ("MAX_BEGUN_BYTES", [1024, 2**50]),
        ("MAX_AUDIO_SECONDS", [1, 86_400]),
        ("AUDIT_RETENTION_DAYS", [0, 3650]),
        ("LOG_LEVEL", ["debug", "info", "warning", "error"]),
        ("DATA", [Path("/srv/music")]),
        ("ENGINES_FILE", [Path("/etc/engines.toml")]),
    ],
)
def test_the_edges_of_what_is_allowed_are_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, values: list[object]
) -> None:
    for value in values:
        monkeypatch.setenv(PREFIX + name, str(value))
        assert getattr(load_settings(), name.lower()) == value


def test_what_is_given_goes_before_the_environment_and_none_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LISTENLINK_PORT", "1234")
    assert load_settings(port=None).port == 1234
    assert load_settings(port=4321).port == 4321
    with pytest.raises(RefusesToStart, match=r"^--port: must be a whole number from 1 to 65535$"):
        load_settings(port=0)


def test_trusted_proxies_are_networks_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTENLINK_TRUSTED_PROXIES", " 10.0.0.0/8, ::1/128 ,192.0.2.1,")
    assert load_settings().trusted_proxies == (
        ipaddress.ip_network("10.0.0.0/8"),
        ipaddress.ip_network("::1/128"),
        ipaddress.ip_network("192.0.2.1/32"),
    )
    monkeypatch.setenv("LISTENLINK_TRUSTED_PROXIES", "")
    assert load_settings().trusted_proxies == ()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.5.5.5", "::1", "localhost", "LOCALHOST", "localhost."]
)
def test_a_loopback_host_needs_no_public_url(host: str) -> None:
    shown = f"[{host}]" if ":" in host else host
    assert load_settings(host=host).base_url == f"http://{shown}:8484"


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "music.example", "localhost.example", ""],  # noqa: S104
)
def test_any_other_host_needs_a_public_url(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    line = refusal(monkeypatch, "HOST", host)
    assert line.startswith("LISTENLINK_PUBLIC_URL: must be set")
    assert host in line
    monkeypatch.setenv("LISTENLINK_PUBLIC_URL", "https://music.example")
    assert load_settings().base_url == "https://music.example"


@pytest.mark.parametrize(
    ("value", "base_url"),
    [
        ("https://music.example", "https://music.example"),
        ("https://music.example/", "https://music.example"),
        ("http://10.0.0.1:8484", "http://10.0.0.1:8484"),
        ("http://[2001:db8::1]:8484/", "http://[2001:db8::1]:8484"),
    ],
)
def test_a_public_url_is_kept_without_its_last_slash(value: str, base_url: str) -> None:
    assert load_settings(public_url=value).base_url == base_url


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1


def test_the_command_line_tells_the_line_and_nothing_else() -> None:
    ended = run_cli("serve", PORT="no port")
    assert ended.returncode not in (0, None)
    assert "LISTENLINK_PORT: " in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert ended.stdout == ""


def test_several_workers_start_only_without_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "RESOLVE_LIMIT_PER_MINUTE=0" in refusal(monkeypatch, "WORKERS", "2")
    monkeypatch.setenv(PREFIX + "RESOLVE_LIMIT_PER_MINUTE", "0")
    assert load_settings().workers == 2
