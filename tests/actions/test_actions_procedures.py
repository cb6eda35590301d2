"""Which procedure is meant, what is told of it, and what is asked back."""

import pytest

from actions.procedures import aspects, finding
from actions.turn import Button
from tests.builders.turns import BIRTH, BIRTH_AGAIN, MARRIAGE, NAMES, NOTHING_NAMED, Citizen, FakeBackend, found, hit

SEARCHES = {
    "dang ky lai": found("sure", hit(BIRTH_AGAIN)),
    "giay khai sinh": found("ask", hit(BIRTH), hit(BIRTH_AGAIN, 9.5), residual="giay khai sinh"),
    "khai sinh": found("sure", hit(BIRTH), hit(BIRTH_AGAIN, 6)),
    "ket hon": found("sure", hit(MARRIAGE)),
    "visa": found("none", residual="visa my"),
    "cho chau": found("ask", hit(BIRTH_AGAIN), hit("1.004837", 9.9), residual="chau"),
}


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend(searches=SEARCHES)


@pytest.mark.parametrize(("intent", "aspect"), aspects.OF_INTENT.items())
def test_each_intent_tells_its_aspect(backend: FakeBackend, intent: str, aspect: str) -> None:
    said = Citizen(backend).writes("dang ky khai sinh", intent)
    assert said.texts == [f"Đăng ký khai sinh: {aspect}."]
    assert backend.called("procedure-answers") == [{"code": BIRTH, "aspect": aspect}]


def test_exact_events_of_an_answer(backend: FakeBackend) -> None:
    said = Citizen(backend).writes("lệ phí đăng ký khai sinh", "ask_fee", ("procedure", "đăng ký khai sinh"))
    assert said.events == [
        {"event": "slot", "timestamp": None, "name": "procedure_code", "value": BIRTH},
        {"event": "slot", "timestamp": None, "name": "procedure_name", "value": "Đăng ký khai sinh"},
        {"event": "slot", "timestamp": None, "name": "aspect", "value": "fee"},
    ]
    assert backend.headers[0]["X-Request-ID"] == "turn-7-101"


def test_follow_up_speaks_of_the_same_procedure(backend: FakeBackend) -> None:
    citizen = Citizen(backend)
    citizen.writes("đăng ký khai sinh cần gì", "ask_documents")
    assert citizen.writes("còn lệ phí thì sao?", "ask_fee").texts == ["Đăng ký khai sinh: fee."]


def test_follow_up_speaks_of_what_a_keyword_command_chose(backend: FakeBackend) -> None:
    citizen = Citizen(backend)
    citizen.writes("đăng ký khai sinh cần gì", "ask_documents")
    backend.current = MARRIAGE  # TT kết hôn, answered without Rasa
    assert citizen.writes("lệ phí bao nhiêu", "ask_fee").texts == ["Đăng ký kết hôn: fee."]


def test_follow_up_works_the_day_after(backend: FakeBackend) -> None:
    citizen = Citizen(backend)
    citizen.writes("đăng ký khai sinh cần gì", "ask_documents")
    citizen.returns_after_a_pause()
    backend.current = None
    assert citizen.writes("lệ phí bao nhiêu", "ask_fee").texts == ["Đăng ký khai sinh: fee."]


def test_look_alikes_are_offered_and_the_question_is_kept(backend: FakeBackend) -> None:
    said = Citizen(backend).writes("giấy khai sinh hết bao nhiêu tiền", "ask_fee")
    assert said.responses == ["utter_which_procedure"]
    assert said.buttons == [
        ("Đăng ký khai sinh", '/ask_fee{"procedure_code": "1.001193"}'),
        ("Đăng ký lại khai sinh", '/ask_fee{"procedure_code": "1.004884"}'),
        ("Không phải các mục trên", "/deny"),
    ]
    assert backend.called("procedure-answers") == []


