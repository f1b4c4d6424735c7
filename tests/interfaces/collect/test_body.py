"""What a request holds, whatever bytes it is made of."""

from __future__ import annotations

import gzip
import json

from hypothesis import given
from hypothesis import strategies as st

from kinfolk.interfaces.collect.body import BadBodyError, events_of, key_in, parsed
from kinfolk.interfaces.collect.routes import intake, settings_key

PIECES = st.lists(
    st.sampled_from([b"{", b"}", b"[", b"]", b":", b",", b'"', b"\\", b"\\ud83d", b"u", b"1", b"e9", b"null", b"\xff"])
    | st.binary(max_size=4),
    max_size=20,
).map(b"".join)


@given(data=PIECES | PIECES.map(gzip.compress) | PIECES.map(lambda piece: b"\x1f\x8b" + piece))
def test_whatever_bytes_come_they_are_json_or_refused(data: bytes) -> None:
    try:
        body = parsed(data)
        key_in(body)
        events_of(body)
    except BadBodyError:
        return
    assert body is not None


@given(
    value=st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_json_is_what_it_says_packed_or_not(value: object) -> None:
    data = json.dumps(value).encode()
    assert parsed(data) == parsed(gzip.compress(data)) == parsed(b"\xef\xbb\xbf" + data) == value


@given(path=st.text(max_size=30) | st.text(max_size=10).map("/v1/".__add__))
def test_no_address_is_too_odd(path: str) -> None:
    intake(path)
    settings_key(path)
