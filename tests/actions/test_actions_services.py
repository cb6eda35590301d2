"""Dossiers, ratings, reports, officers, notices and small talk."""

from typing import Any

import pytest

from actions.account.unsubscribe import wants_notices
from actions.complaints.reports import is_only_a_wish
from tests.builders.turns import BIRTH, Citizen, FakeBackend, found, hit

CODES = ["H15.16-260930-0012", "H15.16-261001-0044"]
TRASH = "rác chất đống trước chợ Ea Tu cả tuần nay"


def lookup(outcome: str, *codes: str) -> dict[str, Any]:
    dossiers = [{"code": code, "procedure_name": "Đăng ký khai sinh", "state": "processing"} for code in codes]
    return {"outcome": outcome, "text": f"{outcome} {' '.join(codes)}".strip(), "dossiers": dossiers}


# --- dossiers


@pytest.mark.parametrize(("intent", "aspect"), [("check_dossier", "state"), ("ask_supplement", "supplement")])
@pytest.mark.parametrize("code", ["h15.16 - 260930 - 0012", "0012", None])
def test_a_dossier_is_looked_up_as_it_was_spelt(intent: str, aspect: str, code: str | None) -> None:
    backend = FakeBackend(answers={"dossier-lookups": lookup("found", CODES[0])})
    said = Citizen(backend).writes("hồ sơ", intent, *[("dossier_code", code)] if code else [])
    assert said.texts == [f"found {CODES[0]}"]
    assert backend.called("dossier-lookups") == [{"code": code, "aspect": aspect}]
    assert said.slots == {"dossier_code": CODES[0]}


def test_the_next_question_is_about_the_dossier_just_told_of() -> None:
    backend = FakeBackend(answers={"dossier-lookups": lookup("found", CODES[0])})
    citizen = Citizen(backend)
    citizen.writes("hs 0012", "check_dossier", ("dossier_code", "0012"))
    citizen.writes("sao trễ vậy", "check_dossier")
    citizen.writes("bao giờ xong", "ask_duration")
    citizen.writes("sao lâu dữ", "nlu_fallback")
    citizen.writes("mang theo gì", "ask_documents")
    citizen.writes("còn thiếu gì", "ask_supplement")
    citizen.writes("hồ sơ của tôi", "check_dossier")
    citizen.returns_after_a_pause()
    citizen.writes("tới đâu rồi", "check_dossier")
    codes = [call["code"] for call in backend.called("dossier-lookups")]
    assert codes == ["0012", *[CODES[0]] * 5, None, None]


def test_the_next_question_is_about_the_dossier_that_a_keyword_told_of_meanwhile() -> None:
    backend = FakeBackend(answers={"dossier-lookups": lookup("found", CODES[0])})
    citizen = Citizen(backend)
    citizen.writes("hồ sơ 0012", "check_dossier", ("dossier_code", "0012"))
    citizen.writes("mang theo gì", "ask_documents", dossier="0077")
    citizen.writes("cảm ơn", "thank", dossier="0078")
    citizen.writes("bao giờ xong", "ask_duration")
    assert [call["code"] for call in backend.called("dossier-lookups")] == ["0012", "0077", "0078"]


def test_several_dossiers_are_offered_for_the_same_question() -> None:
    backend = FakeBackend(answers={"dossier-lookups": lookup("several", *CODES)})
    said = Citizen(backend).writes("hồ sơ thiếu gì", "ask_supplement")
    assert said.buttons == [(code, f'/ask_supplement{{"dossier_code": "{code}"}}') for code in CODES]


TITLES = ("Số 0012, QUÁ HẸN: Đăng ký kết hôn", "Số 0077, CHỜ BỔ SUNG: Tách hộ", "Số 0078, đang xử lý: Tách hộ")


@pytest.mark.parametrize(
    ("text", "intent", "picked"),
    [
        ("cái trễ hẹn ấy", "ask_result", 0),
        ("cai con thieu giay", "nlu_fallback", 1),
        ("kết hôn", "search_procedure", 0),
        ("tách hộ", "search_procedure", None),
        ("làm sổ đỏ cần gì", "ask_documents", None),
    ],
)
def test_a_dossier_is_picked_in_words_from_the_list_just_shown(text: str, intent: str, picked: int | None) -> None:
    dossiers = [{"code": f"D{n}", "title": title} for n, title in enumerate(TITLES)]
    several = lookup("several") | {"dossiers": dossiers}
    backend = FakeBackend(answers={"dossier-lookups": lambda body: lookup("found", "D") if body["code"] else several})
    citizen = Citizen(backend)
    citizen.writes("hồ sơ của tôi", "check_dossier")
    citizen.writes(text, intent)
    assert [call["code"] for call in backend.called("dossier-lookups")[1:]] == (
        [] if picked is None else [f"D{picked}"]
    )


