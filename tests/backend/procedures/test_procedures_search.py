"""Finding the procedure that a citizen means, in whatever spelling."""

import threading

import pytest

from backend.procedures import evaluation, search, service
from backend.procedures.index import Index
from backend.text import unaccented
from tests.builders.procedures import (
    BIRTH,
    catalogue,
    catalogue_index,
    import_birth,
    import_records,
    make_entry,
    make_record,
    shared,
    whole_index,
)

NEW, AGAIN, CHANGED = "9.000001", "9.000002", "9.000003"


def small_index():
    return Index(
        [
            make_entry(NEW, "Cấp thẻ hướng dẫn viên du lịch", "thẻ hướng dẫn viên", levels=("province",)),
            make_entry(AGAIN, "Cấp lại thẻ hướng dẫn viên du lịch", "mất thẻ hướng dẫn viên", levels=("province",)),
            make_entry(CHANGED, "Cấp đổi thẻ hướng dẫn viên du lịch", levels=("commune",)),
            make_entry("9.000004", "Đăng ký khai thác nước mưa", ours=False),
            make_entry("9.000005", "Đăng ký nuôi ong lấy mật", "nuôi ong", ours=False),
        ]
    )


def first(found):
    return found.hits[0].entry.code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("cấp lại thẻ hướng dẫn viên du lịch", AGAIN),
        ("đổi thẻ hướng dẫn viên, cấp đổi", CHANGED),
        ("tôi muốn làm thẻ hướng dẫn viên cần giấy tờ gì", NEW),
        ("the huong dan vien", NEW),
        ("thẻ hướn dẫn viênn", NEW),
        ("nuooi ong", "9.000005"),
        ("dăng kí nuoi ong", "9.000005"),
        ("cấp lại thẻ hdv hướng dẫn viên", AGAIN),
        ("nuôiong", "9.000005"),
    ],
)
def test_finds_what_is_meant(text, code):
    assert first(small_index().search(text)) == code


def test_look_alikes_are_asked_about_unless_words_tell_them_apart():
    index = small_index()
    assert index.search("cấp lại thẻ hướng dẫn viên du lịch").decision == "sure"
    assert index.search("hướng dẫn viên du lịch").decision == "ask"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("tam tru", "Đăng ký tạm trú"),
        ("làm tạm trú", "Đăng ký tạm trú"),
        ("thường trú", "Đăng ký thường trú"),
        ("thủ tục tạm trú", "Đăng ký tạm trú"),
        ("còn thường trú thì sao", "Đăng ký thường trú"),
        ("xin hỏi về kết hôn", "Đăng ký kết hôn"),
        ("ho kinh doanh", "Đăng ký thành lập hộ kinh doanh"),
    ],
)
def test_the_bare_name_of_a_thing_means_how_to_get_it_not_how_it_ends(text, name):
    found = catalogue_index().search(text)
    assert (found.decision, found.hits[0].entry.names[0]) == ("sure", name)


@pytest.mark.parametrize("text", ["bỏ tạm trú", "khai sinh", "làm căn cước", "giám hộ"])
def test_an_end_in_everyday_words_and_things_of_several_beginnings_are_asked_about(text):
    assert catalogue_index().search(text).decision == "ask"


@pytest.mark.parametrize(
    "text", ["", "cần giấy tờ gì", "bao nhiêu tiền vậy ạ", "nộp ở đâu", "cho hỏi làm sao", "?!", "mất bao lâu thì xong"]
)
def test_a_question_that_names_nothing_finds_nothing(text):
    found = catalogue_index().search(text)
    assert (found.decision, found.residual, found.hits) == ("none", "", ())


@pytest.mark.parametrize(
    ("text", "residual"),
    [
        ("Cho tôi hỏi làm giấy khai sinh cần giấy tờ gì", "giay khai sinh"),
        ("đăng ký kết hôn bao nhiêu tiền", "dang ky ket hon"),
        ("sổ đỏ nộp ở đâu", "so do"),
    ],
)
def test_the_residual_is_what_is_asked_about(text, residual):
    assert catalogue_index().search(text).residual == residual


