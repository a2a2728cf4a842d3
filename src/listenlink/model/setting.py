"""What may be wrong with a setting, in words that name no type and no pattern; and which name was meant."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import urlsplit

from listenlink.model.client_address import Network

# Of those whose form is all that is checked.
FORMS = {
    "storage_url": "must be like s3://bucket/prefix; gs:// and az:// are known too",
    "cloudfront_url": "must be like https://d1.cloudfront.net, without a path",
    "cloudfront_key_id": "must be 8 to 32 capital letters and digits, as in K2JCJMDEHXQW5F",
    "accel_prefix": "must be a path with / at both ends, as in /audio-objects/",
    "embed_ancestors": "must be sites with spaces between, as in https://blog.example, or *, or 'none'",
    "log_level": "must be debug, info, warning or error",
}
_CLOSE = 0.85
_ORIGIN = re.compile(
    r"https?://(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?/?"
)


def fault_words(field: str, limits: Iterable[object], context: Mapping[str, object]) -> str:
    """What a field's value must be: within its `limits` (`ge`, `le`) if it's a number, of its form, or what
    its own check said, which the `context` holds."""
    bounds = [
        getattr(limit, end) for limit in limits for end in ("ge", "le") if hasattr(limit, end)
    ]
    if bounds:
        return f"must be a whole number from {min(bounds)} to {max(bounds)}"
    return FORMS.get(field) or str(context.get("error", "isn't a value that it can have"))


def is_origin(text: str) -> bool:
    """Whether the text is an http or https URL of a host, and of a port if need be, alone."""
    match = _ORIGIN.fullmatch(text)
    return match is not None and int(match.group(1) or 1) in range(1, 65_536)


def is_url(text: str, start: str) -> bool:
    """Whether the text matches the pattern `start` and names no impossible port."""
    try:
        return re.match(start, text) is not None and urlsplit(text).port != 0
    except ValueError:
        return False


def parse_host_and_port(text: str) -> tuple[str, int]:
    """Parse a host and its port. Raises ValueError that says how they're written."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) not in range(1, 65_536):
        raise ValueError("must be like 127.0.0.1:9484")
    return host.removeprefix("[").removesuffix("]"), int(port)


def parse_networks(text: str) -> tuple[Network, ...]:
    """Parse networks and addresses with commas between. Raises ValueError that says which one isn't right."""
    return tuple(_parse_network(part.strip()) for part in text.split(",") if part.strip())


def _parse_network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(
            f"{text[:60]!r} is neither an address nor a network, which is like 10.0.0.0/8"
        ) from None
    raise ValueError(f"{text} isn't the start of a network; the one it's in is {meant}")


def list_misspelled(names: Iterable[str], known: Collection[str], prefix: str) -> list[str]:
    """A line for each of the environment's `names` that begins like a setting and isn't one, with the nearest
    of the `known`. What is for tests has names of its own."""
    lines = []
    for name in names:
        wanted = name.upper()
        if wanted in known or wanted.startswith(f"{prefix}TEST_"):
            continue
        is_prefixed = wanted.startswith(prefix)
        if is_prefixed:
            # Without what all have in common, which makes all of them look alike.
            ends = [one.removeprefix(prefix) for one in known]
            near = difflib.get_close_matches(wanted.removeprefix(prefix), ends, 1)
            near = [prefix + end for end in near]
        else:
            near = difflib.get_close_matches(wanted, known, 1, _CLOSE)
        if is_prefixed or near:
            meant = f"; is {near[0]} meant?" if near else ", and is ignored"
            lines.append(f"{name} isn't a setting{meant}")
    return lines
