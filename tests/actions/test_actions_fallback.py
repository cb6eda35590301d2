"""What happens to messages that were not understood, are none of our business, or tell of danger."""

import pytest

from actions.fallback import safety
from actions.fallback.not_understood import labels
from tests.builders.turns import BIRTH, BIRTH_AGAIN, NAMES, Citizen, FakeBackend, found, hit

RANKING = {"nlu_fallback": 0.25, "check_dossier": 0.21, "greet": 0.2, "ask_fee": 0.15, "ask_place": 0.03}


def test_first_it_offers_what_the_message_may_mean() -> None:
    citizen = Citizen(FakeBackend())
    said = citizen.writes("xyz gì đó", "nlu_fallback", ranking=RANKING)
    assert said.responses == ["utter_did_you_mean"]
    assert said.buttons == [
        ("Xem hồ sơ đã nộp tới đâu", "/check_dossier"),
        ("Hỏi lệ phí", "/ask_fee"),
        ("Không phải các mục trên", "/deny"),
    ]
    assert said.slots["misunderstood"] == 1


def test_a_picked_meaning_is_answered_with_what_was_written_before() -> None:
    backend = FakeBackend(searches={"ket hon": found("none", residual="ket hon")}, current=BIRTH)
    citizen = Citizen(backend)
    citizen.writes("cái vụ kết hôn á", "nlu_fallback", ranking=RANKING)
    citizen.picks("/ask_fee")
    assert [call["q"] for call in backend.called("search")] == ["cái vụ kết hôn á"] * 2


def test_a_report_that_was_not_understood_is_filed_when_confirmed() -> None:
    backend = FakeBackend()
    citizen = Citizen(backend)
    citizen.writes("cột điện trước nhà nghiêng lắm rồi", "nlu_fallback", ranking={"file_complaint": 0.2})
    said = citizen.writes("đúng rồi", "affirm")
    assert "cột điện trước nhà" in said.text
    call = backend.called("complaint-drafts")[0]
    assert (call["text"], call["message_id"]) == ("cột điện trước nhà nghiêng lắm rồi", 102)


def test_procedures_are_offered_when_the_words_name_some() -> None:
    both = found("ask", hit(BIRTH), hit(BIRTH_AGAIN))
    leaning = {"nlu_fallback": 0.25, "search_procedure": 0.2}
    said = Citizen(FakeBackend(searches={"khai": both})).writes("khai xin", "nlu_fallback", ranking=leaning)
    assert said.responses == ["utter_which_procedure"]
    assert said.titles == ["Đăng ký khai sinh", "Đăng ký lại khai sinh", "Không phải các mục trên"]


def test_a_resemblance_to_some_procedure_is_no_guess_when_something_else_is_likelier() -> None:
    both = found("ask", hit(BIRTH), hit(BIRTH_AGAIN))
    said = Citizen(FakeBackend(searches={"khai": both})).writes("khai xin", "nlu_fallback", ranking=RANKING)
    assert said.responses == ["utter_did_you_mean"]


@pytest.mark.parametrize(
    ("intent", "confidence", "sure"),
    [
        ("file_complaint", 0.8, False),
        ("file_complaint", 0.9, True),
        ("request_officer", 0.55, False),
        ("unsubscribe", 0.5, False),
        ("affirm", 0.35, False),
        ("out_of_scope", 0.4, False),
        ("out_of_scope", 0.55, True),
        ("check_dossier", 0.3, True),
    ],
)
def test_what_acts_is_confirmed_when_the_classifier_is_unsure(intent: str, confidence: float, sure: bool) -> None:
    backend = FakeBackend(answers={"dossier-lookups": {"outcome": "none", "text": "Không có.", "dossiers": []}})
    ranking = {intent: confidence, "ask_place": 0.2}
    said = Citizen(backend).writes("chỗ đó xa quá trời xa", intent, ranking=ranking, confidence=confidence)
    assert (said.responses != ["utter_did_you_mean"]) is sure
    assert bool(backend.called("complaint-drafts")) == (intent == "file_complaint" and sure)


def test_an_unsure_report_is_filed_as_it_was_written_once_confirmed() -> None:
    backend = FakeBackend()
    citizen = Citizen(backend)
    text = "chỗ đó ngập quá trời ngập"
    offer = citizen.writes(text, "file_complaint", ranking={"file_complaint": 0.7}, confidence=0.7)
    assert offer.titles == ["Gửi phản ánh, kiến nghị", "Không phải các mục trên"]
    citizen.picks("/file_complaint")
    assert [(call["text"], call["message_id"]) for call in backend.called("complaint-drafts")] == [(text, 102)]


