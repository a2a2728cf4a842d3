"""Which Host a request may name: the public URL's, and loopback; probes any."""

from __future__ import annotations

import pytest

from listenlink.errors import Problem, ProblemKind
from listenlink.web.headers import headers_of
from listenlink.web.hosts import AcceptedHosts, refuse_unless_probe

PUBLIC = "https://music.example"
LOOPBACK = [
    "localhost", "localhost:8484", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8484", "127.9.9.9:80", "[::1]",
    "[::1]:8484", "[::ffff:127.0.0.1]:80",
]  # fmt: skip
FOREIGN = [
    "", "evil.example", "evil.example:443", "music.example.evil", "xmusic.example",
    "music.example@evil.example",
    "evil.example#music.example", "music.example/evil", "music.example:443@evil.example", "music.example:abc",
    "localhost.evil.example", "localhost:80@evil.example", "localhost:80:80", "localhost:8o", "localhost:-1",
    "127.0.0.1.evil.example", "127.0.0.1@evil.example:80", "10.0.0.1", "10.0.0.1:80", "0.0.0.0:80",
    "[::2]:80",
    "[::]:80", "2130706433:80", "0x7f.0.0.1:80", "local\xa0host", "\xff\xfe",
    "localhost ,evil", "music.example ",
]  # fmt: skip
DISGUISED = [
    "[::1].evil.example",
    "[::1].evil.example:80",
    "[::1]@evil.example:80",
    "127.0.0.1%evil.example:80",
]


def named_in(*named: str) -> bytes | None:
    headers = [(b"accept", b"*/*"), *((b"host", name.encode("latin-1")) for name in named)]
    return headers_of({"headers": headers}).get(b"host")


def accepts(hosts: AcceptedHosts, *named: str) -> bool:
    return hosts.accepts(named_in(*named))


def refusal(*named: str, path: str = "/v1/caller", version: str = "1.1") -> ProblemKind | None:
    """Why a request under a name that isn't ours is refused."""
    try:
        refuse_unless_probe(named_in(*named), path.encode(), version)
    except Problem as problem:
        return problem.kind
    return None


@pytest.mark.parametrize("name", ["music.example", "MUSIC.example", "Music.Example"])
def test_the_public_urls_host_is_ours_in_upper_and_lower_case(name: str) -> None:
    assert accepts(AcceptedHosts(PUBLIC), name)


@pytest.mark.parametrize(
    "base", ["http://10.1.2.3:8484", "https://music.example:8443", "http://[2001:db8::1]:80"]
)
def test_the_public_urls_port_belongs_to_its_host(base: str) -> None:
    name = base.partition("//")[2]
    assert accepts(AcceptedHosts(base), name)
    assert not accepts(AcceptedHosts(base), name + "1")


@pytest.mark.parametrize(
    ("base", "name"),
    [
        ("https://music.example:443", "music.example"),
        ("http://music.example:80", "music.example"),
        ("http://127.0.0.1:80", "127.0.0.1"),
        ("https://music.example", "music.example:443"),
    ],
)
def test_a_schemes_own_port_may_be_named_or_left_out(base: str, name: str) -> None:
    """A browser leaves the port out when it's the scheme's own (RFC 9110, 4.2.1 and 7.2)."""
    assert accepts(AcceptedHosts(base), name)


@pytest.mark.parametrize("name", LOOPBACK)
def test_loopback_is_ours_under_any_port_and_without_one(name: str) -> None:
    assert accepts(AcceptedHosts(PUBLIC), name)


@pytest.mark.parametrize("name", FOREIGN, ids=ascii)
def test_any_other_host_is_not_ours(name: str) -> None:
    assert not accepts(AcceptedHosts(PUBLIC), name)


@pytest.mark.parametrize("name", DISGUISED)
def test_a_name_that_only_begins_like_loopback_is_not_ours(name: str) -> None:
    assert not accepts(AcceptedHosts(PUBLIC), name)