def test_no_to_a_list_of_dossiers_is_no_misunderstanding() -> None:
    citizen = Citizen(FakeBackend(answers={"dossier-lookups": lookup("several", *CODES)}))
    citizen.writes("hồ sơ của tôi", "check_dossier")
    assert citizen.writes("không", "deny").responses == ["utter_deny"]


@pytest.mark.parametrize("outcome", ["none", "not_found", "needs_link", "unclear"])
def test_other_outcomes_are_told_in_the_backends_words(outcome: str) -> None:
    backend = FakeBackend(answers={"dossier-lookups": lookup(outcome)})
    said = Citizen(backend).writes("hs 9999", "check_dossier", ("dossier_code", "9999"))
    assert (said.texts, said.buttons) == ([outcome], [])


def test_a_dossiers_card_its_page_and_the_phone_that_is_asked_for_are_passed_on() -> None:
    page, card = {"title": "Xem trang hồ sơ", "url": "https://a.vn/hs/k"}, {"title": CODES[0], "lines": ["Đang xử lý."]}
    found_one = lookup("found", CODES[0]) | {"links": [page], "card": card, "ask": ""}
    said = Citizen(FakeBackend(answers={"dossier-lookups": found_one}), "web").writes("hồ sơ", "check_dossier")
    assert said.more == {"links": [page], "card": card}
    unproved = lookup("needs_link") | {"links": [], "card": None, "ask": "phone"}
    said = Citizen(FakeBackend(answers={"dossier-lookups": unproved}), "web").writes("hồ sơ", "check_dossier")
    assert said.more == {"ask": "phone"}


def test_who_reports_without_a_place_is_asked_to_share_it() -> None:
    noise = "loa kẹo kéo hát tới khuya, ồn quá không ngủ được"
    where = {"outcome": "asking", "question": "where", "text": "Ở đâu ạ?", "choices": [], "ask": "location"}
    citizen = Citizen(FakeBackend(answers={"complaint-drafts": where}), "telegram")
    assert citizen.writes(noise, "file_complaint").more == {"ask": "location"}
    assert citizen.slots["awaiting"] == "complaint_place"


# --- ratings


@pytest.mark.parametrize(
    ("text", "entities", "score"),
    [
        ("tôi chấm 5 điểm", [("score", "5")], 5),
        ("cho bốn sao", [("score", "bốn")], 4),
        ("nam diem", [("score", "nam")], 5),
        ("rất hài lòng", [], 5),
        ("hài lòng", [], 4),
        ("bình thường, tạm được", [], 3),
        ("không hài lòng", [], 2),
        ("hong hai long lam", [], 2),
        ("rất không hài lòng", [], 1),
    ],
)
def test_scores(text: str, entities: list[tuple[str, str]], score: int) -> None:
    backend = FakeBackend()
    said = Citizen(backend).writes(text, "rate_service", *entities)
    assert said.texts == [f"Dạ, em đã ghi nhận {score} điểm."]
    assert backend.called("ratings") == [{"score": score, "words": text, "dossier_code": None, "message_id": 101}]


@pytest.mark.parametrize("entities", [[], [("score", "1"), ("score", "5")], [("score", "9")]])
def test_an_unclear_score_is_asked_for(entities: list[tuple[str, str]]) -> None:
    said = Citizen(FakeBackend()).writes("muốn đánh giá cán bộ", "rate_service", *entities)
    assert said.responses == ["utter_ask_score"]
    assert said.titles == ["Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng"]
    assert said.buttons[4][1] == '/rate_service{"score": "5"}'


def test_a_number_that_nobody_asked_for_is_no_score() -> None:
    backend = FakeBackend()
    citizen = Citizen(backend)
    assert citizen.writes("5", "rate_service", ("score", "5")).responses == ["utter_ask_score"]
    assert backend.called("ratings") == []
    citizen.writes("5", "rate_service", ("score", "5"))
    assert [call["score"] for call in backend.called("ratings")] == [5]