def test_one_likely_procedure_is_asked_about() -> None:
    backend = FakeBackend(searches={"khai": found("sure", hit(BIRTH), hit(BIRTH_AGAIN))})
    citizen = Citizen(backend)
    said = citizen.writes("khai xin", "nlu_fallback", ranking=RANKING)
    assert said.responses == ["utter_is_it_this_procedure"]
    assert said.titles == ["Đăng ký khai sinh", "Không phải"]
    assert citizen.writes("ừ", "affirm").texts == ["Đăng ký khai sinh: overview."]


def test_the_ladder_ends_with_an_officer_who_is_told_what_was_said() -> None:
    backend = FakeBackend()
    citizen = Citizen(backend, slots={"procedure_name": "Đăng ký khai sinh", "procedure_code": BIRTH})
    assert citizen.writes("ơ kìa", "nlu_fallback", ranking=RANKING).responses == ["utter_did_you_mean"]
    second = citizen.writes("lung tung", "nlu_fallback", ranking=RANKING)
    assert second.responses == ["utter_rephrase_again"]
    third = citizen.writes("bla bla bla", "nlu_fallback", ranking=RANKING)
    assert third.texts == ["Dạ, em xin lỗi vì chưa hiểu được ý anh/chị.", "Dạ, em đã chuyển cho cán bộ."]
    assert backend.called("escalations") == [
        {
            "reason": "not_understood",
            "summary": "Thủ tục đang hỏi: Đăng ký khai sinh. Công dân nhắn: “ơ kìa” · “lung tung” · “bla bla bla”",
            "message_id": 103,
        }
    ]
    assert citizen.slots["misunderstood"] is None


def test_an_understood_message_starts_the_ladder_again() -> None:
    citizen = Citizen(FakeBackend())
    citizen.writes("ơ kìa", "nlu_fallback", ranking=RANKING)
    citizen.writes("cảm ơn", "thank")
    assert citizen.slots["misunderstood"] is None
    assert citizen.writes("lung tung", "nlu_fallback", ranking=RANKING).responses == ["utter_did_you_mean"]


def test_a_refused_offer_counts_as_a_misunderstanding() -> None:
    backend = FakeBackend(searches={"khai": found("ask", hit(BIRTH), hit(BIRTH_AGAIN))})
    citizen = Citizen(backend)
    citizen.writes("làm khai gì đó", "ask_fee")
    said = citizen.picks("/deny")
    assert said.responses == ["utter_rephrase"]
    assert (citizen.slots["misunderstood"], citizen.slots["pending_aspect"]) == (1, "fee")


def test_refusing_offer_after_offer_leads_to_an_officer() -> None:
    backend = FakeBackend(searches={"khai": found("ask", hit(BIRTH), hit(BIRTH_AGAIN))})
    citizen = Citizen(backend)
    for expected in ("utter_rephrase", "utter_rephrase_again", "utter_not_understood_at_all"):
        citizen.writes("làm khai gì đó", "search_procedure")
        assert citizen.writes("không phải", "deny").responses[0] == expected
    assert backend.called("escalations")[0]["reason"] == "not_understood"


def test_without_any_guess_it_asks_to_rephrase() -> None:
    assert Citizen(FakeBackend()).writes("ơ kìa", "nlu_fallback", ranking={}).responses == ["utter_rephrase"]


def test_a_code_speaks_for_itself() -> None:
    found_one = {"outcome": "found", "text": "Hồ sơ đang xử lý.", "dossiers": []}
    backend = FakeBackend(answers={"dossier-lookups": found_one})
    said = Citizen(backend).writes("0012 nha", "nlu_fallback", ("dossier_code", "0012"), ranking=RANKING)
    assert said.texts == ["Hồ sơ đang xử lý."]
    assert said.events == []


def test_what_follows_up_on_a_procedure_and_is_in_no_record_is_said_to_be_unknown() -> None:
    citizen = Citizen(FakeBackend(current=BIRTH), slots={"procedure_code": BIRTH, "procedure_name": NAMES[BIRTH]})
    citizen.writes("cảm ơn", "thank")
    said = citizen.writes("chủ nhà không chịu ký thì sao", "nlu_fallback", ranking={"rate_service": 0.2})
    assert said.responses == ["utter_not_told"]


