"""Strange texts of every kind that a request has, as strategies of Hypothesis."""

from __future__ import annotations

import json
import re
import urllib.parse

from hypothesis import strategies as st

from listenlink.web.routes import FOR_ANYBODY, FOR_OWNERS

BOUNDARY = b"b0undary"
FORM = b"multipart/form-data; boundary=" + BOUNDARY

# Short texts, some of them of what means something in a header.
visible = st.binary(max_size=40) | st.text("ab;=\"\\,/'% -\t\xff\xe9", max_size=40).map(
    lambda text: text.encode("latin-1")
)
boundaries = visible | st.integers(0, 6000).map(lambda length: b"x" * length)
content_types = st.one_of(
    visible,
    boundaries.map(lambda text: b"multipart/form-data; boundary=" + text),
    boundaries.map(lambda text: b'multipart/form-data; boundary="' + text + b'"'),
    st.tuples(visible, visible).map(lambda pair: pair[0] + b"; boundary=" + pair[1]),
    st.just(FORM),
    st.just(FORM + b"; charset=\xff"),
    st.none(),
)
part_heads = st.one_of(
    st.sampled_from([
        b'Content-Disposition: form-data; name="file"; filename="a.wav"',
        b'Content-Disposition: form-data; name="file"; filename="\xff\x00/\\"',
        b'Content-Disposition: form-data; name="engine"', b"Content-Disposition: form-data",
        b"Content-Disposition: form-data; name*=utf-8''x", b"Content-Disposition: attachment",
        b'Content-Disposition: form-data; name="title"\r\nContent-Type: text/plain; charset=\xff',
        b'Content-Disposition: form-data; name="title"\r\nContent-Type: text/plain; charset=nonsense',
        b'Content-Disposition: form-data; name="title"\r\nContent-Length: 3',
        b'Content-Disposition: form-data; name="title"\r\nContent-Length: ' + b"9" * 5000,
        b'Content-Disposition: form-data; name="title"\r\n folded', b"X: " + b"y" * 5000, b"",
    ]),
    visible,
)  # fmt: skip
bodies = st.one_of(
    st.binary(max_size=200),
    st.lists(st.tuples(part_heads, st.binary(max_size=60)), max_size=12).map(
        lambda parts: (
            b"".join(
                b"--" + BOUNDARY + b"\r\n" + head + b"\r\n\r\n" + text + b"\r\n"
                for head, text in parts
            )
            + b"--"
            + BOUNDARY
            + b"--\r\n"
        )
    ),
)
lengths = st.one_of(
    st.none(), st.sampled_from([b"9" * 5000, b"-1", b"", b"1e3", b"\xd9\xa3", b"0"])
)

# Each route's methods and path; not what deletes what the others need, nor a stream without an end.
ROUTES = [
    (str(method), path)
    for handler in [*FOR_ANYBODY, *FOR_OWNERS]
    for path in handler.paths
    for method in sorted({*handler.http_methods} - {"DELETE"})
    if not path.endswith("/events")
]
texts = st.one_of(
    st.sampled_from([
        b"%00", b"%ff", b"%", b"%z", b"%zz", b"a%00b", b"%ed%a0%80", b"%f0%9f%98%80", b"'", b"%27%22",
        b"..%2f", b"%2e%2e", b"-1", b"9" * 5000, b"NaN", b"1e400", b"0x10", b"1_0", b"%20", b"+",
        b"%d9%a3", b"null", b"x" * 300, b"%0d%0a", b";", b"=", b"[]", b"{}", b"\xff", b"\xc3\xa9",
        b"mtrack_" + b"f" * 12,
    ]),
    st.binary(min_size=1, max_size=12).map(lambda some: urllib.parse.quote(some).encode()),
)  # fmt: skip
names = st.sampled_from([
    b"limit", b"offset", b"mode", b"engine", b"collection_id", b"target_id", b"url", b"format", b"maxwidth",
    b"maxheight", b"size", b"q", b"%00", b"%ff", b"",
])  # fmt: skip
queries = st.lists(st.tuples(names, texts).map(b"=".join), max_size=4).map(b"&".join)
header_names = st.sampled_from([
    b"accept", b"accept-language", b"accept-encoding", b"user-agent", b"referer", b"listen-session", b"range",
    b"if-range", b"if-match", b"if-none-match", b"idempotency-key", b"content-type", b"content-length",
    b"upload-metadata", b"upload-length", b"upload-offset", b"tus-resumable", b"x-forwarded-for", b"cookie",
    b"authorization", b"x-api-key", b"sec-purpose", b"purpose", b"sec-fetch-dest",
    b"transfer-encoding", b"origin", b"host",
])  # fmt: skip
header_values = st.one_of(
    visible,
    st.sampled_from([
        b"9" * 5000, b"-1", b"application/json; charset=\xff", FORM, b"engine c3R1ZGlv,title \xff",
        b"engine c3R1ZGlv,title AAAA", b"engine =", b"1.0.0", b"bytes=0-", b"bytes=-", b"bytes=1-0", b"*",
        b'W/"',
        b"x" * 4000, b"application/offset+octet-stream", b"application/msgpack", b"Bearer \xff", b"text/html",
    ]),
)  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
field_names = st.sampled_from([
    "name", "description", "cover_image_url", "title", "artist", "engine", "mode", "instrumental", "track_id",
    "position", "ordered_track_ids", "visibility", "expires_in_days", "max_opens", "label", "allow_download",
    "preview", "strict_open", "scopes", "expires_in_hours", "expires_at", "",
])  # fmt: skip
json_bodies = st.one_of(
    st.dictionaries(field_names, json_values, max_size=4).map(lambda sent: json.dumps(sent).encode()),
    json_values.map(lambda sent: json.dumps(sent).encode()),
    st.integers(0, 100_000).map(lambda depth: b"[" * depth),
    st.integers(0, 100_000).map(lambda depth: b"[" * depth + b"]" * depth),
    st.integers(0, 20_000).map(lambda depth: b'{"name":' * depth + b"1" + b"}" * depth),
    st.sampled_from([
        b"", b"\xff", b"\x00", b"\xef\xbb\xbf{}", b"{}{}", b'{"name":"\\ud800"}', b'{"name":"\\u0000"}',
        b'{"name":1e400}', b'{"max_opens":1e300}', b'{"max_opens":9223372036854775808}', b'{"name":"\xff"}',
        b'{"name":"a","name":"b"}', b"[" + b"9" * 5000 + b"]",
    ]),
    st.binary(max_size=30),
)  # fmt: skip


@st.composite
def requests(
    draw: st.DrawFn,
) -> tuple[str, str, bytes, dict[bytes, bytes], bytes, dict[str, bytes]]:
    """A method, a route's path, a query, headers, a body, and what stands in the path for some name."""
    method, path = draw(st.sampled_from(ROUTES))
    given_names = re.findall(r"\{(\w+):str\}", path)
    strange = draw(st.dictionaries(st.sampled_from(given_names or ["none"]), texts, max_size=1))
    headers: dict[bytes, bytes] = {}
    if method in ("POST", "PATCH", "PUT"):
        headers[b"content-type"] = b"application/json"
    if "/uploads" in path:
        headers |= {
            b"tus-resumable": b"1.0.0", b"upload-offset": b"0", b"upload-length": b"10",
            b"upload-metadata": b"engine c3R1ZGlv", b"content-type": b"application/offset+octet-stream",
        }  # fmt: skip
    headers |= draw(st.dictionaries(header_names, header_values, max_size=2))
    return method, path, draw(queries), headers, draw(json_bodies), strange