def test_exactly_one_host_must_be_named() -> None:
    hosts = AcceptedHosts(PUBLIC)
    assert not accepts(hosts)
    assert not accepts(hosts, "music.example", "music.example")
    assert not accepts(hosts, "music.example", "evil.example")
    assert not accepts(hosts, "evil.example", "music.example")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize(
    "name", ["10.0.0.1:8484", "evil.example", "music.example", "[fd00::1]:80", "a_b"]
)
def test_probes_may_name_any_one_host(path: str, name: str) -> None:
    assert refusal(name, path=path) is None
    assert refusal(name, path=path + "/") is ProblemKind.MISDIRECTED


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/v1/caller", "*"])
def test_no_host_or_nonsense_is_a_bad_request_on_every_path(path: str) -> None:
    """RFC 9112, section 3.2: also where any host would do."""
    for named in (
        [], [""], ["a", "b"], ["music.example", "music.example"], ["music.example@evil.example"],
        ["music.example "], ["[::1"], ["[::1].evil.example"], ["a:b"], ["a:80:80"], ["a/b"], ["a%zz"],
        ["\xff"], ["a" * 5000 + "@"],
    ):  # fmt: skip
        assert refusal(*named, path=path) is ProblemKind.BAD_REQUEST, named


@pytest.mark.parametrize("version", ["1", "1.0"])
def test_a_probe_of_http_1_0_needs_no_host(version: str) -> None:
    assert refusal(path="/healthz", version=version) is None
    assert refusal(path="/v1/caller", version=version) is ProblemKind.MISDIRECTED
    assert refusal("a", "b", path="/healthz", version=version) is ProblemKind.BAD_REQUEST


@pytest.mark.parametrize(
    "path", ["/healthz/", "/healthz/x", "/x/healthz", "/readyzz", "/", "/Healthz"]
)
def test_only_the_probes_themselves_are_let_through(path: str) -> None:
    assert refusal("evil.example", path=path) is ProblemKind.MISDIRECTED


def test_a_probe_under_a_foreign_host_does_not_make_that_host_ours() -> None:
    hosts = AcceptedHosts(PUBLIC)
    assert refusal("evil.example", path="/healthz") is None
    assert not accepts(hosts, "evil.example")
    assert not accepts(hosts, "evil.example")


def test_a_flood_of_hosts_shuts_nobody_out_and_lets_nobody_in() -> None:
    hosts = AcceptedHosts(PUBLIC)
    assert not any(accepts(hosts, f"h{number}.example") for number in range(5000))
    assert accepts(hosts, "music.example")
    assert accepts(hosts, "localhost:8484")
    assert not accepts(hosts, "another.example")


def test_a_flood_of_hosts_leaves_ours_known() -> None:
    """They're worked out once, whatever else was asked for before and is in between."""
    hosts = AcceptedHosts(PUBLIC)
    for number in range(5000):
        accepts(hosts, f"h{number}.example")
        accepts(hosts, f"127.0.{number >> 8}.{number & 255}:8484")
    worked_out = 0

    class Counted(AcceptedHosts):
        def _is_ours(self, host: bytes) -> bool:
            nonlocal worked_out
            worked_out += 1
            return super()._is_ours(host)

    hosts.__class__ = Counted
    for number in range(100):
        assert accepts(hosts, "music.example")
        accepts(hosts, f"127.1.0.{number}:8484")
    assert worked_out == 101


def test_what_is_remembered_of_hosts_is_ours_and_little() -> None:
    hosts = AcceptedHosts(PUBLIC)
    for number in range(20_000):
        accepts(hosts, f"h{number}.example")
        accepts(hosts, f"127.{number & 255}.{number >> 8}.1:{number}")
    known = [*hosts._known, *hosts._known._old]
    assert 100 < len(known) <= 1000
    assert not [name for name in known if b"example" in name]


@pytest.mark.parametrize("length", [260, 5000, 60_000])
def test_what_is_longer_than_any_name_is_not_ours(length: int) -> None:
    hosts = AcceptedHosts(PUBLIC)
    for name in ("music.example:", "127.0.0.1:", "[::1]:", "[" + "0:" * (length // 2)):
        assert not accepts(hosts, name.ljust(length, "0"))
        assert not accepts(hosts, name.rjust(length, "0"))
    assert not hosts._known


def test_the_longest_name_is_ours_if_it_is_the_public_one() -> None:
    name = ".".join(["a" * 63] * 3 + ["a" * 61])
    assert accepts(AcceptedHosts(f"https://{name}:65535"), f"{name}:65535")
