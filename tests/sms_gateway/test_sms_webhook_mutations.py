"""Whatever arrives, signed or not, is answered with something a provider understands, never with a 5xx."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import sms as make
from tests.builders.messaging import count
from tests.builders.mutations import TRIES

pytestmark = pytest.mark.usefixtures("database")

EXTREME = ["", "\x00", "\ud7ff\U0010ffff", "9" * 400, "+84905123456", "ế" * 300]
ODD = st.text(max_size=200) | st.sampled_from(EXTREME)
NAMES = st.sampled_from([*make.inbound(), "MediaUrl0", "MessageStatus", "ErrorCode", "OptOutType"]) | st.text(
    max_size=20
)
UNSIGNED = {400, 403, 413, 415}
EXPECTED = {200, 204} | UNSIGNED


@pytest.fixture
def gateway(monkeypatch):
    return make.client(monkeypatch)


@TRIES
@given(
    changes=st.dictionaries(NAMES, ODD, max_size=6),
    dropped=st.sets(st.sampled_from(sorted(make.inbound())), max_size=3),
    path=st.sampled_from([make.INBOUND, make.STATUS]),
)
def test_changed_fields_with_a_good_signature(gateway, changes, dropped, path):
    fields = make.inbound() | make.receipt(make.sid(), "delivered") | changes
    raw = urlencode({name: value for name, value in fields.items() if name not in dropped}).encode()
    assert make.post(gateway, raw, path).status_code in EXPECTED


@TRIES
@given(
    edits=st.lists(st.tuples(st.integers(0, 600), st.binary(max_size=4)), min_size=1, max_size=8),
    signed=st.booleans(),
)
def test_changed_bytes(gateway, edits, signed):
    raw = bytearray(urlencode(make.inbound()).encode())
    for at, new in edits:
        raw[at : at + len(new)] = new
    signing = {} if signed else {"signature": "forged"}
    assert make.post(gateway, bytes(raw), **signing).status_code in (EXPECTED if signed else UNSIGNED)


@TRIES
@given(
    edits=st.lists(st.tuples(st.integers(0, 600), st.binary(max_size=4)), min_size=1, max_size=8),
    path=st.sampled_from([make.INBOUND, make.STATUS]),
)
def test_changed_bytes_under_the_signature_of_others_are_never_accepted(gateway, edits, path):
    sent = urlencode(make.inbound()).encode()
    raw = bytearray(sent)
    for at, new in edits:
        raw[at : at + len(new)] = new
    signature = make.signature_of(sent, make.PUBLIC_URL + path)
    same = make.signature_of(bytes(raw), make.PUBLIC_URL + path) == signature  # "%C3" is "%c3"
    before = count()
    status = make.post(gateway, bytes(raw), path, signature=signature).status_code
    assert same or (status in UNSIGNED and count() == before)


@TRIES
@given(
    raw=st.binary(max_size=300), content_type=st.sampled_from(["application/x-www-form-urlencoded", "text/xml", ";"])
)
def test_any_bytes(gateway, raw, content_type):
    assert make.post(gateway, raw, content_type=content_type).status_code in UNSIGNED


REPORT = {"SMSID": "1", "SendStatus": "5", "SendSuccess": "1", "SendFailed": "0", "RequestId": "1-2026"}


@TRIES
@given(
    secret=st.sampled_from(["a-secret-path-of-esms", "x", ""]) | st.text(max_size=40),
    changes=st.dictionaries(st.sampled_from(sorted(REPORT)) | st.text(max_size=10), ODD, max_size=5),
)
def test_reports_of_esms_with_and_without_the_secret(gateway, secret, changes):
    path = f"/sms/esms/{quote(secret, safe='')}/status?{urlencode(REPORT | changes, errors='replace')}"
    status = gateway.get(path).status_code
    assert status == 204 if secret == "a-secret-path-of-esms" else status in {404, 308}
