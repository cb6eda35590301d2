"""Sending through a Zalo of our own: a process on loopback that holds us to the documented rules."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from backend import clock, storage
from backend.messaging import service
from backend.messaging.channels import (
    Ask,
    Card,
    Choice,
    HealthState,
    Link,
    Rejected,
    Reply,
    Template,
    TryLater,
    Undecided,
)
from backend.messaging.models import Status
from backend.settings import settings
from chat_gateway.zalo import accounts, codes
from chat_gateway.zalo.channel import ZaloChannel, ZaloTemplateChannel
from chat_gateway.zalo.codes import Kind
from tests.builders import files, messaging
from tests.builders import zalo as make
from tests.peers.zalo import client as peer
from tests.peers.zalo import rules
from tests.peers.zalo.client import Zalo, buttons

pytestmark = pytest.mark.usefixtures("database")
SENT = "/v3.0/oa/message/cs"
NEW = "84905000001"
TEMPLATES = """
received:
  template_id: "100"
  values: {ten: "{name}", ma: "{code}", thu_tuc: "{procedure}"}
  shorten: [thu_tuc]
result_ready:
  template_id: "404"
  values: {ma: "{code}"}
"""
PARAMS = [
    {"name": "ten", "require": True, "type": "STRING", "maxLength": 30, "minLength": 0},
    {"name": "ma", "require": True, "type": "STRING", "maxLength": 30, "minLength": 0},
    {"name": "thu_tuc", "require": False, "type": "STRING", "maxLength": 20, "minLength": 0},
]
FACTS = {"name": "H'Liên Niê", "code": "H15.24-261128-0001", "procedure": "Đăng ký khai sinh cho trẻ em"}


@pytest.fixture(scope="module")
def running() -> Iterator[Zalo]:
    with peer.running() as started:
        yield started


@pytest.fixture
def zalo(running: Zalo, monkeypatch, tmp_path) -> Zalo:
    """The peer, with a fresh pair of tokens on both sides and nothing left of the test before."""
    running.control("reset")
    (tmp_path / "templates.yml").write_text(TEMPLATES)
    make.configure(monkeypatch, **running.environment(), ZALO_TEMPLATES=str(tmp_path / "templates.yml"))
    pair = running.control("pair")
    accounts.keep_first(make.OA_ID, pair["access_token"], pair["refresh_token"], timedelta(hours=25))
    running.set(last={make.CITIZEN: 60}, templates=[{"id": "100", "params": PARAMS}], phones=[NEW])
    return running


@pytest.fixture
def channel(zalo: Zalo) -> ZaloChannel:
    return ZaloChannel()


def send(channel, reply, *, heard=timedelta(minutes=1), **changes):
    address = changes.pop("to", make.CITIZEN)
    conversation_id = make.conversation(address, heard=heard, channel=channel.name)
    outgoing = make.outgoing(channel, reply, conversation_id, **changes)
    return channel.send(outgoing), outgoing


# --- what goes out ------------------------------------------------------------------------------------------------


def test_a_text_with_choices_and_a_link_is_one_bubble_with_buttons(zalo, channel):
    reply = Reply(
        "Anh/chị hỏi gì?", (Choice("Lệ phí", "/a"), Choice("Giấy tờ", "/b")), (Link("Mở trang", "https://x.vn"),)
    )
    sent, outgoing = send(channel, reply)
    (got,) = zalo.inbox(make.CITIZEN)
    assert (sent.provider_message_id, sent.provider) == (got["message_id"], "zalo")
    assert got["message"]["text"] == "Anh/chị hỏi gì?"
    assert [(one["title"], one["type"]) for one in buttons(got)] == [
        ("Lệ phí", "oa.query.hide"),
        ("Giấy tờ", "oa.query.hide"),
        ("Mở trang", "oa.open.url"),
    ]
    assert buttons(got)[0]["payload"].endswith(outgoing.offered[0].token)


def test_more_choices_than_buttons_are_numbered_in_the_text(zalo, channel):
    choices = tuple(Choice(f"Việc {n} " + "rất dài " * 20, f"/{n}") for n in range(1, 8))
    send(channel, Reply("Chọn:", choices, (Link("Trang", "https://x.vn"),), Card("Thẻ", ("dòng",))))
    (got,) = zalo.inbox(make.CITIZEN)
    assert len(buttons(got)) == rules.MOST_BUTTONS
    assert all(len(one["title"]) <= rules.LONGEST_TITLE for one in buttons(got))
    for part in ("Thẻ\ndòng", "Trang: https://x.vn", "1. Việc 1", "7. Việc 7"):
        assert part in got["message"]["text"]


def test_a_long_text_is_split_at_a_pause_with_the_buttons_below_the_last(zalo, channel):
    paragraphs = "\n\n".join(f"Đoạn {n}. " + "ế" * 500 for n in range(6))
    send(channel, Reply(paragraphs, (Choice("Tiếp", "/a"),)))
    got = zalo.inbox(make.CITIZEN)
    assert len(got) == 2
    assert "\n\n".join(one["message"]["text"] for one in got) == paragraphs
    assert [bool(buttons(one)) for one in got] == [False, True]


def test_pictures_and_papers_go_out_but_what_zalo_refuses(zalo, channel, tmp_path, monkeypatch):
    monkeypatch.setenv("STORAGE_DIR", str(tmp_path / "files"))
    settings.cache_clear()
    picture = storage.store(files.make_image(), "ảnh.jpg", actor="officer:1")
    paper = storage.store(files.make_pdf(), "giấy.pdf", actor="officer:1")
    send(channel, Reply("Xem giấy.", files=(paper.id,)))
    monkeypatch.setattr("chat_gateway.zalo.channel.LARGEST_FILE", paper.size - 1)
    send(channel, Reply("Xem ảnh.", files=(picture.id, paper.id)))
    text, file, both = (one["message"] for one in zalo.inbox(make.CITIZEN))
    assert (text, file["attachment"]["type"]) == ({"text": "Xem giấy."}, "file")
    assert both["attachment"]["payload"]["elements"][0]["media_type"] == "image"
    assert (channel.carries(picture), channel.carries(paper)) == (True, False)
    assert zalo.seen["uploads"] == ["file", "image"]


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_picture_that_zalo_does_not_take_goes_out_smaller_as_jpeg(zalo, channel, tmp_path, monkeypatch, kind):
    monkeypatch.setenv("STORAGE_DIR", str(tmp_path / "files"))
    settings.cache_clear()
    if kind == "JPEG":
        monkeypatch.setattr("chat_gateway.zalo.channel.LARGEST_IMAGE", 1_000)
    picture = storage.store(files.make_image(kind, (1_600, 1_200)), f"ảnh.{kind.lower()}", actor="officer:1")
    send(channel, Reply("Xem ảnh.", files=(picture.id,)))
    (got,) = (one["message"] for one in zalo.inbox(make.CITIZEN))
    assert got["text"] == "Xem ảnh."
    assert zalo.seen["uploads"] == ["image"]


def test_a_phone_number_is_asked_for_by_a_card(zalo, monkeypatch):
    monkeypatch.setenv("ZALO_INFO_PICTURE_URL", "https://x.vn/a.png")
    make.zalo_settings.cache_clear()
    send(ZaloChannel(), Reply("Cho em xin số.", ask=Ask.PHONE))
    text, card = zalo.inbox(make.CITIZEN)
    assert text["message"] == {"text": "Cho em xin số."}
    assert card["message"]["attachment"]["payload"]["template_type"] == "request_user_info"


def test_after_a_failure_in_the_middle_only_the_rest_is_sent(zalo, channel):
    text = ("a" * 1_900 + "\n\n") * 3
    zalo.set(faults=[{"path": SENT, "times": 1, "code": -32}])
    with pytest.raises(TryLater):
        send(channel, Reply(text), id=4_711)
    zalo.set(faults=[{"path": SENT, "times": 1}, {"path": SENT, "times": 1, "code": -32}])
    with pytest.raises(TryLater):
        send(channel, Reply(text), id=4_711)
    send(channel, Reply(text), id=4_711)
    assert len(zalo.inbox(make.CITIZEN)) == 3


def test_files_of_citizens_come_from_allowed_hosts_only(zalo, channel):
    url = zalo.control("keep", name="a.jpg", hex=b"jpeg".hex())["url"]
    assert channel.fetch(url).data == b"jpeg"
    for elsewhere in (
        "http://169.254.169.254/latest",
        "https://example.org/a.jpg",
        url.replace("127.0.0.1", "localhost"),
    ):
        with pytest.raises(Rejected):
            channel.fetch(elsewhere)


# --- windows ------------------------------------------------------------------------------------------------------

HOURS = {47.98: "zalo", 48.02: "zalo_paid", 167.9: "zalo_paid"}


@pytest.mark.parametrize("hours", HOURS)
def test_inside_seven_days_a_message_goes_out_and_its_price_is_noted(zalo, channel, hours):
    zalo.set(last={make.CITIZEN: hours * 3_600})
    sent, _ = send(channel, Reply("Dạ."), heard=timedelta(hours=hours))
    (got,) = zalo.inbox(make.CITIZEN)
    assert sent.provider == HOURS[hours]
    assert got["price"] == ("free" if sent.provider == "zalo" else "paid")


@pytest.mark.parametrize("heard", [timedelta(days=7, minutes=1), None])
def test_beyond_seven_days_zalo_is_not_even_asked(zalo, channel, heard):
    with pytest.raises(Rejected) as refused:
        send(channel, Reply("Dạ."), heard=heard)
    assert refused.value.code == "window_closed"
    assert zalo.seen["calls"] == []


@pytest.mark.parametrize("ours", [timedelta(days=8), timedelta(days=1)])
def test_beyond_seven_days_a_notice_goes_out_by_its_template(zalo, channel, ours):
    """Also where only Zalo knows that the time is over."""
    zalo.set(last={make.CITIZEN: 8 * 86_400})
    sent, _ = send(channel, Reply("Đã tiếp nhận.", template=Template("received.online", FACTS)), heard=ours)
    (got,) = zalo.inbox(make.CITIZEN)
    assert (sent.provider, got["message"]["template_id"]) == ("zalo_template", "100")
    assert got["message"]["template_data"]["ten"] == FACTS["name"]
    assert got["message"]["template_data"]["thu_tuc"] == "Đăng ký khai sinh c…"


def test_the_window_says_until_when(channel):
    now = clock.now()
    assert channel.window(now).free_until == now + timedelta(hours=48)
    assert channel.window(now).closes_at == now + timedelta(days=7)
    assert channel.window(None).closes_at < now


# --- errors -------------------------------------------------------------------------------------------------------

ERRORS = {
    -32: (TryLater, 15),
    -144: (TryLater, None),
    -234: (TryLater, None),
    -224: (TryLater, 600),
    -321: (TryLater, 600),
    -201: (Rejected, None),
    -213: (Rejected, None),
    -230: (Rejected, None),
    -248: (Rejected, None),
    -9999: (TryLater, None),
}


@pytest.mark.parametrize("code", ERRORS)
def test_each_class_of_error_has_its_own_consequence(zalo, channel, code):
    kind, seconds = ERRORS[code]
    zalo.set(faults=[{"path": SENT, "times": 1, "code": code}])
    with pytest.raises(kind) as raised:
        send(channel, Reply("Dạ."))
    if seconds is not None:
        assert raised.value.after_seconds == seconds
    alarmed = codes.kind(code) is Kind.HUMAN
    assert bool(accounts.account(make.OA_ID).trouble) == alarmed
    send(channel, Reply("Dạ."))
    assert not accounts.account(make.OA_ID).trouble, "a message that goes out ends the alarm"


def test_an_unknown_error_is_permanent_after_three_tries(zalo, channel):
    zalo.set(faults=[{"path": SENT, "times": 1, "code": -9999}])
    with pytest.raises(Rejected):
        send(channel, Reply("Dạ."), attempts=3)


@pytest.mark.parametrize("fault", [{"status": 502}, {"seconds": 1.0, "after": True}])
def test_no_answer_leaves_it_open_whether_it_was_sent(zalo, monkeypatch, fault):
    monkeypatch.setenv("ZALO_READ_SECONDS", "0.4")
    make.zalo_settings.cache_clear()
    zalo.set(faults=[{"path": SENT, "times": 1, **fault}])
    with pytest.raises(Undecided):
        send(ZaloChannel(), Reply("Dạ."))


def test_a_zalo_that_is_not_there_took_nothing(zalo, monkeypatch):
    monkeypatch.setenv("ZALO_API_URL", "http://127.0.0.1:1")
    make.zalo_settings.cache_clear()
    with pytest.raises(TryLater):
        send(ZaloChannel(), Reply("Dạ."))


def test_calls_beyond_the_rate_wait_or_are_put_off(zalo, monkeypatch):
    monkeypatch.setenv("ZALO_PER_MINUTE", "60")
    monkeypatch.setenv("ZALO_WAIT_SECONDS", "0.1")
    make.zalo_settings.cache_clear()
    channel = ZaloChannel()
    send(channel, Reply("Dạ."))
    with pytest.raises(TryLater) as raised:
        send(channel, Reply("Dạ."))
    assert 0.1 < raised.value.after_seconds <= 1


def test_every_documented_code_has_a_class():
    documented = (
        "-32 -100 -200 -201 -204 -205 -209 -210 -211 -212 -213 -216 -217 -218 -219 -220 -221 -223 -224 -227 -230 -232"
        " -233 -234 -240 -242 -244 -248 -249 -320 -321 -108 -109 -111 -1121 -1122 -114 -119 -115 -137 -117 -118 -124"
        " -131 -133 -135 -139 -140 -141 -144 -146 -147 -101 -105"
    )
    assert [code for code in documented.split() if codes.kind(int(code)) is Kind.UNKNOWN] == []
    together = [code for members in codes.CODES.values() for code in members]
    assert len(together) == len(set(together))


# --- templates by phone -------------------------------------------------------------------------------------------


def test_a_template_by_phone_carries_our_message_id(zalo):
    sent, outgoing = send(ZaloTemplateChannel(), Reply("…", template=Template("received", FACTS)), to=NEW)
    (got,) = zalo.seen["by_phone"]
    assert (got["phone"], got["tracking_id"], got["msg_id"]) == (NEW, str(outgoing.id), sent.provider_message_id)
    assert accounts.account(make.OA_ID).quota["remainingQuota"] == "499"
    assert ("Mẫu tin còn lại hôm nay", "499") in ZaloChannel().health().facts


UNSENDABLE = {
    "no Zalo account": (Reply("…", template=Template("received", FACTS)), "84905999999", "-118"),
    "a blank is empty": (Reply("…", template=Template("received", {"code": "1"})), NEW, "-1122"),
    "a blank is too long": (Reply("…", template=Template("received", FACTS | {"code": "1" * 31})), NEW, "-1121"),
    "no such template at Zalo": (Reply("…", template=Template("result_ready", FACTS)), NEW, "-109"),
    "no template of ours": (Reply("…", template=Template("late", FACTS)), NEW, "no_template"),
    "no notice": (Reply("…"), NEW, "no_template"),
}


@pytest.mark.parametrize("why", UNSENDABLE)
def test_what_cannot_go_out_is_refused_at_once_so_that_sms_follows(zalo, why):
    reply, to, code = UNSENDABLE[why]
    with pytest.raises(Rejected) as refused:
        send(ZaloTemplateChannel(), reply, to=to)
    assert refused.value.code == code
    assert zalo.seen["by_phone"] == []
    assert bool(accounts.account(make.OA_ID).trouble) == (code == "-109")


@pytest.mark.parametrize("code", [-114, -119, -115, -139])
def test_what_zalo_refuses_by_phone_is_refused(zalo, code):
    zalo.set(faults=[{"path": "/message/template", "times": 1, "code": code}])
    with pytest.raises(Rejected):
        send(ZaloTemplateChannel(), Reply("…", template=Template("received", FACTS)), to=NEW)


def test_a_template_is_looked_up_once(zalo):
    channel = ZaloTemplateChannel()
    for _ in range(3):
        send(channel, Reply("…", template=Template("received", FACTS)), to=NEW)
    assert [call["path"] for call in zalo.seen["calls"]].count("/template/info/v2") == 1


def test_a_broken_file_of_templates_means_no_templates(zalo, tmp_path, monkeypatch):
    (tmp_path / "templates.yml").write_text("received: [")
    assert not ZaloTemplateChannel().can_tell(Template("received", FACTS))
    (tmp_path / "templates.yml").write_text("received: {template_id: 5, colour: red}\nlate: {template_id: 5}")
    assert not ZaloTemplateChannel().can_tell(Template("late", FACTS))


# --- through the whole delivery -----------------------------------------------------------------------------------


def test_delivery_and_receipt_end_to_end(zalo, channel, monkeypatch):
    messaging.install(monkeypatch, channel)
    conversation_id = make.conversation()
    message_id = service.say(conversation_id, Reply("Dạ, xin chào."))
    messaging.work()
    found = messaging.row(message_id)
    assert (found.status, found.provider) == (Status.SENT, "zalo")
    assert zalo.texts(make.CITIZEN) == ["Dạ, xin chào."]
    assert service.told("zalo", found.provider_message_id).id == conversation_id


def test_health_tells_what_is_to_be_done(zalo, channel):
    assert channel.health().state == HealthState.WELL
    zalo.set(faults=[{"path": SENT, "times": 1, "code": -321}])
    with pytest.raises(TryLater):
        send(channel, Reply("Dạ."))
    found = channel.health()
    assert found.state == HealthState.ALARM
    assert any("hết tiền" in step for step in found.steps)