def test_a_picked_look_alike_gets_both_questions_answered(backend: FakeBackend) -> None:
    citizen = Citizen(backend)
    offer = citizen.writes("giấy khai sinh cần giấy tờ gì và mất bao lâu", "ask_documents")
    said = citizen.picks(offer.buttons[1][1])
    assert said.texts == ["Đăng ký lại khai sinh: documents.", "Đăng ký lại khai sinh: duration."]
    assert citizen.slots["pending_aspect"] is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [("cái đăng ký lại", "search_procedure"), ("dang ky lai", "nlu_fallback"), ("đúng rồi", "affirm")],
)
def test_a_choice_may_be_written_in_words(backend: FakeBackend, text: str, intent: str) -> None:
    citizen = Citizen(backend)
    citizen.writes("giấy khai sinh hết bao nhiêu tiền", "ask_fee")
    expected = "Đăng ký khai sinh: fee." if intent == "affirm" else "Đăng ký lại khai sinh: fee."
    assert citizen.writes(text, intent).texts == [expected]


def test_an_unnamed_procedure_is_asked_for_and_its_name_answers_the_question(backend: FakeBackend) -> None:
    citizen = Citizen(backend)
    asked = citizen.writes("lệ phí bao nhiêu vậy", "ask_fee")
    assert asked.responses == ["utter_ask_procedure_for_fee"]
    assert asked.slots == {"pending_aspect": "fee"}
    said = citizen.writes("đăng ký khai sinh", "search_procedure")
    assert said.texts == ["Đăng ký khai sinh: fee."]
    assert citizen.slots["pending_aspect"] is None


def test_thanks_in_between_do_not_lose_the_question(backend: FakeBackend) -> None:
    citizen = Citizen(backend)
    citizen.writes("lệ phí bao nhiêu vậy", "ask_fee")
    citizen.writes("dạ", "affirm")
    assert citizen.writes("khai sinh", "nlu_fallback").texts == ["Đăng ký khai sinh: fee."]


def test_yesterdays_question_is_not_answered_today(backend: FakeBackend) -> None:
    citizen = Citizen(backend)
    citizen.writes("lệ phí bao nhiêu vậy", "ask_fee")
    citizen.returns_after_a_pause()
    assert citizen.writes("đăng ký khai sinh", "search_procedure").texts == ["Đăng ký khai sinh: overview."]


def test_a_bare_wish_asks_what_for(backend: FakeBackend) -> None:
    said = Citizen(backend).writes("tôi muốn hỏi thủ tục", "search_procedure")
    assert said.responses == ["utter_ask_procedure_for_overview"]
    assert said.events == []


def test_two_questions_are_answered_in_the_order_asked(backend: FakeBackend) -> None:
    said = Citizen(backend).writes("đăng ký kết hôn mất bao lâu, lệ phí nhiêu", "ask_fee")
    assert said.texts == ["Đăng ký kết hôn: duration.", "Đăng ký kết hôn: fee."]


def test_ellipsis_repeats_the_question_of_another_procedure(backend: FakeBackend) -> None:
    citizen = Citizen(backend)
    citizen.writes("đăng ký khai sinh mất bao lâu", "ask_duration")
    assert citizen.writes("còn kết hôn thì sao", "search_procedure").texts == ["Đăng ký kết hôn: duration."]


@pytest.mark.parametrize("intent", ["cancel", "search_procedure"])
def test_going_back_to_the_procedure_before(backend: FakeBackend, intent: str) -> None:
    citizen = Citizen(backend)
    citizen.writes("đăng ký khai sinh cần gì", "ask_documents")
    citizen.writes("kết hôn cần gì", "ask_documents")
    assert citizen.writes("quay lại cái trước", intent).text.startswith("Đăng ký khai sinh")
    assert citizen.slots["procedure_code"] == BIRTH
    assert citizen.slots["previous_procedure_code"] == MARRIAGE


def test_naming_the_procedure_before_again_needs_no_question(backend: FakeBackend) -> None:
    citizen = Citizen(backend)
    citizen.writes("đăng ký lại khai sinh cần gì", "ask_documents")
    citizen.writes("kết hôn cần gì", "ask_documents")
    said = citizen.writes("giấy khai sinh mất bao lâu", "ask_duration")
    assert said.texts == ["Đăng ký lại khai sinh: duration."]


def test_a_weak_mention_does_not_change_the_subject(backend: FakeBackend) -> None:
    citizen = Citizen(backend)
    citizen.writes("đăng ký kết hôn cần gì", "ask_documents")
    assert citizen.writes("cho cháu thì lệ phí bao nhiêu", "ask_fee").texts == ["Đăng ký kết hôn: fee."]
    named = citizen.writes("cho cháu thì lệ phí bao nhiêu", "ask_fee", ("procedure", "cháu"))
    assert named.responses == ["utter_which_procedure"]


