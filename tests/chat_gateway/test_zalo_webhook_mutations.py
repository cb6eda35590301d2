"""Whatever arrives, signed or not, is answered with something Zalo understands, never with a 5xx."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import zalo as make
from tests.builders.mutations import TRIES

pytestmark = pytest.mark.usefixtures("database")

SIGNED, UNSIGNED = {200, 400, 403, 413}, {400, 401, 403, 413}
EXTREME = ["", "\x00", "\ud800", "9" * 400, "ế" * 300, "/", None, True, -1, 10**40, 1.5, [], {}, [[]], {"id": {}}]
JUNK = st.recursive(
    st.sampled_from(EXTREME) | st.text(max_size=40) | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=6,
)
BODIES = [
    make.said(),
    make.sent("image", {"url": "https://a.zdn.vn/1.jpg"}),
    make.sent("location", {"coordinates": {"latitude": "12.1", "longitude": "108.2"}}),
    make.sent("business_card", {"description": '{"phone":"84905123456"}'}),
    make.event("user_submit_info", info={"name": "A", "phone": "84905123456"}),
    make.event("follow", follower={"id": "77"}, oa_id="1"),
    make.event("unfollow", follower={"id": "77"}, oa_id="1"),
    make.event("user_click_chatnow", user_id="77"),
    make.event("user_received_message", message={"msg_id": "1", "tracking_id": "5"}),
    make.event("user_seen_message", message={"msg_ids": ["1", "2"]}),
    make.event(
        "user_feedback", message={"rate": 5, "msg_id": "1", "note": "x", "feedbacks": ["y"], "tracking_id": "9"}
    ),
]


@pytest.fixture
def zalo(monkeypatch):
    return make.client(monkeypatch)


def _paths(body: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body."""
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [before, *(path for key, value in inner for path in _paths(value, (*before, key)))]


def _changed(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy: Any = dict(body) if isinstance(body, dict) else list(body)
    copy[path[0]] = _changed(copy[path[0]], path[1:], value)
    return copy


@TRIES
@given(data=st.data(), body=st.sampled_from(BODIES), value=JUNK)
def test_a_signed_event_with_one_part_replaced(zalo, data, body, value):
    path = data.draw(st.sampled_from([path for path in _paths(body) if path and path != ("timestamp",)]))
    content = json.dumps(_changed(body, path, value)).encode()
    signature = make.mac(content, body["timestamp"])
    assert make.post(zalo, content, signature=signature).status_code in SIGNED


@TRIES
@given(
    body=st.sampled_from(BODIES),
    edits=st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=4)), min_size=1, max_size=6),
)
def test_changed_bytes_are_never_accepted(zalo, body, edits):
    content = bytearray(make.raw(body))
    signature = make.mac(bytes(content), body["timestamp"])
    for at, new in edits:
        content[at : at + len(new)] = new
    expected = {200} if bytes(content) == make.raw(body) else UNSIGNED
    assert make.post(zalo, bytes(content), signature=f"mac={signature}").status_code in expected


@TRIES
@given(content=st.binary(max_size=200) | JUNK.map(lambda junk: json.dumps(junk).encode()), header=st.text(max_size=80))
def test_anything_unsigned_is_refused(zalo, content, header):
    printable = header.encode("latin-1", "replace").decode("latin-1").replace("\r", "").replace("\n", "")
    assert make.post(zalo, content, signature=printable).status_code in UNSIGNED
