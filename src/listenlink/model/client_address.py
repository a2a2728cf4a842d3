"""A client's address: parsed, folded to the prefix that limits go by, truncated for the audit."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import urlsplit

import msgspec

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# An IPv6 network that a provider gives one customer: a /64 at least, often a /56, a /48 at most.
LEAST_CLIENT_BITS, MOST_CLIENT_BITS = 48, 64
_BELOW_AUDIT_BITS = 128 - 48
_MOST_HOPS = 64
# The longest address has 45 characters; a zone name, brackets and a port may be added to it.
_MOST_CHARACTERS = 100
_PORT = r"(?::[0-9]{0,5})?"
_ADDRESS = re.compile(
    rf"([0-9.]+){_PORT}|\[([0-9A-Fa-f:.]+)(?:%[\w.-]+)?\]{_PORT}|([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(?:%[\w.-]+)?",
    re.ASCII,
)


class ClientAddress(msgspec.Struct, frozen=True, gc=False):
    """`full` is the canonical text, held in memory only. `number` is what limits are keyed by: the IPv4
    address, or the IPv6 network that is one client. `prefix` is what the audit stores: the /24 or the /48."""

    full: str
    number: int
    prefix: str


def parse_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Parse `1.2.3.4`, `1.2.3.4:80`, `::1`, `[::1]:80` or `fe80::1%eth0`; None for anything else.

    IPv4-mapped IPv6 becomes IPv4, so that a client has a single budget under either form.
    """
    try:
        # The usual case, a plain IPv4 address, in a fifth of the time.
        return ipaddress.IPv4Address(socket.inet_pton(socket.AF_INET, text))
    except (OSError, ValueError):
        pass
    text = text.strip()
    match = _ADDRESS.fullmatch(text) if len(text) <= _MOST_CHARACTERS else None
    if match is None:
        return None
    try:
        address = ipaddress.ip_address(match.group(1) or match.group(2) or match.group(3))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_loopback_host(host: str) -> bool:
    """Whether a host's name or address is this very machine's, however it's written: `localhost` (RFC 6761,
    6.3), `127.0.0.1`, `::1`, `[::1]`."""
    if host.lower().removesuffix(".") == "localhost":
        return True
    address = parse_address(host)
    return address is not None and address.is_loopback


def by_name(url: str) -> str:
    """The same address with `localhost` in place of a loopback address; any other as it is."""
    split = urlsplit(url)
    address = parse_address(split.hostname or "")
    if address is None or not address.is_loopback:
        return url
    return f"{split.scheme}://localhost" + ("" if split.port is None else f":{split.port}")


def client_address(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, client_bits: int = MOST_CLIENT_BITS
) -> ClientAddress:
    """The full, folded and truncated forms of a parsed address. `client_bits` is how many bits of an IPv6
    address are a client, from LEAST_CLIENT_BITS to MOST_CLIENT_BITS."""
    number = int(address)
    if isinstance(address, ipaddress.IPv4Address):
        a, b, c, d = number.to_bytes(4, "big")
        return ClientAddress(f"{a}.{b}.{c}.{d}", number, f"{a}.{b}.{c}.0/24")
    network = ipaddress.IPv6Address(number >> _BELOW_AUDIT_BITS << _BELOW_AUDIT_BITS)
    # The extra bit distinguishes an IPv6 network from every IPv4 address.
    folded = 1 << client_bits | number >> 128 - client_bits
    return ClientAddress(str(address), folded, f"{network}/48")


def plain_client(text: str) -> ClientAddress | None:
    """The client of a plain IPv4 address, as nearly every one is, in a fraction of the time; None for
    anything else that may be one."""
    try:
        packed = socket.inet_pton(socket.AF_INET, text)
    except (OSError, ValueError):
        return None
    # There is no other spelling that is taken here.
    return ClientAddress(text, int.from_bytes(packed), text[: text.rindex(".")] + ".0/24")


def is_trusted(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, trusted: tuple[Network, ...]
) -> bool:
    """Whether the address is in one of the networks."""
    return any(address in network for network in trusted)


def is_proxy(peer: str, trusted: tuple[Network, ...]) -> bool:
    """Whether what this peer forwards is believed."""
    address = parse_address(peer)
    return address is not None and is_trusted(address, trusted)


def find_client(
    peer: str,
    forwarded_for: str,
    trusted: tuple[Network, ...],
    client_bits: int = MOST_CLIENT_BITS,
) -> ClientAddress:
    """The client: the peer, or behind trusted proxies the right-most address that isn't one of them.

    `forwarded_for` is all X-Forwarded-For lines joined; it's read only from a trusted peer, from the
    right. A hop that doesn't parse ends the walk at the last one that did, never at "unlimited".
    """
    found = parse_address(peer) or ipaddress.IPv4Address(0)
    if not forwarded_for or not is_trusted(found, trusted):
        return client_address(found, client_bits)
    for hop in reversed(forwarded_for.rsplit(",", _MOST_HOPS)):
        address = parse_address(hop)
        if address is None:
            break
        found = address
        if not is_trusted(found, trusted):
            break
    return client_address(found, client_bits)
