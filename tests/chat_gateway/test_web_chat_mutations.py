"""Whatever the page's requests are made into, the answer is one that a page understands; strangers write nothing."""

import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_gateway.settings import chat_settings
from tests.builders.chat import OWN_PAGE
from tests.builders.messaging import count
from tests.builders.mutations import TRIES

ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=40)
    | st.sampled_from(["\x00", "ế" * 5000, "9" * 400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
PATHS = st.sampled_from(["/chat/messages", "/chat/seen", "/chat/forget", "/chat/photos"])
REFUSED = {400, 404, 413, 415, 422}


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    monkeypatch.setenv("CHAT_MESSAGES_PER_MINUTE", "100000")
    chat_settings.cache_clear()


@TRIES
@given(path=PATHS, changes=st.dictionaries(st.sampled_from(["id", "text", "token", "place", "until", "read"]), ODD))
def test_changed_fields(visitor, path, changes):
    body = {"id": str(uuid.uuid4()), "text": "giờ làm việc", "until": 1, "read": True} | changes
    status = visitor.client.post(path, data=json.dumps(body), headers=OWN_PAGE).status_code
    assert status in REFUSED | {200, 202}


@TRIES
@given(path=PATHS, raw=st.binary(max_size=300) | ODD.map(lambda odd: json.dumps(odd).encode()))
def test_any_bytes(visitor, path, raw):
    assert visitor.client.post(path, data=raw, headers=OWN_PAGE).status_code in REFUSED | {200}


@TRIES
@given(cookie=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=';,"\\'), max_size=120))
def test_nobody_writes_without_a_cookie_that_we_signed(app, cookie):
    client = app.test_client()
    client.set_cookie("mot_cua_chat", cookie)
    before = count()
    body = {"id": str(uuid.uuid4()), "text": "giờ làm việc"}
    assert client.post("/chat/messages", json=body, headers=OWN_PAGE).status_code in {401, 403}
    assert count() == before