def test_the_dossier_is_kept_while_the_score_is_asked_for() -> None:
    backend = FakeBackend()
    citizen = Citizen(backend)
    said = citizen.writes("đánh giá hồ sơ 0012", "rate_service", ("dossier_code", "0012"))
    citizen.picks(said.buttons[3][1])
    assert backend.called("ratings")[0] == {"score": 4, "words": "", "dossier_code": "0012", "message_id": 102}


def test_a_bare_answer_to_the_question_for_a_score_is_a_score() -> None:
    citizen = Citizen(FakeBackend())
    citizen.writes("muốn đánh giá", "rate_service")
    assert citizen.writes("5 nha", "nlu_fallback").texts == ["Dạ, em đã ghi nhận 5 điểm."]


# --- reports


def told(backend: FakeBackend) -> list[tuple[str, str]]:
    """What the report being written was told, with the meaning."""
    return [(call["text"], call["meaning"]) for call in backend.called("complaint-drafts")]


def test_a_report_is_told_to_the_backend_which_asks_the_rest() -> None:
    backend = FakeBackend()
    citizen = Citizen(backend)
    said = citizen.writes(TRASH, "file_complaint")
    assert said.texts == [f"Dạ, em ghi: {TRASH}."]
    assert said.buttons == [("Gửi", "report:send")]
    assert told(backend) == [(TRASH, "")]
    assert citizen.slots["awaiting"] == "complaint_check"


@pytest.mark.parametrize(
    ("text", "intent", "meaning"),
    [
        ("đúng rồi em", "affirm", "yes"),
        ("gửi đi", "nlu_fallback", "yes"),
        ("sai, ở đường Lê Duẩn", "deny", ""),
        ("nhầm, ở đường Lê Duẩn", "cancel", ""),
        ("sai rồi", "deny", "no"),
        ("ở thôn 3 xã Ea Ktur", "ask_place", ""),
        ("thôn 3 xã Ea Ktur", "rate_service", ""),
        ("khối 5 phường Tân An", "rate_service", ""),
        ("UBND xã Ea Drăng sáng hôm qua", "ask_contact", ""),
        ("giấu tên giúp tôi", "nlu_fallback", ""),
        ("k muon lo ten dau", "deny", ""),
        ("tôi cũng vậy", "affirm", "yes"),
        ("tui cũng bị vậy", "nlu_fallback", ""),
        ("với lại nước chảy ra đường nữa", "nlu_fallback", ""),
    ],
)
def test_what_answers_the_summary_goes_to_the_report(text: str, intent: str, meaning: str) -> None:
    backend = FakeBackend()
    Citizen(backend).writes(text, intent, awaiting="complaint_check")
    assert told(backend) == [(text, meaning)]


@pytest.mark.parametrize(
    ("text", "intent", "awaiting"),
    [
        ("mấy giờ cơ quan làm việc", "ask_office_hours", "complaint_check"),
        ("làm khai sinh cần giấy tờ gì", "ask_documents", "complaint_place"),
        ("giấy này dùng được không em", "nlu_fallback", "complaint_photo"),
        ("số điện thoại ubnd phường tân an là số nào", "ask_contact", "complaint_place"),
        ("sdt ubnd xã ea kar", "ask_contact", "complaint_check"),
        ("gặp cán bộ", "request_officer", "complaint_name"),
    ],
)
def test_a_question_in_the_middle_is_answered_and_not_written_into_the_report(text, intent, awaiting) -> None:
    backend = FakeBackend(answers={"contacts": {"text": "UBND."}, "office-hours": {"text": "Từ 7 giờ 30."}})
    Citizen(backend).writes(text, intent, awaiting=awaiting)
    assert told(backend) == []


@pytest.mark.parametrize(
    ("text", "intent", "meaning"),
    [
        ("ở đường Y Jút", "ask_place", ""),
        ("Y Jút", "nlu_fallback", ""),
        ("không biết", "deny", "no"),
        ("không", "deny", "no"),
        ("rác đổ đầy trước chợ Tân An", "file_complaint", ""),
    ],
)
def test_the_place_that_was_asked_for_goes_to_the_report(text: str, intent: str, meaning: str) -> None:
    backend = FakeBackend()
    Citizen(backend).writes(text, intent, awaiting="complaint_place")
    assert told(backend) == [(text, meaning)]


def test_a_photo_that_waits_for_words_gets_those_of_a_report_only() -> None:
    backend = FakeBackend()
    Citizen(backend).writes("đèn hỏng ở đường Y Jút", "nlu_fallback", awaiting="complaint_photo")
    assert told(backend) == [("đèn hỏng ở đường Y Jút", "")]


