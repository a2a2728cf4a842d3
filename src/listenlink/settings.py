"""All settings, `LISTENLINK_*`, typed. A bad value stops the start with one clear line.

docs/settings.md describes each; a test checks that the two agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from listenlink.errors import RefusesToStart
from listenlink.model.client_address import (
    LEAST_CLIENT_BITS,
    MOST_CLIENT_BITS,
    Network,
    by_name,
    is_loopback_host,
)
from listenlink.model.key_places import KeyPlaces
from listenlink.model.listen_session import LONGEST_SECONDS
from listenlink.model.outbound_settings import OutboundPlaces
from listenlink.model.setting import (
    fault_words,
    is_origin,
    is_url,
    list_misspelled,
    parse_host_and_port,
    parse_networks,
)  # fmt: skip
from listenlink.model.upload_bounds import UploadBounds

PREFIX = "LISTENLINK_"


class Settings(KeyPlaces, UploadBounds, OutboundPlaces, BaseSettings):
    """The settings of one running instance. Names of durations include the unit."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    data: Path = Field(
        default=Path("listenlink-data"),
        description="The instance's folder: database, audio and secret keys.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="A PostgreSQL database, as in `postgresql://user:password@host/name`. Unset: the "
        "embedded database in the instance's folder.",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="A Redis, as in `redis://host:6379/0`, by which several processes share exact limits "
        "and the days' keys. Unset: one process limits by itself.",
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8484, ge=1, le=65535, description="The port to listen on.")
    public_url: str | None = Field(
        default=None,
        description="Where listeners reach the server, as in `https://music.example`; every link "
        "is made of it. Unset: `http://HOST:PORT`, which is only possible on a loopback address.",
    )
    resolve_limit_per_minute: int = Field(
        default=120, ge=0, le=100_000,
        description="Opens accepted per client address in any 60 s; 0 switches all limits off.",
    )  # fmt: skip
    miss_limit_per_minute: int = Field(
        default=20, ge=0, le=100_000,
        description="Different refused tokens per client address in any 60 s; 0 switches this limit off.",
    )  # fmt: skip
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        default=(),
        description="Networks, as in `10.0.0.0/8,::1/128`, whose `X-Forwarded-For` is believed. "
        "Empty: nobody's.",
    )
    client_prefix_bits: int = Field(
        default=MOST_CLIENT_BITS, ge=LEAST_CLIENT_BITS, le=MOST_CLIENT_BITS,
        description="How many bits of an IPv6 address are one client of the limits: 64, 56 or 48.",
    )  # fmt: skip
    workers: int = Field(
        default=1, ge=1, le=64,
        description="Processes that answer requests. More than one share an exact limit by "
        "LISTENLINK_REDIS_URL, or start only with LISTENLINK_RESOLVE_LIMIT_PER_MINUTE=0.",
    )  # fmt: skip
    playback_ttl_seconds: int = Field(
        default=300, ge=10, le=3600,
        description="How long a playback URL may be used to begin to play.",
    )  # fmt: skip
    session_ttl_seconds: int = Field(
        default=LONGEST_SECONDS, ge=60, le=LONGEST_SECONDS,
        description="How long one open may mint fresh playback URLs without counting again.",
    )  # fmt: skip
    session_clients: int = Field(
        default=0, ge=0, le=1000,
        description="From how many client addresses one open's session may be renewed; 0 is any number.",
    )  # fmt: skip
    max_upload_bytes: int = Field(
        default=512 * 1024 * 1024, ge=1024, le=4 * 1024**3, description="The largest audio file taken in."
    )  # fmt: skip
    max_audio_seconds: int = Field(
        default=7200, ge=1, le=86_400, description="The longest audio taken in, as decoded."
    )  # fmt: skip
    audit_retention_days: int = Field(
        default=90, ge=0, le=3650, description="How long audit lines are kept; 0 keeps none past the day."
    )  # fmt: skip
    engines_file: Path | None = Field(
        default=None, description="Engines and their licence terms; unset: those that come with Listenlink."
    )  # fmt: skip
    storage_url: str | None = Field(
        default=None, pattern="^(s3|gs|az)://",
        description="A bucket for the audio, as in `s3://bucket/prefix?endpoint=https://s3.example`; "
        "unset: the instance's folder.",
    )  # fmt: skip
    cloudfront_url: str | None = Field(
        default=None, pattern=r"^https://[A-Za-z0-9][A-Za-z0-9.-]*$",
        description="A CloudFront distribution in front of the bucket, as in `https://d1.cloudfront.net`.",
    )  # fmt: skip
    cloudfront_key_id: str | None = Field(
        default=None, pattern="^[A-Z0-9]{8,32}$", description="The id of its public key."
    )
    cloudfront_key_file: Path | None = Field(
        default=None, description="The private key to it: ECDSA on P-256, PEM, chmod 600."
    )
    accel_prefix: str | None = Field(
        default=None, pattern="^/([A-Za-z0-9_-]+/)+$",
        description="nginx in front sends the audio of the folder: the `internal` location of `objects`.",
    )  # fmt: skip
    leave_after_seconds: int = Field(
        default=2, ge=0, le=300,
        description="How long a server that was sent SIGTERM still answers, while `/readyz` says that "
        "it's leaving.",
    )  # fmt: skip
    metrics_address: Annotated[tuple[str, int] | None, NoDecode] = Field(
        default=None,
        description="Where metrics are told, as in `127.0.0.1:9484`: to operators, never to the world. "
        "Unset: nowhere. With several workers each takes a port of its own, from this one on.",
    )
    embed_ancestors: str = Field(
        default="*", pattern=r"^(\*|'none'|'self'|https?://[A-Za-z0-9.*-]+(:[0-9]{1,5})?)( https?://[A-Za-z0-9.*-]+(:[0-9]{1,5})?)*$",
        description="Which sites may frame the embed player, as in `https://blog.example "
        "https://*.press.example`; `*` is any, `'none'` none.",
    )  # fmt: skip
    log_level: str = Field(
        default="info", pattern="^(debug|info|warning|error)$",
        description="The least severe log lines written: debug, info, warning or error.",
    )  # fmt: skip

    @field_validator("host")
    @classmethod
    def _take_brackets_off(cls, value: str) -> str:
        return value[1:-1] if value.startswith("[") and value.endswith("]") else value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, value: Any) -> Any:
        return parse_networks(value) if isinstance(value, str) else value

    @field_validator("metrics_address", mode="before")
    @classmethod
    def _split_address(cls, value: Any) -> Any:
        return parse_host_and_port(value) if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not is_url(value.get_secret_value(), "postgres(ql)?://[^/]"):
            raise ValueError("must be like postgresql://user:password@host/name")
        return value

    @field_validator("redis_url")
    @classmethod
    def _check_redis_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not is_url(value.get_secret_value(), "rediss?://[^/]"):
            raise ValueError("must be like redis://host:6379/0")
        return value

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str | None) -> str | None:
        if value is not None and not is_origin(value):
            raise ValueError("must be like https://music.example, without a path")
        return value and value.rstrip("/")

    @property
    def base_url(self) -> str:
        """`public_url`, or the loopback address the server listens on. No trailing slash."""
        if self.public_url:
            return self.public_url
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def desk_url(self) -> str:
        """`base_url` as browsers take it for passkeys: by name, where it's this machine's own address."""
        return by_name(self.base_url)