def test_the_name_alone_decides_where_the_whole_message_leaves_doubt() -> None:
    doubt = found("ask", hit(MARRIAGE), hit(BIRTH, 9), residual="ad oi lm giay ket hon z")
    backend = FakeBackend(searches={"ad oi": doubt, "giay ket hon": found("sure", hit(MARRIAGE))})
    said = Citizen(backend).writes("ad oi lm giay ket hon mat bn tien z", "ask_fee", ("procedure", "giay ket hon"))
    assert said.texts == ["Đăng ký kết hôn: fee."]


def test_the_name_alone_does_not_overrule_the_whole_message() -> None:
    doubt = found("ask", hit(BIRTH_AGAIN), hit(BIRTH, 9), residual="mat khai sinh lam lai")
    backend = FakeBackend(searches={"lam lai": doubt, "khai sinh": found("sure", hit(BIRTH))})
    said = Citizen(backend).writes("mất khai sinh làm lại sao", "search_procedure", ("procedure", "khai sinh"))
    assert said.titles[:2] == ["Đăng ký lại khai sinh", "Đăng ký khai sinh"]


def test_a_single_syllable_names_nothing() -> None:
    backend = FakeBackend(searches={"lien": found("ask", hit(BIRTH), residual="lien")})
    said = Citizen(backend).writes("lấy liền được không", "ask_duration")
    assert said.responses == ["utter_ask_procedure_for_duration"]


def test_far_fetched_procedures_are_not_offered() -> None:
    backend = FakeBackend(searches={"khai": found("ask", hit(BIRTH, 10), hit(BIRTH_AGAIN, 7), hit(MARRIAGE, 6))})
    said = Citizen(backend).writes("khai sinh gì đó", "search_procedure")
    assert said.titles == ["Đăng ký khai sinh", "Đăng ký lại khai sinh", "Không phải các mục trên"]


def test_an_unknown_procedure_is_said_so_with_an_officer_at_hand(backend: FakeBackend) -> None:
    said = Citizen(backend).writes("làm visa mỹ", "search_procedure", ("procedure", "visa mỹ"))
    assert said.responses == ["utter_unknown_procedure_named"]
    assert "“visa mỹ”" in said.text
    unnamed = Citizen(backend).writes("làm visa mỹ", "search_procedure")
    assert unnamed.responses == ["utter_unknown_procedure"]
    assert said.buttons == [("Gặp cán bộ", "/request_officer")]


def test_an_unknown_code_is_said_so(backend: FakeBackend) -> None:
    backend.answers["procedure-answers"] = 404
    said = Citizen(backend).writes("9.999999 lệ phí", "ask_fee", ("procedure_code", "9.999999.000.00.00.H15"))
    assert said.responses == ["utter_unknown_procedure_code"]
    assert "9.999999" in said.text
    assert backend.called("procedure-answers") == [{"code": "9.999999", "aspect": "fee"}]


def test_other_aspects_are_offered_once_and_never_on_sms(backend: FakeBackend) -> None:
    assert Citizen(backend, "sms").writes("khai sinh cần gì", "ask_documents").buttons == []
    citizen = Citizen(backend, "web")
    first = citizen.writes("khai sinh cần gì", "ask_documents")
    assert first.titles == ["Lệ phí", "Thời gian giải quyết", "Nơi nộp hồ sơ"]
    assert citizen.picks(first.buttons[0][1]).buttons == []


@pytest.mark.parametrize(
    ("text", "intent", "expected"),
    [
        ("làm khai sinh cần giấy tờ gì và mất bao lâu", "ask_documents", ["documents", "duration"]),
        ("het bao nhieu tien, may ngay xong", "ask_fee", ["fee", "duration"]),
        ("nộp ở đâu và lệ phí bao nhiêu", "ask_place", ["place", "fee"]),
        ("giấy có giá trị bao lâu", "ask_result", ["result"]),
        ("tải tờ khai ở đâu", "ask_form", ["form"]),
        ("lệ phí trước bạ nộp ở đâu", "ask_place", ["place"]),
        ("cần gì", "ask_documents", ["documents"]),
        ("muốn mở quán ăn cần làm gì", "search_procedure", ["overview"]),
        ("nộp qua mạng được không, mất mấy ngày", "ask_online", ["online", "duration"]),
    ],
)
def test_aspects_asked(text: str, intent: str, expected: list[str]) -> None:
    assert aspects.asked(text, aspects.OF_INTENT[intent], []) == expected