def test_what_was_meant_for_a_report_that_is_gone_is_answered_as_what_it_is() -> None:
    backend = FakeBackend(answers={"complaint-drafts": {"outcome": "none", "text": "Không còn."}})
    said = Citizen(backend).writes("đúng rồi", "affirm", awaiting="complaint_check")
    assert said.responses == ["utter_affirm"]


def test_a_report_that_is_stopped_is_dropped_and_one_that_is_sent_is_not() -> None:
    backend = FakeBackend()
    citizen = Citizen(backend)
    assert citizen.writes("thôi bỏ đi", "cancel", awaiting="complaint_check").responses == ["utter_complaint_cancelled"]
    assert citizen.writes("gửi nhầm bỏ đi", "cancel", awaiting="complaint_sent").responses == ["utter_complaint_is_in"]
    assert len(backend.called("complaint-draft-drops")) == 1


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("tôi muốn phản ánh", "utter_ask_complaint"),
        ("cho tui gui kien nghi voi", "utter_ask_complaint"),
        ("tôi muốn khiếu nại", "utter_ask_formal_complaint"),
        ("toi muon to cao", "utter_ask_denunciation"),
    ],
)
def test_the_wish_alone_asks_what_happened(text: str, response: str) -> None:
    said = Citizen(FakeBackend()).writes(text, "file_complaint")
    assert said.responses == [response]
    assert said.slots == {"awaiting": "complaint"}


@pytest.mark.parametrize("intent", ["nlu_fallback", "search_procedure", "out_of_scope", "ask_place", "rate_service"])
def test_the_next_words_are_the_report_whatever_they_look_like(intent: str) -> None:
    backend = FakeBackend()
    citizen = Citizen(backend)
    citizen.writes("tôi muốn phản ánh", "file_complaint")
    assert TRASH in citizen.writes(TRASH, intent).text
    assert citizen.slots["awaiting"] == "complaint_check"


@pytest.mark.parametrize(
    ("text", "intent", "response"),
    [
        ("thôi không phản ánh nữa đâu", "cancel", "utter_complaint_cancelled"),
        ("không", "deny", "utter_cancelled"),
        ("tôi phải viết như thế nào vậy", "help", "utter_help"),
        ("rác", "nlu_fallback", "utter_ask_more_words"),
        ("dạ em cảm ơn", "thank", "utter_still_awaiting_complaint"),
        ("ok em", "affirm", "utter_ask_complaint"),
    ],
)
def test_what_is_no_report_is_not_recorded(text: str, intent: str, response: str) -> None:
    backend = FakeBackend()
    citizen = Citizen(backend)
    citizen.writes("tôi muốn phản ánh", "file_complaint")
    assert citizen.writes(text, intent).responses == [response]
    assert told(backend) == [("tôi muốn phản ánh", "wish")]
    still_open = intent not in {"cancel", "deny"}
    assert (citizen.slots["awaiting"] == "complaint") is still_open


def test_a_question_in_so_many_words_leaves_the_report() -> None:
    backend = FakeBackend(searches={"khai sinh": found("sure", hit(BIRTH))})
    citizen = Citizen(backend)
    citizen.writes("tôi muốn phản ánh", "file_complaint")
    said = citizen.writes("làm khai sinh cần giấy tờ gì", "ask_documents", ("procedure", "khai sinh"))
    assert said.texts == ["Đăng ký khai sinh: documents."]
    assert citizen.slots["awaiting"] is None


def test_a_report_is_not_awaited_in_the_next_session() -> None:
    backend = FakeBackend()
    citizen = Citizen(backend)
    citizen.writes("tôi muốn phản ánh", "file_complaint")
    citizen.returns_after_a_pause()
    citizen.writes("cho hỏi thời tiết hôm nay thế nào", "out_of_scope")
    assert told(backend) == [("tôi muốn phản ánh", "wish")]
    assert citizen.slots["awaiting"] is None


def test_danger_in_a_report_is_told_first_and_the_report_is_urgent() -> None:
    backend = FakeBackend()
    said = Citizen(backend).writes("đường hư quá mới có tai nạn trước trường học", "file_complaint")
    assert said.responses == ["utter_emergency_medical", ""]
    assert backend.called("complaint-drafts")[0]["urgent"] is True