def test_gibberish_and_small_talk_are_no_procedure():
    index = catalogue_index()
    for text in ("thời tiết hôm nay", "asdf qwer", "con chó sủa suốt đêm"):
        assert index.search(text).decision != "sure", text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("làm giấy khai sinh cho con", "1.001193"),
        ("khai sanh", "1.001193"),
        ("giấy độc thân", "1.004873"),
        ("đkkh", "1.000894"),
        ("dang ky tam tru", "1.004194"),
        ("sang tên sổ đỏ", None),
        ("gplx", None),
        ("bhyt", None),
    ],
)
def test_everyday_words_and_abbreviations(text, code):
    found = catalogue_index().search(text)
    assert found.decision in ("sure", "ask")
    assert code is None or code in [hit.entry.code for hit in found.hits[:3]]


def test_a_code_is_enough():
    found = catalogue_index().search("thủ tục 1.001193 cần gì")
    assert (found.decision, first(found)) == ("sure", "1.001193")


def test_level_and_agency_are_hints():
    index = small_index()
    assert first(index.search("thẻ hướng dẫn viên du lịch", level="commune")) == CHANGED
    assert len(index.search("thẻ hướng dẫn viên du lịch", level="commune").hits) >= 3


def test_accents_change_nothing():
    index = catalogue_index()
    for record in catalogue()[::9]:
        for phrase in record.phrases[:2]:
            marked, plain = index.search(phrase), index.search(unaccented(phrase).upper())
            assert [hit.entry.code for hit in marked.hits] == [hit.entry.code for hit in plain.hits]
            assert marked.decision == plain.decision


def test_our_own_phrases_find_their_procedure_and_sure_is_right():
    index, right, sure, sure_right, total = catalogue_index(), 0, 0, 0, 0
    owners: dict[str, set[str]] = {}
    for record in catalogue():
        for phrase in record.phrases:
            owners.setdefault(unaccented(phrase), set()).add(record.code)
    for phrase, codes in owners.items():
        found = index.search(f"toi muon {phrase} can giay to gi")
        total += 1
        if not found.hits:
            continue
        good = first(found) in codes
        right += good
        sure += found.decision == "sure"
        sure_right += good and found.decision == "sure"
    assert right / total >= 0.95
    assert sure_right / sure >= 0.98
    assert sure / total >= 0.75


def test_real_questions_against_the_whole_list():
    questions = evaluation.read(shared("procedure_questions.jsonl"))
    marked, plain = (evaluation.measure(whole_index(), questions, accents=accents) for accents in (True, False))
    assert marked.hits[1] >= 0.65
    assert marked.hits[3] >= 0.82
    assert marked.hits[5] >= 0.88
    assert all(abs(marked.hits[depth] - plain.hits[depth]) <= 0.02 for depth in marked.hits)
    assert marked.right_when_sure >= 0.8  # a quarter of the labels point at a related procedure


def test_the_index_follows_the_catalogue(database, monkeypatch):
    monkeypatch.setattr(search, "CHECK_SECONDS", 0)
    assert service.search("nuôi ong").hits == ()
    import_records(make_record("9.000005", "Đăng ký nuôi ong lấy mật"))
    assert first(service.search("nuôi ong")) == "9.000005"
    before = search.index()
    assert search.index() is before
    import_birth()
    assert search.index() is not before
    assert first(service.search(BIRTH["phrases"][0])) == "1.001193"


def test_the_index_is_built_once_for_many_threads(database):
    import_birth()
    search.forget()
    built = []
    threads = [threading.Thread(target=lambda: built.append(search.index())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 8
    assert len({id(index) for index in built}) == 1


def test_an_empty_catalogue_answers_none():
    assert Index([]).search("khai sinh").decision == "none"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Dạ chị làm cải chính hộ tịch ở phường ạ.", "1.004859"),
        ("Anh ra UBND phường làm thủ tục Đăng ký kết hôn nhé", "1.000894"),
        ("anh ra phuong dang ky ket hon, mang can cuoc", "1.000894"),
        ("Chị xem thủ tục 1.001193 ạ", "1.001193"),
        ("Chị mang theo giấy khai sinh của cháu và căn cước", None),
        ("Anh đăng ký kết hôn rồi đăng ký khai sinh cho cháu", None),
        ("Dạ không có gì ạ", None),
        ("", None),
    ],
)
def test_a_longer_text_calls_a_procedure_by_its_name_or_not(text, code):
    found = catalogue_index().named_in(text)
    assert (found and found.code) == code