def test_a_named_procedure_is_no_question() -> None:
    assert aspects.asked("nộp lệ phí môn bài ở đâu", "place", ["lệ phí môn bài"]) == ["place"]


def test_nothing_named_and_nothing_spoken_of() -> None:
    backend = FakeBackend(searches={"": NOTHING_NAMED})
    assert Citizen(backend).picks("/search_procedure").responses == ["utter_ask_procedure_for_overview"]
    assert Citizen(backend).picks("/ask_fee").responses == ["utter_ask_procedure_for_fee"]


TOLD = found("ask", hit("1.000656", title="Khai tử"), hit("1.014177", title="Mai táng"), residual="mat") | {
    "ask": "Dạ, em xin chia buồn. Anh/chị cần làm việc nào ạ?"
}
LOST = found("ask", hit("1.014064", title="Căn cước"), hit("3.000348", title="Bằng lái"), residual="mat bop") | {
    "ask": "Dạ, anh/chị cần làm lại giấy tờ nào trước ạ?"
}


@pytest.mark.parametrize("intent", ["ask_fee", "ask_result", "search_procedure"])
def test_what_a_situation_calls_for_is_told_from_the_start(intent: str) -> None:
    citizen = Citizen(FakeBackend(searches={"me toi mat": TOLD}))
    offer = citizen.writes("mẹ tôi mất thì làm giấy gì", intent)
    assert citizen.picks(offer.buttons[0][1]).texts == ["1.000656: overview."]


@pytest.mark.parametrize("intent", ["search_procedure", "ask_documents", "out_of_scope", "nlu_fallback"])
def test_a_situation_is_asked_about_whatever_it_was_taken_for(intent: str) -> None:
    said = Citizen(FakeBackend(searches={"me toi mat": TOLD})).writes("mẹ tôi mất tuần trước", intent)
    assert said.text == TOLD["ask"]
    assert said.titles == ["Khai tử", "Mai táng"]


def test_a_question_without_a_name_after_an_offer_is_about_the_offer() -> None:
    citizen = Citizen(FakeBackend(searches={"me toi mat": TOLD}))
    citizen.writes("mẹ tôi mất", "search_procedure")
    again = citizen.writes("cần mang theo những gì", "ask_documents")
    assert again.responses == ["utter_pick_one"]
    assert again.buttons[0] == ("Khai tử", '/ask_documents{"procedure_code": "1.000656"}')
    assert citizen.picks(again.buttons[0][1]).texts == ["1.000656: documents."]


def test_a_choice_may_be_named_as_people_call_it() -> None:
    cards = found("sure", hit("1.014061", 16.6), hit("1.014064", 12.8), residual="cccd")
    citizen = Citizen(FakeBackend(searches={"bop": LOST, "cccd": cards}))
    citizen.writes("mất bóp hết giấy tờ", "search_procedure")
    assert citizen.writes("cccd", "search_procedure").texts == ["1.014064: overview."]
    assert citizen.writes("cccd", "search_procedure").texts == ["1.014061: overview."]  # no offer stands now


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("chậm nộp có bị phạt không", False),
        ("đất vườn có tách được không", False),
        ("quá 3 tháng còn nộp được không", False),
        ("có nộp online được không", True),
        ("có được miễn phí không", True),
        ("bao lâu thì xong", True),
    ],
)
def test_what_no_record_tells(text: str, told: bool) -> None:
    assert aspects.is_in_no_record(text) is not told


def test_what_no_record_tells_is_said_to_be_unknown(backend: FakeBackend) -> None:
    citizen = Citizen(backend)
    citizen.writes("đăng ký kết hôn cần gì", "ask_documents")
    said = citizen.writes("chậm nộp có bị phạt không", "ask_fee")
    assert said.responses == ["utter_not_told"]
    assert "Đăng ký kết hôn" in said.text


