"""The traps in the portal's real records. Skipped where the shared data is not present."""

import gzip
import json

import pytest

from backend.procedures import policy, wording
from backend.procedures.imports import run
from backend.procedures.models import Source
from backend.procedures.readers import portal
from tests.builders.procedures import codes, make_out, portal_record, portal_rows, raw, shared

LONGEST_NAME = "1.013980"
BIRTH = "1.001193"
OTHER_UNIT = "1.001193"


def out(record):
    values = record.model_dump(by_alias=True, exclude={"updated_on", "short_name"}) | {"effective_from": "2026-06-01"}
    return make_out(source=Source.PORTAL, **values)


def test_an_endless_name_is_kept_and_gets_a_short_one():
    record = portal_record(LONGEST_NAME)
    assert len(record.name) > 1000
    assert len(record.short_name) <= policy.SHORT_NAME + 1
    assert record.short_name.startswith("Đăng ký biến động")
    assert len(wording.compose(out(record), "overview")) < 900


def test_every_real_name_gets_a_usable_short_name():
    with gzip.open(shared("procedures.jsonl.gz"), "rt", encoding="utf-8") as file:
        names = [json.loads(line)["name"] for line in file]
    assert max(map(len, names)) > 1000
    short = [policy.short_name(name) for name in names]
    assert max(map(len, short)) <= policy.SHORT_NAME + 1
    assert sum(len(name) < 10 for name in short) <= 5
    assert not [name for name in short if name.lower().startswith("thủ tục hành chính")]


def test_names_shared_by_several_codes_stay_several_procedures(database):
    rows = [row for row in portal_rows() if row.record]
    by_name = {}
    for row in rows:
        by_name.setdefault(row.record.name.lower(), []).append(row)
    twins = next(group for group in by_name.values() if len(group) >= 2)
    assert len(run(twins, Source.PORTAL).added) == len(twins)


def test_a_number_without_a_known_unit_is_not_told_as_days():
    source = raw(OTHER_UNIT)
    assert {method["unit"] for method in source["methods"]} == {"OTHER"}
    record = portal_record(OTHER_UNIT)
    assert all(method.duration is None for method in record.methods)
    assert "chưa có thông tin về thời hạn" in wording.compose(out(record), "duration")


def test_no_other_unit_becomes_a_duration_anywhere():
    with gzip.open(shared("procedures.jsonl.gz"), "rt", encoding="utf-8") as file:
        for source in map(json.loads, file):
            others = [m for m in source.get("methods") or [] if m["unit"] == "OTHER"]
            if others and len(others) == len(source["methods"]):
                assert all("duration" not in method for method in portal.record(source)["methods"])


def test_no_fee_entry_is_unknown_not_free():
    record = portal_record("2.000200")
    assert raw("2.000200")["fee"] == ""
    assert record.fees == []
    told = wording.compose(out(record), "fee")
    assert "chưa có thông tin về phí" in told
    assert "miễn" not in told.lower()


def test_a_bare_zero_is_told_as_what_it_is_and_free_only_when_said():
    zero, said = portal_record("1.008950"), portal_record("1.014630")
    assert [(fee.amount, fee.text) for fee in zero.fees] == [(0, "")]
    assert "hỏi lại" in wording.compose(out(zero), "fee")
    assert [(fee.amount, fee.text) for fee in said.fees] == [(0, "miễn phí")]
    assert "miễn phí" in wording.compose(out(said), "fee")


def test_dollars_and_thousands_without_zeros_are_not_told_as_dong():
    record = portal_record("2.000884", "portal_raw_sample.jsonl.gz")
    assert [fee.amount for fee in record.fees] == [10_000]
    assert portal_record("2.000884").fees == record.fees


def test_notes_among_the_papers_are_not_papers():
    record = portal_record(BIRTH)
    names = [document.name for document in record.documents]
    assert any(name.startswith("Giấy chứng sinh") for name in names)
    for word in ("lưu ý", "cơ quan đăng ký hộ tịch từ chối", "cá nhân có quyền lựa chọn", "người tiếp nhận"):
        assert not [name for name in names if name.lower().startswith(word)]
        assert word == "lưu ý" or [note for note in record.notes if word in note.lower()]


@pytest.mark.parametrize(
    ("text", "case", "quantity", "kind"),
    [
        ("* Lưu ý: Giấy tờ nộp qua mạng phải rõ nét.", "", 1, "note"),
        ("Số lượng hồ sơ: 01 bộ", "", 1, "note"),
        ("Hồ sơ đề nghị gồm:", "", 1, "note"),
        ("Ví dụ: tờ khai của ông A", "", 0, "note"),
        ("Giấy chứng sinh", "* Lưu ý:", 1, "note"),
        ("Người yêu cầu không phải nộp bản giấy khi đã có bản điện tử.", "", 0, "note"),
        ("a) Tờ khai hải quan: 02 bản chính;", "", 0, "paper"),
        ("- Đơn đề nghị theo mẫu", "", 1, "paper"),
        ("Trường hợp ủy quyền thì phải có văn bản ủy quyền", "", 0, "paper"),
    ],
)
def test_kinds_of_lines(text, case, quantity, kind):
    assert policy.kind_of_line(text, case, quantity) == kind


def test_a_condition_in_the_sentence_becomes_the_paper_s_case():
    paper = policy.paper("- Trường hợp trẻ bị bỏ rơi thì phải có biên bản về việc trẻ bị bỏ rơi: 01 bản chính;", "")
    assert (paper.name, paper.when, paper.optional) == ("Biên bản về việc trẻ bị bỏ rơi", "trẻ bị bỏ rơi", True)
    under = policy.paper("Giấy giới thiệu (nếu có)", "Trường hợp nhờ tổ chức đi thay:")
    assert (under.name, under.when) == ("Giấy giới thiệu", "nhờ tổ chức đi thay")


def test_never_required_in_the_form_means_unknown_not_optional():
    record = portal_record(BIRTH)
    assert {document["required"] for document in raw(BIRTH)["documents"]} == {False}
    always = [document for document in record.documents if not document.when]
    assert always
    assert {document.required for document in always} == {None}
    assert "Giấy chứng sinh" in wording.compose(out(record), "documents").split("Thêm, tùy trường hợp")[0]


def test_no_service_level_is_invented():
    record = portal_record(BIRTH)
    assert record.service_level is None
    assert record.online in ("partial", "full")


def test_raw_and_flattened_forms_of_a_record_read_alike():
    both = set(codes("portal_raw_sample.jsonl.gz")) & set(codes("procedures.jsonl.gz"))
    assert len(both) >= 25
    for code in both:
        record, flat = portal_record(code, "portal_raw_sample.jsonl.gz"), portal_record(code)
        assert record.model_dump(exclude={"steps"}) == flat.model_dump(exclude={"steps"}), code


def test_all_real_records_are_imported_twice_without_a_change(database):
    rows = portal_rows()
    first = run(rows, Source.PORTAL)
    assert (len(first.added), first.skipped) == (3008, [])
    second = run(rows, Source.PORTAL)
    assert (second.added, second.changed, second.unchanged) == ([], [], 3008)


def test_the_raw_sample_is_imported(database):
    report = run(portal_rows("portal_raw_sample.jsonl.gz"), Source.PORTAL)
    assert (len(report.added), report.skipped) == (60, [])