def load_settings(**given: Any) -> Settings:
    """Load settings from the environment; `given` values, a command's options, take precedence if they
    aren't None.

    Raises RefusesToStart with one line that names the variable, or the option, and what is wrong with it.
    """
    given = {name: value for name, value in given.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = str(first["loc"][0])
        words = fault_words(field, Settings.model_fields[field].metadata, first.get("ctx", {}))
        raise RefusesToStart(f"{_named(field, given)}: {words}") from None
    if settings.public_url is None and not is_loopback_host(settings.host):
        raise RefusesToStart(
            f"{PREFIX}PUBLIC_URL: must be set, or --public-url given, when serving on {settings.host}, "
            "which isn't a loopback address: links are made of it"
        )
    _check_storage(settings)
    if settings.lacks:
        raise RefusesToStart(f"{PREFIX}{settings.lacks}: must be set, too: mails need both")
    if settings.workers > 1 and settings.resolve_limit_per_minute and not settings.redis_url:
        raise RefusesToStart(
            f"{_named('workers', given)}: more than one worker can't share an exact rate limit without "
            f"{PREFIX}REDIS_URL; set that, or {PREFIX}RESOLVE_LIMIT_PER_MINUTE=0 to do without"
        )
    return settings


def list_unknown(names: Iterable[str]) -> list[str]:
    """A line for each variable that looks like a setting and isn't one."""
    known = [PREFIX + field.upper() for field in (*Settings.model_fields, "server", "api_key")]
    return list_misspelled(names, known, PREFIX)


def _named(field: str, given: Mapping[str, object]) -> str:
    return "--" + field.replace("_", "-") if field in given else PREFIX + field.upper()


def _check_storage(settings: Settings) -> None:
    cloudfront = [settings.cloudfront_url, settings.cloudfront_key_id, settings.cloudfront_key_file]
    if any(cloudfront) and not all(cloudfront):
        raise RefusesToStart(
            f"{PREFIX}CLOUDFRONT_URL: the URL, the key id and the key file belong together"
        )
    is_s3 = settings.storage_url is not None and settings.storage_url.startswith("s3:")
    if any(cloudfront) and not is_s3:
        raise RefusesToStart(f"{PREFIX}CLOUDFRONT_URL: stands in front of an s3 bucket only")
    if settings.accel_prefix and settings.storage_url:
        raise RefusesToStart(f"{PREFIX}ACCEL_PREFIX: is for audio in the folder, not in a bucket")