def test_fraud_in_a_report_is_named_as_such() -> None:
    said = Citizen(FakeBackend()).writes("có số lạ xưng công an kêu cài app vneid", "file_complaint")
    assert said.responses == ["utter_scam", ""]


@pytest.mark.parametrize(
    ("text", "wish"),
    [("PA rác đổ đầy đường không ai dọn", False), ("phản ánh ở đâu", True), ("den duong hong ad oi", False)],
)
def test_only_a_wish(text: str, wish: bool) -> None:
    assert is_only_a_wish(text) is wish


def test_a_report_is_looked_up_by_its_code_or_as_the_last_one() -> None:
    backend = FakeBackend(answers={"complaint-lookups": {"outcome": "found", "text": "Đang xử lý."}})
    citizen = Citizen(backend)
    assert citizen.writes("pa 261101 0003", "check_complaint", ("complaint_code", "pa 261101 0003")).texts == [
        "Đang xử lý."
    ]
    citizen.writes("phản ánh của tôi đâu", "check_complaint")
    assert backend.called("complaint-lookups") == [{"code": "pa 261101 0003"}, {"code": None}]


# --- officers


def test_an_officer_is_asked_for_with_the_citizens_words() -> None:
    backend = FakeBackend()
    said = Citizen(backend).writes("rút hồ sơ 0012 giúp tôi", "request_officer", ("dossier_code", "0012"))
    assert said.texts == ["Dạ, em đã chuyển cho cán bộ."]
    summary = "Công dân nhắn: “rút hồ sơ 0012 giúp tôi”"
    assert backend.called("escalations") == [{"reason": "asked", "summary": summary, "message_id": 101}]


def test_hours_and_contacts_come_from_the_backend() -> None:
    backend = FakeBackend(answers={"office-hours": {"text": "7 giờ 30."}, "contacts": {"text": "Số 1."}})
    citizen = Citizen(backend)
    assert citizen.writes("mấy giờ mở cửa", "ask_office_hours").texts == ["7 giờ 30."]
    assert citizen.writes("sđt công an Ea Kao", "ask_contact", ("agency", "công an"), ("place", "Ea Kao")).texts == [
        "Số 1."
    ]
    citizen.writes("địa chỉ sở tư pháp", "ask_contact")
    assert [call["q"] for call in backend.called("contacts")] == ["công an Ea Kao", "địa chỉ sở tư pháp"]


# --- notices, number


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("đừng nhắn nữa", False),
        ("khong muon nhan thong bao nua", False),
        ("hủy nhận thông báo", False),
        ("bật lại thông báo", True),
        ("hôm trước lỡ tắt thông báo giờ muốn nhận lại", True),
        ("TIEP tuc nhan tin", True),
        ("đừng gửi lại nữa", False),
    ],
)
def test_notices(text: str, wanted: bool) -> None:
    assert wants_notices(text) is wanted
    assert Citizen(FakeBackend()).writes(text, "unsubscribe").texts == ["Có tin." if wanted else "Ngừng tin."]


def test_no_more_in_the_middle_of_a_report_is_about_the_report() -> None:
    backend = FakeBackend()
    citizen = Citizen(backend)
    citizen.writes("phản ánh", "file_complaint")
    citizen.writes("thôi không gửi nữa", "unsubscribe")
    assert (len(backend.called("complaint-draft-drops")), backend.called("notices")) == (1, [])
    citizen.writes("phản ánh", "file_complaint")
    citizen.writes("đừng gửi tin nữa", "unsubscribe")
    assert backend.called("notices") == [{"wanted": False}]


def test_linking_a_number_is_answered_by_channel() -> None:
    sms = Citizen(FakeBackend(), "sms").writes("gắn số của tôi", "link_phone")
    web = Citizen(FakeBackend(), "web").writes("gắn số của tôi", "link_phone")
    assert "không cần liên kết" in sms.text
    assert web.texts == ["Nhắn LK và số."]


# --- small talk


@pytest.mark.parametrize("intent", ["greet", "goodbye", "thank", "bot_challenge", "help"])
def test_small_talk_has_no_buttons_on_sms(intent: str) -> None:
    said = Citizen(FakeBackend(), "sms").writes("…", intent)
    assert (said.responses, said.buttons, said.events) == ([f"utter_{intent}"], [], [])


def test_greeting_and_help_show_what_can_be_asked() -> None:
    assert "Xem hồ sơ đã nộp" in Citizen(FakeBackend(), "web").writes("chào", "greet").titles


