"""What Zalo's events become, and what is refused."""

import json
import time
import unicodedata

import pytest

from backend.messaging import service
from backend.messaging.channels import Choice, Offered, Reply
from backend.messaging.models import Status
from chat_gateway.zalo import buttons
from chat_gateway.zalo.channel import ZaloTemplateChannel
from tests.builders import messaging
from tests.builders import zalo as make

pytestmark = pytest.mark.usefixtures("database")
HOUR = 3_600
PICTURE = "https://photo-stal-3.talk.zdn.vn/9/a.jpg"


@pytest.fixture
def zalo(monkeypatch):
    return make.client(monkeypatch)


def only_message():
    (found,) = make.messages()
    return found


# --- the mac ------------------------------------------------------------------------------------------------------


def test_a_signed_text_is_in_the_ledger_and_answered_200(zalo):
    response = make.post(zalo, make.said("xin chào"))
    assert (response.status_code, response.data) == (200, b"")
    found = only_message()
    assert (found.channel, found.text, found.status) == ("zalo", "xin chào", Status.RECEIVED)
    assert make.conversations()[0].address == make.CITIZEN


def test_the_mac_may_come_without_its_prefix_and_in_capitals(zalo):
    body = make.said()
    signature = make.mac(make.raw(body), body["timestamp"]).upper()
    assert make.post(zalo, body, signature=signature).status_code == 200


def test_one_flipped_byte_is_refused(zalo):
    body = make.said("abc")
    signature = make.mac(make.raw(body), body["timestamp"])
    changed = make.raw(body).replace(b"abc", b"abd")
    assert make.post(zalo, changed, signature=signature).status_code == 403
    assert make.messages() == []


def test_the_mac_covers_the_bytes_not_their_meaning(zalo):
    body = make.said()
    signature = make.mac(make.raw(body), body["timestamp"])
    again = json.dumps(json.loads(make.raw(body))).encode()  # blanks and escapes: the same object, other bytes
    assert make.post(zalo, again, signature=signature).status_code == 403


