"""Which addresses this program may connect to of its own accord, when somebody who has an account says where.

Whoever chooses an address could choose one inside: this machine, its neighbours, a cloud's metadata. So
every address but those of the open net is refused, unless the operator allows its network. An address that
carries another one is judged by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from listenlink.model.client_address import Network

Address = IPv4Address | IPv6Address

# All that isn't the open net by the registries of RFC 6890 and by the later ones. Python's `is_global` says
# most of it, but not the same in each release.
_INSIDE = [
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "::/8", "64:ff9b::/96", "64:ff9b:1::/48", "100::/16", "2001::/23", "2001:db8::/32",
        "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
]  # fmt: skip
_MAPPED = ip_network("::ffff:0:0/96")
_TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_6TO4 = ip_network("2002::/16")


def is_address(host: str) -> bool:
    """Whether this is an address by itself, of which there is nothing to look up. Other spellings of one, as
    `127.1`, are names: only who looks names up knows them."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def may_connect(text: str, allowed: Sequence[Network] = ()) -> bool:
    """Whether this address, as a resolver gives it, is of the open net or in a network that is allowed. One
    with a zone, like `fe80::1%eth0`, is of this link alone."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return "%" not in text and _may_connect(address, allowed)


def is_allowed(text: str, allowed: Sequence[Network]) -> bool:
    """Whether the operator allows this very address, so that nothing needs to be encrypted on the way."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    inner = _mapped(address)
    return "%" not in text and _is_in(inner or address, allowed)


def _may_connect(address: Address, allowed: Sequence[Network]) -> bool:
    mapped = _mapped(address)
    if mapped is not None:
        return _may_connect(mapped, allowed)
    if isinstance(address, IPv6Address):
        # Where a network translates for its machines, its operator allows the prefix: then the rest decides.
        if any(address in network for network in _TRANSLATED):
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
            return _is_in(address, allowed) and _may_connect(inner, allowed)
        if address in _6TO4:
            return _may_connect(IPv4Address(int(address) >> 80 & 0xFFFF_FFFF), allowed)
    return _is_in(address, allowed) or (address.is_global and not _is_in(address, _INSIDE))


def _mapped(address: Address) -> IPv4Address | None:
    """The IPv4 address in `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2), which leads there itself."""
    if isinstance(address, IPv6Address) and address in _MAPPED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