def test_every_label_is_an_intent_that_an_action_answers() -> None:
    from actions.dialogue import action_for

    assert all(action_for(intent) for intent in labels())


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("cháy nhà rồi cứu với", "utter_emergency_fire"),
        ("chay nha, goi cuu hoa gium", "utter_emergency_fire"),
        ("nhà hàng xóm đang cháy to lắm", "utter_emergency_fire"),
        ("ba tôi đột quỵ ngã ngoài rẫy", "utter_emergency_medical"),
        ("co nguoi bi dien giat", "utter_emergency_medical"),
        ("có trộm đang ở trong nhà tôi", "utter_emergency_police"),
        ("cuop, cuu voi", "utter_emergency_police"),
        ("nước lũ lên tới nóc nhà rồi", "utter_emergency_rescue"),
        ("mình muốn tự tử", "utter_emergency_life"),
        ("mình muốn chết quá không thiết sống nữa", "utter_emergency_life"),
        ("cứu tôi với", "utter_emergency_any"),
        ("xe đang chạy ngoài đường", None),
        ("xe dang chay ngoai duong", None),
        ("cứ từ từ, không vội", None),
        ("cu tu tu khong voi", None),
        ("giấy phép phòng cháy chữa cháy", None),
        ("trợ cấp tai nạn lao động", None),
        ("ai đổ trộm rác ra suối", None),
        ("chờ muốn chết luôn", None),
        ("", None),
    ],
)
def test_danger_is_read_with_the_accents_of_the_writer(text: str, response: str | None) -> None:
    assert safety.danger_in(text) == response


@pytest.mark.parametrize("intent", ["out_of_scope", "nlu_fallback", "help", "request_officer"])
def test_danger_is_answered_at_once_and_shown_to_the_officers(intent: str) -> None:
    backend = FakeBackend()
    said = Citizen(backend).writes("cháy nhà rồi cứu với", intent)
    assert said.responses == ["utter_emergency_fire"]
    assert said.text.startswith("GỌI NGAY 114")
    assert backend.called("escalations")[0]["reason"] == "emergency"


def test_danger_and_fraud_are_named_also_where_a_report_would_be_asked_about_first() -> None:
    said = Citizen(FakeBackend()).writes("cháy nhà ở đường Lê Duẩn", "file_complaint", confidence=0.7)
    assert said.responses == ["utter_emergency_fire"]
    said = Citizen(FakeBackend()).writes("họ kêu chuyển tiền để làm căn cước", "file_complaint", confidence=0.55)
    assert said.responses == ["utter_scam"]


def test_the_number_is_told_even_when_the_inbox_cannot_be_written() -> None:
    backend = FakeBackend(answers={"escalations": 503})
    assert Citizen(backend).writes("cháy nhà rồi", "out_of_scope").responses == ["utter_emergency_fire"]


def test_a_burnt_paper_is_about_the_paper() -> None:
    backend = FakeBackend(searches={"so do": found("sure", hit("1.115271"))})
    said = Citizen(backend).writes("sổ đỏ bị cháy xin cấp lại", "search_procedure")
    assert said.texts == ["1.115271: overview."]


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("trúng thưởng rồi bấm vào link nhận quà", "utter_scam"),
        ("tin nhan keu bam link nop tien dien", "utter_scam"),
        ("bot ngu quá", "utter_abuse"),
        ("may ngu qua", "utter_abuse"),
        ("thời tiết hôm nay thế nào", "utter_out_of_scope"),
        ("7", "utter_rephrase"),
        ("😭😭", "utter_rephrase"),
    ],
)
def test_what_is_not_ours_is_answered_kindly(text: str, response: str) -> None:
    assert Citizen(FakeBackend()).writes(text, "out_of_scope").responses == [response]


def test_abuse_that_was_not_understood_is_no_misunderstanding() -> None:
    said = Citizen(FakeBackend()).writes("đồ ngu", "nlu_fallback", ranking=RANKING)
    assert said.responses == ["utter_abuse"]
    assert said.buttons == []  # its words name CB, and a choice on SMS costs a line
    assert said.slots == {}
    on_the_web = Citizen(FakeBackend(), "web").writes("đồ ngu", "nlu_fallback", ranking=RANKING)
    assert on_the_web.buttons == [("Gặp cán bộ", "/request_officer")]