REFUSED = {
    "no signature": ({}, {"signature": ""}, 401, "unauthenticated"),
    "another secret": ({}, {"secret": "the-app-secret"}, 403, "forbidden"),
    "the oa id first": ({}, {"mac_id": make.OA_ID}, 403, "forbidden"),
    "another app": ({"app_id": "999"}, {}, 403, "forbidden"),
    "no app": ({"app_id": None}, {}, 403, "forbidden"),
    "four hours old": ({"at": time.time() - 4 * HOUR}, {}, 403, "forbidden"),
    "from tomorrow": ({"at": time.time() + 24 * HOUR}, {}, 403, "forbidden"),
    "no time": ({"timestamp": "soon"}, {}, 400, "malformed"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_not_zalos_own_is_refused_and_leaves_nothing(zalo, why):
    changes, signing, status, code = REFUSED[why]
    response = make.post(zalo, make.said(**changes), **signing)
    assert (response.status_code, response.json["error"]["code"]) == (status, code)
    assert make.messages() == make.conversations() == []


def test_the_oa_id_may_be_first_where_the_setting_says_so(monkeypatch):
    zalo = make.client(monkeypatch, ZALO_MAC_ID="oa_id")
    assert make.post(zalo, make.said(), mac_id=make.OA_ID).status_code == 200
    assert make.post(zalo, make.said()).status_code == 403


def test_a_gateway_without_an_account_takes_nothing(monkeypatch):
    zalo = make.client(monkeypatch, ZALO_OA_ID="")
    assert make.post(zalo, make.said(), secret="").status_code == 403


MALFORMED = (b"", b"[]", b"{", b"\xff\xfe", b'"x"', b"[" * 20_000, b'{"a":' + b"9" * 5_000 + b"}")


@pytest.mark.parametrize("content", MALFORMED)
def test_what_is_no_json_object_is_malformed(zalo, content):
    response = make.post(zalo, content)
    assert (response.status_code, response.json["error"]["code"]) == (400, "malformed")


@pytest.mark.parametrize(
    "changes",
    [{"sender": {}}, {"sender": {"id": 1.5}}, {"message": None}, {"message": "x"}, {"sender": {"id": "a b"}}],
)
def test_a_signed_event_without_its_essentials_is_malformed(zalo, changes):
    response = make.post(zalo, make.said() | changes)
    assert (response.status_code, response.json["error"]["code"]) == (400, "malformed")


def test_a_body_over_the_limit_is_too_large(zalo):
    assert make.post(zalo, make.said("a" * 70_000)).status_code == 413


# --- once, whole, unchanged ---------------------------------------------------------------------------------------


def test_a_repetition_is_handled_once(zalo):
    body = make.said(at=time.time() - HOUR)
    for _ in range(3):
        assert make.post(zalo, body).status_code == 200
    assert len(make.messages()) == 1


def test_ids_of_nineteen_digits_stay_what_they_are_also_as_numbers(zalo):
    make.post(zalo, make.said(sender={"id": int(make.CITIZEN)}, msg_id="9007199254740993123"))
    assert make.conversations()[0].address == make.CITIZEN
    assert only_message().provider_message_id == "9007199254740993123"


def test_a_text_in_decomposed_letters_is_composed(zalo):
    make.post(zalo, make.said(unicodedata.normalize("NFD", "giấy khai sinh\u200b")))
    assert only_message().text == "giấy khai sinh"


@pytest.mark.parametrize("typed", ["/restart", " / /restart", '/ask_fee{"procedure_code":"1.001193"}'])
def test_a_citizen_cannot_command_the_assistant(zalo, typed):
    make.post(zalo, make.said(typed))
    assert not only_message().text.startswith("/")


def test_the_answer_is_there_in_milliseconds_while_nobody_works(zalo):
    make.post(zalo, make.said())
    started = time.perf_counter()
    assert make.post(zalo, make.said()).status_code == 200
    assert time.perf_counter() - started < 2
    assert {one.status for one in make.messages()} == {Status.RECEIVED}


# --- buttons ------------------------------------------------------------------------------------------------------


def test_a_pressed_button_is_the_choice_and_the_same_text_from_somebody_else_is_nothing(zalo, monkeypatch):
    messaging.install(monkeypatch, messaging.RecordingChannel("zalo"))
    make.post(zalo, make.said())
    conversation_id = make.conversations()[0].id
    service.say(conversation_id, Reply("Anh/chị hỏi gì ạ?", (Choice("Lệ phí", '/ask_fee{"procedure_code":"1"}'),)))
    token = make.messages()[-1].offered[0]["token"]
    payload = buttons.buttons((Offered("Lệ phí", token),), ())[0]["payload"]
    make.post(zalo, make.said(payload))
    pressed = make.messages()[-1]
    assert (pressed.text, pressed.payload) == ("Lệ phí", '/ask_fee{"procedure_code":"1"}')
    before = len(make.messages())
    assert make.post(zalo, make.said(payload, user="1112223334445556667")).status_code == 200
    assert make.post(zalo, make.said(buttons.prefix() + "made-up")).status_code == 200
    assert len(make.messages()) == before


def test_the_prefix_of_payloads_is_not_known_to_citizens(monkeypatch):
    assert len(buttons.prefix()) > 20
    assert buttons.token_in("/ask_fee") is None
    assert buttons.token_in("#mc-:abc") is None


# --- everything else that citizens send ---------------------------------------------------------------------------

FILES = {
    "image": {"url": PICTURE, "thumbnail": PICTURE},
    "gif": {"url": PICTURE},
    "video": {"url": PICTURE, "thumbnail": PICTURE, "description": ""},
    "audio": {"url": PICTURE},
    "file": {"url": PICTURE, "name": "đơn.pdf", "size": "1024", "type": "pdf"},
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_noted_for_fetching(zalo, kind):
    make.post(zalo, make.sent(kind, FILES[kind], text="giấy của em"))
    found = only_message()
    assert found.text == "giấy của em"
    (attachment,) = found.attachments
    assert (attachment["kind"], attachment["reference"]) == ("remote", PICTURE)
    assert attachment["name"] == FILES[kind].get("name", "")


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"coordinates": {"latitude": "12.6667", "longitude": "108.05"}}, (12.6667, 108.05)),
        ({"coordinates": {"latitude": 12.5, "longitude": 108}}, (12.5, 108.0)),
        ({"coordinates": {"latitude": "nan", "longitude": "108"}}, None),
        ({"coordinates": {"latitude": "91", "longitude": "108"}}, None),
        ({"lat": "12"}, None),
    ],
)
def test_a_location_has_coordinates_as_strings(zalo, payload, expected):
    assert make.post(zalo, make.sent("location", payload)).status_code == 200
    places = [(one["latitude"], one["longitude"]) for one in only_message().attachments]
    assert places == ([expected] if expected else [])


def test_stickers_links_and_cards(zalo):
    make.post(zalo, make.sent("sticker", {"id": "1", "url": PICTURE}))
    make.post(zalo, make.sent("link", {"url": "https://daklak.gov.vn", "title": "Cổng"}))
    make.post(zalo, make.sent("business_card", {"description": json.dumps({"phone": "84905123456"})}))
    make.post(zalo, make.sent("business_card", {"description": "{"}))
    sticker, link, card, empty = make.messages()
    assert sticker.attachments[0]["kind"] == "refused"
    assert link.text == "Cổng https://daklak.gov.vn"
    assert card.attachments == [{"kind": "contact", "phone": "+84905123456", "own": False}]
    assert empty.attachments[0]["kind"] == "refused"


SUBMITTED = {
    "new": {
        "name": "H'Liên",
        "phone": "84905123456",
        "user_dob": "",
        "full_address": {"user_city": "Đắk Lắk", "user_ward": "", "user_address": ""},
    },
    "old": {"name": "H'Liên", "phone": "84905123456", "address": "", "city": "", "district": "", "ward": ""},
    "number": {"name": "H'Liên", "phone": 84905123456},
}


