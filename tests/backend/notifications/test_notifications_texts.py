"""Every text can be filled, fits where it goes, and holds only what it should."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import InvalidInput
from backend.messaging import channels
from backend.notifications import dispatch, policy, texts, versions
from backend.notifications.events import Audience, Event
from backend.notifications.versions import Slot
from backend.notifications.wording import EVENTS, KINDS, SAMPLE, VARIANTS
from backend.text import normalise, unaccented
from sms_gateway import rendering
from tests.builders.notifications import RecordingSms

SITUATIONS = [
    ("filed online", Event.FILED, "online", "nộp xong hồ sơ"),
    ("filed by post", Event.FILED, "post", "gửi qua bưu điện đã đến"),
    ("received", Event.RECEIVED, "desk", "đã tiếp nhận"),
    ("received, result by post", Event.RECEIVED, "post", "mang đến nhà"),
    ("clock stopped: supplement", Event.SUPPLEMENT_REQUESTED, "", "còn thiếu"),
    ("clock stopped: fee", Event.STOPPED, "fee", "chờ anh/chị nộp phí, lệ phí: 8.000 đồng"),
    ("clock stopped: check elsewhere", Event.STOPPED, "check_elsewhere", "xác minh thêm ở cơ quan khác"),
    ("clock stopped: own request", Event.STOPPED, "own_request", "theo yêu cầu của anh/chị"),
    ("result ready at the desk", Event.RESULT_READY, "desk", "mang giấy hẹn và căn cước đến"),
    ("result ready by post", Event.RESULT_READY, "post", "mã bưu gửi EV123456789VN"),
    ("result ready online", Event.RESULT_READY, "online", "tải bản điện tử"),
    ("refused", Event.REFUSED, "", "không giải quyết được"),
    ("late", Event.LATE, "", "có thể không kịp hẹn"),
    ("pay online before filing", Event.FEE_NOTICE, "before_filing", "Còn một bước"),
    ("pay online before collecting", Event.FEE_NOTICE, "before_collecting", "Trước khi nhận kết quả"),
    ("postal code, in", Event.FILED, "post", "mã bưu gửi EV123456789VN"),
    ("postal code, out", Event.POSTED, "out", "đã giao cho bưu điện"),
    ("fee notice, at the desk", Event.FEE_NOTICE, "desk", "khi đến nhận kết quả"),
    ("fee notice, before the post", Event.FEE_NOTICE, "post", "trước khi bưu điện gửi kết quả"),
]
"""The 18 situations of the domain page (its "2 kinds with postal service" of receipt counted apart), and one more kind
of fee notice; `desk` has the general wording."""

BESIDES = [
    (Event.SUPPLEMENT_REQUESTED, "còn thiếu: Giấy chứng sinh"),
    (Event.SUPPLEMENT_REMINDER, "Nhắc anh/chị"),
    (Event.SUPPLEMENT_ITEM_RETURNED, "chưa dùng được"),
    (Event.SUPPLEMENT_TAKEN, "nhận đủ giấy tờ bổ sung"),
    (Event.CANCELLED, "đã bị hủy"),
    (Event.WITHDRAWN, "đã được rút"),
    (Event.APOLOGY, "xin lỗi anh/chị"),
    (Event.APPOINTMENT_MOVED, "đổi sang 16:30 thứ Sáu 27/11/2026"),
    (Event.FEE_PAID, "Đã nhận 8.000 đồng"),
    (Event.FEE_REFUNDED, "Đã hoàn 8.000 đồng"),
    (Event.RESUMED, "giải quyết tiếp"),
    (Event.RETURNED, "đã trả kết quả xong"),
]

LARGEST = {
    **SAMPLE,
    "code": "000.00.10.H15-261123-00012",
    "procedure": "Cấp giấy chứng nhận quyền sử dụng đất, quyền sở hữu tài sản gắn liền với đất " * 3,
    "agency": "Sở Nông nghiệp và Môi trường",
    "desk": "Trung tâm Phục vụ hành chính công tỉnh",
    "missing": "; ".join(["Bản sao giấy chứng nhận quyền sử dụng đất có công chứng (bản chụp bị mờ)"] * 12),
    "reason": "cơ quan phối hợp chưa gửi kết quả xác minh nguồn gốc sử dụng đất " * 4,
    "ground": "khoản 3 Điều 19 Nghị định 101/2024/NĐ-CP của Chính phủ quy định về điều tra cơ bản đất đai " * 2,
}
SMS = RecordingSms("sms")


@pytest.fixture(autouse=True)
def _sms(monkeypatch):
    monkeypatch.setitem(channels._channels, "sms", SMS)


def worded(slot: Slot, facts: texts.Facts = SAMPLE) -> str:
    return dispatch.worded(versions.shipped()[slot], slot.kind, facts)


def all_slots(kind: str = "") -> list[Slot]:
    return [slot for slot in versions.shipped() if slot.kind == kind or not kind]


@pytest.mark.parametrize("kind", ["sms", "chat", "email"])
@pytest.mark.parametrize(("situation", "event", "variant", "says"), SITUATIONS, ids=[row[0] for row in SITUATIONS])
def test_every_situation_of_the_domain_page_has_its_words(situation, event, variant, says, kind):
    text = worded(versions.slot(event, variant, kind))
    assert says.lower().split(":")[0] in text.lower() or kind != "sms", situation
    assert SAMPLE["code"] in text
    if kind == "sms":
        assert says in text


@pytest.mark.parametrize(("event", "says"), BESIDES, ids=[event for event, _ in BESIDES])
def test_what_else_happens_to_a_dossier_has_its_words(event, says):
    assert says in worded(versions.slot(event, "", "sms"))


def test_every_event_and_variant_has_a_text_on_every_channel_of_its_audience():
    wanted = {
        Slot(event, variant, kind)
        for event, rule in policy.RULES.items()
        for variant in ("", *rule.variants)
        for kind in policy.CHANNELS[rule.audience]
    }
    assert set(versions.shipped()) == wanted
    assert set(policy.RULES) == set(Event)


def test_everything_has_a_name_for_officers():
    assert set(EVENTS) == set(Event)
    assert {slot.variant for slot in versions.shipped()} <= set(VARIANTS)
    assert {slot.kind for slot in versions.shipped()} <= set(KINDS)


@pytest.mark.parametrize("slot", all_slots(), ids=lambda slot: f"{slot.event}-{slot.variant}-{slot.kind}")
def test_a_shipped_text_passes_the_check_of_an_administrators_one(slot):
    template = versions.shipped()[slot]
    versions.check(slot, template.text, template.subject_line)


@pytest.mark.parametrize("facts", [SAMPLE, LARGEST], ids=["usual", "largest"])
@pytest.mark.parametrize("slot", all_slots("sms"), ids=lambda slot: f"{slot.event}-{slot.variant}")
def test_an_sms_fits_into_two_segments_and_keeps_link_code_and_dates_whole(slot, facts):
    text = worded(slot, facts)
    rendered = rendering.render(text, (), accents=False)
    assert (rendered.segments <= 2, rendered.rest) == (True, ""), text
    template = versions.shipped()[slot].text
    for name in ("link", "code", "due", "deadline", "tracking", "hotline"):
        if f"{{{name}}}" in template:
            assert unaccented(facts[name]) in rendered.body


@pytest.mark.parametrize("slot", all_slots(), ids=lambda slot: f"{slot.event}-{slot.variant}-{slot.kind}")
@pytest.mark.parametrize("facts", [{}, {"fee": "0", "code": "H15", "link": "https://x/hs/1", "due": "10:00"}])
def test_an_empty_fact_leaves_no_hole(slot, facts):
    """Facts that a dossier always has are there; everything else may be empty."""
    always = {name: SAMPLE[name] for name in ("code", "name", "procedure", "agency", "desk", "link", "hotline")}
    always["missing"] = "Tờ khai"
    text = worded(slot, {**always, "due": "10:00 thứ Hai 23/11/2026", **facts})
    assert not re.search(r"\(\s*\)|:\s*[.,]|\s[.,;]|  |\[|\]|\{|\}|\. \.|,\s*\.|\b0 đồng", text), text


def test_long_facts_give_way_one_after_the_other():
    def fits(text: str) -> bool:
        return len(text) <= 100

    facts = {"procedure": "chữ " * 50, "reason": "lời " * 50, "code": "H15"}
    text = texts.fill_to_fit("{code} {procedure}: {reason}", facts, fits)
    assert fits(text)
    assert text.startswith("H15 chữ")
    assert "lời" in text
    assert text.count("…") == 2


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("", "còn trống"),
        ("   \n", "còn trống"),
        ("Hồ sơ {code", "không có cặp"),
        ("Hồ sơ code}", "không có cặp"),
        ("Hồ sơ {{code}}", "không có cặp"),
        ("Hồ sơ {ma}", "Không có thông tin {ma}"),
        ("Hồ sơ {}", "Không có thông tin {}"),
        ("Hồ sơ {code.__class__}", "Không có thông tin"),
        ("Hẹn [{due}", "Thiếu dấu ]"),
        ("Hẹn {due}]", "không có cặp"),
        ("[a [{due}]]", "lồng nhau"),
        ("Hẹn [ngày mai]", "phải có một thông tin"),
        ("x" * 2001, "dài quá"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused_with_the_reason(template, complaint):
    with pytest.raises(InvalidInput) as refused:
        texts.check(template, policy.facts_of(Event.RECEIVED))
    assert complaint in refused.value.message


def test_a_subject_line_is_one_line():
    with pytest.raises(InvalidInput, match="một dòng"):
        texts.check_subject("Hồ sơ\n{code}", policy.FACTS)


def test_a_fact_of_another_event_is_refused():
    texts.check("{per_cent}%", policy.facts_of(Event.WARNING))
    with pytest.raises(InvalidInput):
        texts.check("{per_cent}%", policy.facts_of(Event.RECEIVED))


@given(st.dictionaries(st.sampled_from(sorted(SAMPLE)), st.text() | st.sampled_from(["{link}", "[{due}]", "}{", "[["])))
def test_no_value_is_ever_taken_for_a_placeholder(facts):
    """Whatever a citizen is called and an officer types, the words around it stay, and so does the value."""
    template = "".join(f"<{name}={{{name}}}>" for name in sorted(SAMPLE))
    filled = texts.fill(template, facts)
    shown = {name: " ".join(normalise(facts.get(name, "")).split()) for name in sorted(SAMPLE)}
    assert filled == "".join(f"<{name}={value}>" for name, value in shown.items())


@given(st.text(alphabet="ab{}[] code"), st.text())
def test_what_passes_the_check_can_be_filled(template, value):
    try:
        texts.check(template, {"code": ""})
    except InvalidInput:
        return  # anything else would be a fault
    texts.fill(template, {"code": value})
    assert not set("{}[]") & set(texts.fill(template, {"code": "x"}))


def test_the_mail_of_an_applicant_is_a_letter_with_a_subject():
    text = worded(Slot(Event.RECEIVED, "", "email"))
    subject, blank, *letter = text.split("\n")
    assert (subject, blank) == ("Đã tiếp nhận hồ sơ H15.24.133-261123-0012", "")
    assert letter[0] == "Kính gửi anh/chị H'Liên Niê,"


def test_officers_mails_name_no_citizen():
    officers = [slot for slot in all_slots() if _is_officers(slot)]
    named = {slot.event for slot in officers if "{name}" in versions.shipped()[slot].text}
    assert named <= {Event.CASE_MENTION}, "there it is the colleague who mentions somebody"


def _is_officers(slot: Slot) -> bool:
    return policy.RULES[slot.event].audience == Audience.OFFICER
