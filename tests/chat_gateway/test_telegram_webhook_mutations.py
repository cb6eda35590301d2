"""Whatever arrives, with the secret or without, is answered with something Telegram understands, never with a 5xx."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import telegram as make
from tests.builders.messaging import count
from tests.builders.mutations import TRIES

FILE = {"file_id": "AgAC", "file_unique_id": "u", "file_size": 5, "width": 1, "height": 1, "file_name": "đơn.pdf"}
SEEDS = [
    make.message(),
    make.message(photo=[FILE, FILE], caption="đèn hỏng"),
    make.message(document=FILE),
    make.message(venue={"location": {"latitude": 12.6, "longitude": 108.0}, "title": "UBND", "address": "1 Lê Duẩn"}),
    make.message(contact={"phone_number": "84905123456", "first_name": "Ánh", "user_id": make.ANH}),
    make.press("token"),
    make.membership("kicked"),
]
ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=40),
    st.sampled_from(
        ["", "\x00", "\ud7ff\U0010ffff", "9" * 400, "ế" * 5000, [], {}, [[]], {"id": 1}, "private", "group"]
    ),
)
EXPECTED = {200, 400, 403, 413, 415}

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def gateway(monkeypatch):
    return make.client(monkeypatch)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something can be changed: every key and index of an update."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, one in inner for found in ((*path, key), *places(one, (*path, key)))]


@TRIES
@given(data=st.data())
def test_changed_fields(gateway, data):
    update = copy.deepcopy(data.draw(st.sampled_from(SEEDS)))
    update["update_id"] = data.draw(st.integers(0, 2**62))
    for path in data.draw(st.lists(st.sampled_from(places(update)), min_size=1, max_size=4)):
        try:
            inner = update
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = copy.deepcopy(data.draw(ODD))
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier change has taken this place away
    secret = data.draw(st.sampled_from([make.SECRET, make.SECRET, make.SECRET, "forged"]))
    before = count() if secret == "forged" else 0
    status = make.post(
        gateway, json.dumps(update, ensure_ascii=data.draw(st.booleans())).encode("utf-8", "replace"), secret=secret
    ).status_code
    assert status in ({403} if secret == "forged" else EXPECTED)
    assert secret != "forged" or count() == before


@TRIES
@given(
    seed=st.sampled_from(SEEDS),
    edits=st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=4)), min_size=1, max_size=8),
    signed=st.booleans(),
)
def test_changed_bytes(gateway, seed, edits, signed):
    raw = bytearray(json.dumps(seed, ensure_ascii=False).encode())
    for at, new in edits:
        raw[at : at + len(new)] = new
    status = make.post(gateway, bytes(raw), secret=make.SECRET if signed else None).status_code
    assert status in (EXPECTED if signed else {403})