def test_a_fine_is_said_to_be_unknown_also_where_the_procedure_is_named(backend: FakeBackend) -> None:
    said = Citizen(backend).writes("khai sinh trễ có bị phạt không", "ask_fee", ("procedure", "khai sinh"))
    assert said.responses == ["utter_not_told"]
    assert NAMES[BIRTH] in said.text


def test_who_asks_where_to_pay_is_not_told_how_much(backend: FakeBackend) -> None:
    said = Citizen(backend).writes("đăng ký kết hôn đóng ở đâu", "ask_fee")
    assert said.texts == [f"{NAMES[MARRIAGE]}: place."]


def test_who_changes_their_mind_is_not_answered_the_question_before(backend: FakeBackend) -> None:
    citizen = Citizen(backend)
    citizen.writes("lệ phí bao nhiêu", "ask_fee")
    said = citizen.writes("thôi tôi muốn đăng ký kết hôn thì sao", "search_procedure")
    assert said.texts == [f"{NAMES[MARRIAGE]}: overview."]


PAGE = {"title": "Nộp hồ sơ qua mạng", "url": "https://mot-cua.example.vn/nop/1.001193"}


def with_page(body: dict[str, str]) -> dict[str, object]:
    name = "Đăng ký khai sinh"
    return {"text": f"{name}: {body['aspect']}.", "code": BIRTH, "short_name": name, "links": [PAGE]}


@pytest.mark.parametrize(
    ("channel", "words", "intent", "links"),
    [
        ("web", "khai sinh cần gì", "ask_documents", [PAGE]),
        ("zalo", "khai sinh nộp online được không, cần giấy tờ gì", "ask_online", [PAGE]),
        ("sms", "khai sinh nộp online được không", "ask_online", [PAGE]),
        ("sms", "khai sinh cần gì", "ask_documents", []),
    ],
)
def test_the_page_to_file_on_is_shown_once_and_on_sms_only_to_who_asks_for_it(channel, words, intent, links) -> None:
    backend = FakeBackend(searches=SEARCHES, answers={"procedure-answers": with_page})
    assert Citizen(backend, channel).writes(words, intent).more.get("links", []) == links


@pytest.mark.parametrize("intent", ["out_of_scope", "nlu_fallback"])
def test_a_number_that_is_not_in_the_list_leaves_the_list_open(backend: FakeBackend, intent: str) -> None:
    citizen = Citizen(backend)
    citizen.writes("giấy khai sinh hết bao nhiêu tiền", "ask_fee")
    said = citizen.writes("9", intent)
    assert (said.responses, said.titles[0]) == (["utter_pick_one"], NAMES[BIRTH])


def test_who_goes_back_from_a_list_is_told_of_what_was_spoken_of_before_it(backend: FakeBackend) -> None:
    citizen = Citizen(backend)
    citizen.writes("đăng ký kết hôn cần gì", "ask_documents")
    citizen.writes("giấy khai sinh", "search_procedure")
    said = citizen.writes("quay lại cái trước, lệ phí", "cancel")
    assert said.texts == [f"{NAMES[MARRIAGE]}: fee."]


def test_weak_words_pick_what_was_offered_by_its_title_alone() -> None:
    birth, again = hit(BIRTH, title="Bản sao khai sinh"), hit(BIRTH_AGAIN, 9.5, title="Đăng ký lại")
    searches = {"giay": found("ask", birth, again, residual="giay"), "ban sao": found("ask", birth, residual="ban sao")}
    citizen = Citizen(FakeBackend(searches=searches))
    citizen.writes("giấy", "search_procedure")
    assert citizen.writes("bản sao bao lâu", "ask_duration").texts == [f"{NAMES[BIRTH]}: duration."]


def test_a_number_in_a_few_words_picks_the_title_that_spells_it_out() -> None:
    titles = ("Công ty TNHH một chủ", "Công ty TNHH từ hai người góp vốn")
    buttons = [Button(title, "search_procedure", {"procedure_code": title}) for title in titles]
    assert finding.picked("2 người góp vốn", buttons) == buttons[1]
    assert finding.picked("công ty", buttons) is None