@pytest.mark.parametrize(
    ("intent", "response"), [("affirm", "utter_affirm"), ("deny", "utter_deny"), ("cancel", "utter_cancelled")]
)
def test_yes_no_and_stop_without_a_question(intent: str, response: str) -> None:
    assert Citizen(FakeBackend()).writes("…", intent).responses == [response]


def test_yes_to_an_answer_is_no_question() -> None:
    citizen = Citizen(FakeBackend(searches={"khai sinh": found("sure", hit(BIRTH))}))
    citizen.writes("khai sinh cần gì", "ask_documents")
    assert citizen.writes("ok", "affirm").responses == ["utter_anything_else"]


def test_stop_drops_the_open_question() -> None:
    citizen = Citizen(FakeBackend())
    citizen.writes("lệ phí bao nhiêu", "ask_fee")
    citizen.writes("thôi bỏ đi", "cancel")
    assert citizen.slots["pending_aspect"] is None


# --- refusals


def test_what_the_backend_does_not_accept_is_told_to_the_citizen() -> None:
    said = Citizen(FakeBackend(answers={"complaint-drafts": 422})).writes(TRASH, "file_complaint")
    assert said.responses == ["utter_not_accepted"]


@pytest.mark.parametrize("text", ["how can i register my motorbike", "Where is the office?", "I lost my passport"])
def test_english_is_answered_in_english(text: str) -> None:
    assert Citizen(FakeBackend()).writes(text, "search_procedure").responses == ["utter_english"]


@pytest.mark.parametrize("text", ["toi can lam the", "lam the o office nao", "xin chao", "is", "con toi hoc lop 1"])
def test_vietnamese_without_accents_is_not_english(text: str) -> None:
    assert "utter_english" not in Citizen(FakeBackend()).writes(text, "greet").responses


@pytest.mark.parametrize(("text", "score"), [("à nhầm, 4 thôi", 4), ("5 sao luôn", 5), ("thôi 2 điểm", 2)])
def test_a_lone_digit_answers_our_question_for_a_score(text: str, score: int) -> None:
    backend = FakeBackend()
    citizen = Citizen(backend)
    citizen.writes("đánh giá", "rate_service")
    citizen.writes(text, "nlu_fallback")
    assert backend.called("ratings")[0]["score"] == score


def test_fraud_is_warned_of_whatever_it_was_taken_for() -> None:
    said = Citizen(FakeBackend()).writes("họ kêu chuyển 2 triệu để làm căn cước", "search_procedure")
    assert said.responses == ["utter_scam"]


@pytest.mark.parametrize(
    "asked",
    [
        "cán bộ nói gì", "can bo vua noi gi vay", "chị lúc nãy dặn sao", "anh cán bộ trả lời thế nào ạ",
        "nhắc lại lời cán bộ giúp em", "hồi nãy cán bộ bảo làm sao",
    ],
)  # fmt: skip
def test_an_officers_last_words_are_said_again(asked: str) -> None:
    backend = FakeBackend(officer_said="Dạ, cán bộ trả lời anh/chị: “Mai chị ghé phường.”")
    for intent in ("nlu_fallback", "request_officer", "file_complaint"):
        assert Citizen(backend).writes(asked, intent).texts == ["Dạ, cán bộ trả lời anh/chị: “Mai chị ghé phường.”"]


@pytest.mark.parametrize(
    "asked",
    [
        "cán bộ nói năng khó nghe", "cán bộ nói hồ sơ tôi chưa đủ, thiếu cái chi rứa", "cho gặp cán bộ",
        "thiếu cái gì không hiểu, cán bộ nói lại cho mình với",
        "mình báo cái cầu gãy rồi, cán bộ nói chờ, bây giờ có ai làm chưa, các anh nói gì đi chứ",
    ],
)  # fmt: skip
def test_other_words_about_officers_are_not_taken_for_that(asked: str) -> None:
    backend = FakeBackend(
        officer_said="Dạ, cán bộ trả lời anh/chị: “Mai chị ghé phường.”", answers={"escalations": {"text": "đã chuyển"}}
    )
    assert Citizen(backend).writes(asked, "request_officer").texts == ["đã chuyển"]


def test_where_no_officer_spoke_the_question_is_answered_as_any_other() -> None:
    backend = FakeBackend(answers={"escalations": {"text": "đã chuyển"}})
    assert Citizen(backend).writes("cán bộ nói gì", "request_officer").texts == ["đã chuyển"]