@pytest.mark.parametrize("shape", SUBMITTED)
def test_a_number_typed_into_the_card_is_a_contact_nobody_vouches_for(zalo, shape):
    body = make.event("user_submit_info", info=SUBMITTED[shape])
    for _ in range(2):
        assert make.post(zalo, body).status_code == 200
    assert only_message().attachments == [{"kind": "contact", "phone": "+84905123456", "own": False}]


def test_following_and_leaving(zalo):
    follower = {"oa_id": make.OA_ID, "follower": {"id": make.CITIZEN}, "source": "qr"}
    make.post(zalo, make.event("follow", sender=None, recipient=None, **follower))
    assert make.conversations()[0].heard_at is not None
    make.post(zalo, make.event("unfollow", at=time.time() + 1, **follower))
    assert make.conversations()[0].unreachable_since is not None
    make.post(zalo, make.said())
    make.post(zalo, make.event("unfollow", at=time.time() - 60, **follower))  # late: they have come back since
    assert make.conversations()[0].unreachable_since is None
    make.post(zalo, make.event("user_click_chatnow", user_id="77", oa_id=make.OA_ID))
    assert [one.address for one in make.conversations()] == [make.CITIZEN, "77"]


def test_receipts_move_a_message_to_delivered_and_read(zalo, monkeypatch):
    messaging.install(monkeypatch, messaging.RecordingChannel("zalo"))
    make.post(zalo, make.said())
    message_id = service.say(make.conversations()[0].id, Reply("Dạ."))
    messaging.work()
    provider_id = messaging.row(message_id).provider_message_id
    ours = {"sender": {"id": make.OA_ID}, "recipient": {"id": make.CITIZEN}}
    make.post(zalo, make.event("user_received_message", message={"msg_id": provider_id}, **ours))
    assert messaging.row(message_id).status == Status.DELIVERED
    make.post(zalo, make.event("user_seen_message", message={"msg_ids": [provider_id]}, **ours))
    assert messaging.row(message_id).status == Status.READ
    make.post(zalo, make.event("user_received_message", message={"msg_id": provider_id}, **ours))
    assert messaging.row(message_id).status == Status.READ


@pytest.mark.parametrize("by", ["msg_id", "tracking_id"])
def test_a_rating_lands_in_the_conversation_that_was_asked(zalo, monkeypatch, by):
    name = "zalo" if by == "msg_id" else "zns"
    messaging.install(monkeypatch, messaging.RecordingChannel(name))
    conversation_id = make.conversation(channel=name, address=make.CITIZEN if name == "zalo" else "84905123456")
    message_id = service.say(conversation_id, Reply("Anh/chị có hài lòng không?"))
    messaging.work()
    named = (
        {"msg_id": messaging.row(message_id).provider_message_id}
        if by == "msg_id"
        else {"tracking_id": str(message_id)}
    )
    rated = {"rating_type": "csat", "rate": 4, "note": "nhanh", "feedbacks": ["Đúng hẹn"], "submit_time": "1"}
    body = make.event("user_feedback", oa_id=make.OA_ID, message={"msg_id": "other", **rated, **named})
    for _ in range(2):
        assert make.post(zalo, body).status_code == 200
    answers = [one for one in make.messages() if one.direction == "in"]
    assert [(one.text, one.conversation_id) for one in answers] == [("DG 4 Đúng hẹn. nhanh", conversation_id)]


def test_a_rating_of_a_template_is_thanked_for_by_the_template_alone(zalo, monkeypatch):
    """Nobody can be answered at a phone number: the thanks are kept, and failed before with an error each time."""
    channel = messaging.RecordingChannel("zns")
    channel.answers = False
    messaging.install(monkeypatch, channel)
    message_id = service.say(make.conversation(channel="zns", address="84905123456"), Reply("Anh/chị có hài lòng?"))
    messaging.work()
    rated = {"rating_type": "csat", "rate": 4, "submit_time": "1", "tracking_id": str(message_id)}
    make.post(zalo, make.event("user_feedback", oa_id=make.OA_ID, message={"msg_id": "other", **rated}))
    messaging.work()
    asked, rating, thanks = make.messages()
    assert (asked.status, rating.status, thanks.status) == (Status.SENT, Status.ANSWERED, Status.SUPPRESSED)
    assert len(channel.sent) == 1
    assert not ZaloTemplateChannel.answers


def test_a_rating_of_nothing_of_ours_is_acknowledged_and_dropped(zalo):
    body = make.event("user_feedback", message={"rate": 5, "msg_id": "unknown", "tracking_id": "99"})
    assert make.post(zalo, body).status_code == 200
    assert make.messages() == []


@pytest.mark.parametrize("name", ["oa_send_text", "anonymous_send_text", "anonymous_send_image", "brand_new", ""])
def test_what_says_nothing_to_us_is_acknowledged(zalo, name):
    assert make.post(zalo, make.said() | {"event_name": name}).status_code == 200
    assert make.messages() == []


def test_the_page_after_consent_shows_what_to_do(zalo):
    response = zalo.get("/zalo/consent?code=secret&oa_id=1")
    assert response.status_code == 200
    assert "exchange" in response.text
    assert "secret" not in response.text
